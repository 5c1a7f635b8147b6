"""What the scanner shows, and where in a document it may stand."""

from __future__ import annotations

from enum import Enum, IntEnum, auto
from typing import NamedTuple

from privacy_mw.html.tag import StartTag


class Kind(Enum):
    """What a token is."""

    START = auto()
    """A start tag (``end`` behind its ``>``, or at the bound for one that is longer)."""
    END = auto()
    """The beginning of an end tag (``end`` behind its name)."""
    DOCTYPE = auto()
    CONTENT = auto()
    """Text where a head was expected (``start == end``); the owner must leave the place."""
    STYLE = auto()
    """A piece of a style element's text. ``name`` is empty until the last piece."""
    LEAVE = auto()
    """A place (``start == end``) at which ``name``, some end tags, is to be put in."""
    OTHER_READING = auto()
    """A piece of text that another browser reads as markup. ``name`` is that of the element, with its last
    piece, and empty before."""


class Token(NamedTuple):
    """Something to look at.

    ``text_end`` is where the text of an inline script ends, as far as it is judged. A tag that is not
    whole was longer than the bound.
    """

    kind: Kind
    start: int
    end: int
    name: bytes = b""
    text_end: int = 0
    tag: StartTag | None = None


class Place(IntEnum):
    """Where in a document the scanner stands, which decides what it swallows unseen."""

    START = auto()
    """Nothing but blanks and comments so far: every tag is shown."""
    HEAD = auto()
    """Every tag is shown but those that only a head holds and nobody judges."""
    INERT = auto()
    """Within a template of the head: also the ends of templates are shown."""
    BODY = auto()
    FRAMESET = auto()
    """In place of a body: all but frames is ignored, and only noframes holds text (13.2.6.4.20)."""
