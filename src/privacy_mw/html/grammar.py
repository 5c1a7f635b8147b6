"""The tokenization rules of HTML as regular expressions over bytes.

Every pattern follows a state of the WHATWG tokenizer (HTML Standard, section 13.2.5). All quantifiers are
possessive, so a failing match never tries a shorter one: time is linear in the bytes looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WS = rb"\t\n\f\r "
"""HTML's white space. Not ``\\s``: that holds the vertical tab, which belongs to names and values."""

NAME_END = rb"[" + _WS + rb"/>]"
_TAG_NAME = rb"[a-zA-Z][^" + _WS + rb"/>]*+"

# One attribute (attribute name state and on). A name may begin with "="; a value opened by a quote ends
# at that quote only, so an unclosed one makes the attribute, and with it the tag, incomplete.
_VALUE = rb"""(?:"([^"]*+)"|'([^']*+)'|((?!["'])[^""" + _WS + rb""">]*+))"""
_ATTRIBUTE = (
    rb"([^" + _WS + rb"/>][^" + _WS + rb"/>=]*+)"
    rb"(?:[" + _WS + rb"]*+=[" + _WS + rb"]*+" + _VALUE + rb"|(?![" + _WS + rb"]*+=))"
)
ATTRIBUTE = re.compile(_ATTRIBUTE)
"""Groups: name, then the value in double quotes, in single quotes, or bare."""


def _uncaptured(pattern: bytes) -> bytes:
    """``pattern`` with plain groups turned into groups that capture nothing."""
    return re.sub(rb"(?<!\\)\((?!\?)", rb"(?:", pattern)


_REST = rb"(?:[" + _WS + rb"/]++|" + _uncaptured(_ATTRIBUTE) + rb")*+>"
# The shape nearly every tag has, tried first because one step of it swallows a blank, a name and a value.
_PLAIN_REST = (
    rb"(?:[" + _WS + rb"]++[^" + _WS + rb"/>=\"'<]++"
    rb"(?:=(?:\"[^\"]*+\"|'[^']*+'|[^" + _WS + rb">\"'][^" + _WS + rb">]*+))?+)*+"
    rb"[" + _WS + rb"]*+/?+>"
)
_TAG_REST = rb"(?:>|" + _PLAIN_REST + rb"|" + _REST + rb")"

START_TAG = re.compile(rb"<(" + _TAG_NAME + rb")" + _TAG_REST)
"""A complete start tag. Group: its name."""
NAME = re.compile(rb"</?+(" + _TAG_NAME + rb")(?=" + NAME_END + rb")")
"""The beginning of a start or end tag as far as the end of its name. Group: the name."""
NAME_STUB = re.compile(rb"</?+([a-zA-Z][^" + _WS + rb"/>]*+)?+\Z")
"""The same, cut off inside the name. Group: what is there of the name."""

_BOM = rb"\xef\xbb\xbf"
BEFORE_DOCUMENT = re.compile(rb"(?:[" + _WS + rb"]++|" + _BOM + rb")*+")
"""What may stand before the first tag of a document and leaves it one (comments apart)."""
IN_HEAD = re.compile(
    rb"(?:[" + _WS + rb"]++"
    rb"|<(?i:meta|base|basefont|bgsound)(?="
    + NAME_END
    + rb")"
    + _TAG_REST
    + rb"|</(?!(?i:body|html|br|noscript|template)"
    + NAME_END
    + rb")"
    + _TAG_NAME
    + _TAG_REST
    + rb")*+"
)
"""What a head holds and what needs no judging ("in head" and "after head" insertion modes)."""

COMMENT_OPEN = re.compile(rb"<!--(?:(-?+>)|(?=[^>-]|-[^>]))")
"""A comment's beginning, once it can be told; group 1 when it is closed at once (``<!-->``)."""
COMMENT_CLOSE = re.compile(rb"--!?>")
BOGUS_CLOSE = re.compile(rb">")
SCRIPT_MARK = re.compile(rb"<!--|-->|<(/?)[sS][cC][rR][iI][pP][tT](?=" + NAME_END + rb")")
"""What changes the state inside a script (script data escaped and double escaped states)."""

RAW_TEXT: frozenset[bytes] = frozenset(
    {b"style", b"textarea", b"title", b"xmp", b"iframe", b"noembed", b"noframes"}
)
"""Elements whose content is text up to their own end tag (RAWTEXT and RCDATA; script is apart)."""


def closing(name: bytes) -> re.Pattern[bytes]:
    """The appropriate end tag of a raw text element."""
    return re.compile(rb"</" + _any_case(name) + rb"(?=" + NAME_END + rb")")


def ordinary_markup(start_tags: Iterable[bytes], end_tags: Iterable[bytes]) -> re.Pattern[bytes]:
    """Runs of text and complete tags other than those named. A lone ``<`` at the end is not text yet."""
    return re.compile(
        rb"(?:[^<]++"
        rb"|</(?!" + _one_of(end_tags) + NAME_END + rb")" + _TAG_NAME + _TAG_REST + rb""
        rb"|<(?!" + _one_of(start_tags) + NAME_END + rb")" + _TAG_NAME + _TAG_REST + rb""
        rb"|<(?=[^a-zA-Z/!?]))*+"
    )


def _one_of(names: Iterable[bytes]) -> bytes:
    """The names in any case, as a tree by letters: a tag of another name fails at its first letter."""
    tails: dict[bytes, list[bytes]] = {}
    for name in sorted(names):
        tails.setdefault(name[:1], []).append(name[1:])
    branches = []
    for letter, rest in tails.items():
        longer = [tail for tail in rest if tail]
        tree = _one_of(longer) if longer else b""
        branches.append(_any_case(letter) + (rb"(?:" + tree + rb")?+" if longer and b"" in rest else tree))
    return rb"(?:" + rb"|".join(branches) + rb")"


def _any_case(name: bytes) -> bytes:
    return b"".join(
        rb"[" + letter + letter.upper() + rb"]" if letter.isalpha() else re.escape(letter)
        for letter in (name[i : i + 1] for i in range(len(name)))
    )
