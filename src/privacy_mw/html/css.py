"""Addresses in a style sheet, found as it comes in pieces. Knows two ways to load: ``url(`` and ``@import``.

Follows CSS Syntax 4.3.4 to 4.3.7 as far as it takes to read an address: quotes, comments behind ``@import``,
escapes in the address.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_WS = rb"\t\n\f\r "
_FUNCTION = rb"\((?<=(?:[uU][rR][lL]|[sS][rR][cC])\()[" + _WS + rb"]*+[\"']?+"
# Of a comment 200 bytes: with no bound, one that nothing closes was searched for its end from every "@import"
# in it, 0.8 s for 64 KiB.
_COMMENT = rb"/\*(?:[^*]|\*(?!/)){0,200}+\*/"
_IMPORT = rb"@[iI][mM][pP][oO][rR][tT](?:[" + _WS + rb"]++|" + _COMMENT + rb")*+"
_AT_IMPORT = _IMPORT + rb"[\"']"
# An address ends at the first of these, for judging; most of it is enough to tell whose it is. It is
# judged by its first 2 KiB: a scheme, 255 bytes of host (RFC 1035), and a path.
_ESCAPED = rb"\\(?:[0-9a-fA-F]{1,6}+[" + _WS + rb"]?+|[^\n])"
_ADDRESS = rb"((?:[^\"')" + _WS + rb";{}<>\\]|" + _ESCAPED + rb"){0,2048}+)(?:\\\Z)?+"
# Two expressions, because each begins with one byte and is therefore searched at the speed of memory.
_ADDRESSES = (re.compile(_FUNCTION + _ADDRESS), re.compile(_AT_IMPORT + _ADDRESS))
# The same as raw bytes of a page, where the quote in an attribute may be a character reference.
_RAW_ADDRESSES = (
    re.compile(_FUNCTION + rb"(?:&(?:quot|apos|#3[49]);)?+" + _ADDRESS),
    _ADDRESSES[1],
)
_IMPORTED = _IMPORT + rb"[uU][rR][lL]"
_SHEET = re.compile(_IMPORTED + rb"\(")
_SHEET_BEFORE = re.compile(_IMPORTED + rb"\Z")
_WITHOUT_SLASHES = re.compile(rb"(?:https?|wss?):(?!//)", re.I)
_UNFINISHED = re.compile(
    rb"(?:(?:" + _IMPORT + rb")?+[uU](?:[rR](?:[lL](?:\([" + _WS + rb"]*+)?)?)?"
    rb"|[sS](?:[rR](?:[cC](?:\([" + _WS + rb"]*+)?)?)?"
    rb"|@[a-zA-Z]{0,6}+(?:[" + _WS + rb"]|/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?+)*+/?+)\Z"
)  # fmt: skip
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\n\f\r]?|\r?\n|([^\n\r\f0-9a-fA-F]))")
_MAX_HELD_BYTES = 4096
_LONGEST_BEGINNING_BYTES = 256
"""Room for ``@import`` and a short comment."""


class Address(NamedTuple):
    """An address and the offset at which it begins."""

    offset: int
    reference: str
    is_sheet: bool = False
    """Whether it is a style sheet's, behind ``@import``, and not a picture's."""


def addresses(css: bytes) -> list[Address]:
    """All addresses in a piece of CSS, in order; data of the page itself left out. Linear time."""
    sheets = {match.end() - 1 for match in _SHEET.finditer(css)}
    found = [
        Address(match.start(1), read_address(match[1]), match.start() in sheets)
        for match in _ADDRESSES[0].finditer(css)
        if match[1][:5].lower() != b"data:"
    ]
    found += [
        Address(match.start(1), read_address(match[1]), is_sheet=True)
        for match in _ADDRESSES[1].finditer(css)
        if match[1][:5].lower() != b"data:"
    ]
    return sorted(found)


def odd_addresses(page: bytes | bytearray, start: int) -> list[int]:
    """Where addresses stand that may lead to a host without a plain ``//``: with an escape in them, or a
    scheme that no slashes follow. ``page`` need not be CSS. Linear time.
    """
    return [
        match.start(1)
        for expression in _RAW_ADDRESSES
        for match in expression.finditer(page, start)
        if b"\\" in match[1] or _WITHOUT_SLASHES.match(match[1])
    ]


def read_address(raw: bytes) -> str:
    """An address as CSS means it: its escapes decoded."""
    text = raw.decode("utf-8", "replace")
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[2] or ""
    code = int(match[1], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def settled(buffer: bytes | bytearray, start: int, stop: int) -> int:
    """How far a piece of CSS may be judged before more of it is known: not beyond the beginning of an
    address that is not complete.
    """
    tail = max(start, stop - _MAX_HELD_BYTES)
    for expression in _ADDRESSES:
        for match in expression.finditer(buffer, tail, stop):
            if match.end() == stop:
                return _begin(buffer, match.start(), start)
    held = _UNFINISHED.search(buffer, max(tail, stop - _LONGEST_BEGINNING_BYTES), stop)
    return held.start() if held else stop


def _begin(buffer: bytes | bytearray, at: int, start: int) -> int:
    """Where the word before a parenthesis begins, or the ``@import`` before it."""
    if buffer[at : at + 1] != b"(":
        return at
    imported = _SHEET_BEFORE.search(buffer, max(start, at - _LONGEST_BEGINNING_BYTES), at)
    return imported.start() if imported else max(start, at - len(b"url"))
