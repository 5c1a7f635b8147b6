"""What is done to which element: the table, and the editor that applies it to one page.

A refused element stays where it is and becomes inert: the attribute that loads is renamed with the
prefix ``data-privacy-``, and ``data-privacy`` names the purpose it waits for. A script also gets
``type="text/plain"``, its own type kept as ``data-privacy-type``. Every other byte stays, so putting the
names back revives it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from privacy_mw.html.scanner import Names, compile_names
from privacy_mw.html.tag import StartTag
from privacy_mw.purposes import Purpose

PREFIX = b"data-privacy-"


class Rule(NamedTuple):
    """What loads in an element, and what else has to give way for it to stay inert."""

    loads: tuple[bytes, ...]
    with_it: tuple[bytes, ...] = ()
    insert: bytes = b""
    neutral: bytes = b""
    """Put in front of the attributes of an active element whose address is not known: of two
    attributes with one name a browser heeds the first."""


_FRAME_NAME = b' name="privacy-mw-refused"'
# Which attributes of which elements make a browser load something by itself (HTML Standard, the element's
# "update the image data", "process the iframe attributes", "fetch and process the linked resource" …).
RULES: dict[bytes, Rule] = {
    b"script": Rule((b"src",), (b"type",), b' type="text/plain"', neutral=b' type="text/plain"'),
    b"link": Rule((b"href", b"imagesrcset"), neutral=b' rel=""'),
    # Going back, Chromium loads what a frame of this name showed before, whatever its src is now; so a
    # refused frame is another one, and its own name waits with its address.
    b"iframe": Rule(
        (b"src",), (b"name",), _FRAME_NAME, neutral=b' src="about:blank" srcdoc=""' + _FRAME_NAME
    ),
    b"frame": Rule((b"src",), (b"name",), _FRAME_NAME, neutral=b' src="about:blank"' + _FRAME_NAME),
    b"embed": Rule((b"src",), neutral=b' src=""'),
    b"object": Rule((b"data",), neutral=b' data=""'),
    b"img": Rule((b"src", b"srcset")),
    b"image": Rule((b"src", b"srcset")),  # the tree builder makes an img of it (13.2.6.4.7)
    b"input": Rule((b"src",)),
    b"source": Rule((b"src", b"srcset")),
    b"video": Rule((b"src", b"poster")),
    b"audio": Rule((b"src",)),
    b"track": Rule((b"src",)),
}
_LISTS = frozenset({b"srcset", b"imagesrcset"})
_CANDIDATE = re.compile(r"[^\s,]\S*[^\s,]")

# Link types that fetch or connect (HTML Standard 4.6.8); canonical, alternate, author … only point.
_LOADING_RELS = frozenset(
    {
        "stylesheet", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch", "prerender",
        "icon", "apple-touch-icon", "apple-touch-icon-precomposed", "apple-touch-startup-image", "mask-icon",
        "manifest",
    }
)  # fmt: skip
# JavaScript MIME type essences (MIME Sniffing, 4.6), and module; anything else is a data block.
_EXECUTABLE_TYPES = frozenset(
    {
        "", "module", "text/javascript", "application/javascript", "application/ecmascript",
        "application/x-ecmascript", "application/x-javascript", "text/ecmascript", "text/javascript1.0",
        "text/javascript1.1", "text/javascript1.2", "text/javascript1.3", "text/javascript1.4",
        "text/javascript1.5", "text/jscript", "text/livescript", "text/x-ecmascript", "text/x-javascript",
    }
)  # fmt: skip

NAMES: Names = compile_names(RULES)


class PageEditor:
    """Judges the tags of one page. Addresses and loaders are judged by the two callables it is given."""

    names = NAMES

    def __init__(
        self,
        refused_url: Callable[[str], Purpose | str | None],
        refused_loader: Callable[[bytes], Purpose | str | None],
    ) -> None:
        """Each callable returns what a refused one is for, and None for one that may load."""
        self._refused_url = refused_url
        self._refused_loader = refused_loader

    def holds_text(self, tag: StartTag) -> bool:
        """Inline scripts that a browser runs are judged by their text."""
        return b"src" not in tag and is_executable(tag)

    def edit_tag(self, tag: StartTag, text: bytes) -> bytes | None:
        """The tag made inert, or None for one that may stay as it is."""
        rule = RULES.get(tag.name)
        if rule is None or (tag.name == b"link" and not loads_by_rel(tag)):
            return None
        if tag.name == b"script" and b"src" not in tag:
            return self._edit_inline(tag, rule, text)
        refused: list[bytes] = []
        purpose: Purpose | str | None = None
        for attribute in rule.loads:
            if (found := self._refused_value(tag, attribute)) is not None:
                refused.append(attribute)
                purpose = purpose or found
        if purpose is not None:
            return inert(tag, rule, [*refused, *rule.with_it], purpose)
        return None if tag.is_whole or self._is_known(tag, rule) else neutralised(tag, rule)

    def _edit_inline(self, tag: StartTag, rule: Rule, text: bytes) -> bytes | None:
        if not tag.is_whole:
            return neutralised(tag, rule)
        if not text or not is_executable(tag):
            return None
        purpose = self._refused_loader(text)
        return None if purpose is None else inert(tag, rule, rule.with_it, purpose)

    def _refused_value(self, tag: StartTag, attribute: bytes) -> Purpose | str | None:
        value = tag.value(attribute)
        if not value:
            return None
        if attribute not in _LISTS:
            return self._refused_url(value)
        for candidate in _CANDIDATE.findall(value):
            if (purpose := self._refused_url(candidate)) is not None:
                return purpose
        return None

    @staticmethod
    def _is_known(tag: StartTag, rule: Rule) -> bool:
        """Of a tag over the bound: whether its address was in the part that was read."""
        return not rule.neutral or rule.loads[0] in tag


def is_executable(tag: StartTag) -> bool:
    """Whether a browser runs a script with this start tag (HTML Standard, "prepare the script element")."""
    kind = tag.value(b"type")
    if kind is None:
        language = tag.value(b"language")
        kind = f"text/{language}" if language else ""
    return kind.strip(" \t\n\f\r").lower() in _EXECUTABLE_TYPES


def loads_by_rel(tag: StartTag) -> bool:
    """Whether a link element fetches or connects. One that is not whole might."""
    rel = tag.value(b"rel")
    if rel is None:
        return not tag.is_whole
    return not _LOADING_RELS.isdisjoint(rel.lower().split())


def inert(tag: StartTag, rule: Rule, rename: list[bytes] | tuple[bytes, ...], purpose: str) -> bytes:
    """The tag with what loads renamed. Pure insertions: nothing of the original is lost."""
    insert = b' data-privacy="%s"%s' % (str(purpose).encode(), rule.insert)
    return tag.edited(prefix=PREFIX, rename=frozenset(rename), insert=insert)


def neutralised(tag: StartTag, rule: Rule) -> bytes:
    """An active tag of which too little is known, made harmless."""
    return tag.edited(prefix=PREFIX, rename=(), insert=b' data-privacy="unknown"' + rule.neutral)
