"""The tokenization rules of HTML as regular expressions over bytes.

Every pattern follows a state of the WHATWG tokenizer (HTML Standard, section 13.2.5). All quantifiers are
possessive, so a failing match never tries a shorter one: time is linear in the bytes looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable

WS = rb"\t\n\f\r "
"""HTML's white space. Not ``\\s``: that holds the vertical tab, which belongs to names and values."""

NAME_END = rb"[" + WS + rb"/>]"
_TAG_NAME = rb"[a-zA-Z][^" + WS + rb"/>]*+"

# One attribute (attribute name state and on). A name may begin with "="; a value opened by a quote ends
# at that quote only, so an unclosed one makes the attribute, and with it the tag, incomplete.
_VALUE = rb"""(?:"([^"]*+)"|'([^']*+)'|((?!["'])[^""" + WS + rb""">]*+))"""
_ATTRIBUTE = (
    rb"([^" + WS + rb"/>][^" + WS + rb"/>=]*+)"
    rb"(?:[" + WS + rb"]*+=[" + WS + rb"]*+" + _VALUE + rb"|(?![" + WS + rb"]*+=))"
)
ATTRIBUTE = re.compile(_ATTRIBUTE)
"""Groups: name, then the value in double quotes, in single quotes, or bare."""


def _uncaptured(pattern: bytes) -> bytes:
    """``pattern`` with plain groups turned into groups that capture nothing."""
    return re.sub(rb"(?<!\\)\((?!\?)", rb"(?:", pattern)


START_TAG = re.compile(rb"<(" + _TAG_NAME + rb")(?:[" + WS + rb"/]++|" + _uncaptured(_ATTRIBUTE) + rb")*+>")
"""A complete start tag. Group: its name."""
NAME = re.compile(rb"</?+(" + _TAG_NAME + rb")(?=" + NAME_END + rb")")
"""The beginning of a start or end tag as far as the end of its name. Group: the name."""
NAME_STUB = re.compile(rb"</?+([a-zA-Z][^" + WS + rb"/>]*+)?+\Z")
"""The same, cut off inside the name. Group: what is there of the name."""

COMMENT_OPEN = re.compile(rb"<!--(?:(-?+>)|(?=[^>-]|-[^>]))")
"""A comment's beginning, once it can be told; group 1 when it is closed at once (``<!-->``)."""
COMMENT_CLOSE = re.compile(rb"--!?>")
BOGUS_CLOSE = re.compile(rb">")
CDATA_OPEN = b"<![CDATA["
CDATA_CLOSE = re.compile(rb"\]\]>")
_SCRIPT = rb"[sS][cC][rR][iI][pP][tT](?=" + NAME_END + rb")"
SCRIPT_MARK = re.compile(rb"<(?:!--|(/)" + _SCRIPT + rb")")
"""What changes the state inside a script (script data state). Group: a slash for its end tag."""
ESCAPED_SCRIPT_MARK = re.compile(rb"<!--|-->|<(/?)" + _SCRIPT)
"""The same behind ``<!--`` (script data escaped and double escaped states)."""

RAW_TEXT: frozenset[bytes] = frozenset(
    {b"style", b"textarea", b"title", b"xmp", b"iframe", b"noembed", b"noframes"}
)
"""Elements whose content is text up to their own end tag (RAWTEXT and RCDATA; script and noscript apart)."""
STATEFUL: frozenset[bytes] = RAW_TEXT | {
    b"script", b"noscript", b"plaintext", b"svg", b"math", b"frameset", b"body", b"base",
}  # fmt: skip
"""Start tags behind which a browser reads on by other rules, or that change what others mean."""


def _any_case(name: bytes) -> bytes:
    return b"".join(
        rb"[" + letter + letter.upper() + rb"]" if letter.isalpha() else re.escape(letter)
        for letter in (name[i : i + 1] for i in range(len(name)))
    )


def one_of(names: Iterable[bytes]) -> bytes:
    """The names in any case, as a tree by letters: another name fails at its first letter."""
    tails: dict[bytes, list[bytes]] = {}
    for name in sorted(names):
        tails.setdefault(name[:1], []).append(name[1:])
    branches = []
    for letter, rest in tails.items():
        longer = [tail for tail in rest if tail]
        tree = one_of(longer) if longer else b""
        branches.append(_any_case(letter) + (rb"(?:" + tree + rb")?+" if longer and b"" in rest else tree))
    return rb"(?:" + rb"|".join(branches) + rb")"


CLOSING: dict[bytes, re.Pattern[bytes]] = {
    name: re.compile(rb"</" + _any_case(name) + rb"(?=" + NAME_END + rb")")
    for name in RAW_TEXT | {b"noscript", b"script"}
}
"""The appropriate end tag of an element that holds text."""

WHOLE_SCRIPT = re.compile(
    rb"(<" + _SCRIPT + rb"(?:[" + WS + rb"/]++|" + _uncaptured(_ATTRIBUTE) + rb")*+>)"
    rb"[^<]*+(?:<(?!!--|/" + _SCRIPT + rb")[^<]*+)*+(?=</" + _SCRIPT + rb")"
)
"""A script without ``<!--``, up to its end tag. Group: the start tag."""
