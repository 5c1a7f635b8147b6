"""The Link response field (RFC 8288): its members, and the field without some of them. Decides nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

# A member: an address in angle brackets, and parameters whose values may be quoted (section 3). Whatever
# stands where a member should be, up to the next comma, is a member without an address.
_MEMBER = re.compile(rb"[ \t]*+(?:<([^>]*+)>)?+((?:\"(?:[^\"\\]|\\.)*+\"|[^,\"]|\")*+)", re.DOTALL)
_VALUE = rb"[ \t]*+=[ \t]*+(?:\"([^\"]*+)\"|([^\s;,\"]++))"
_REL = re.compile(rb";[ \t]*+rel" + _VALUE, re.IGNORECASE)
_AS = re.compile(rb";[ \t]*+as" + _VALUE, re.IGNORECASE)


class Link(NamedTuple):
    """One member: where it leads, its relation types in lower case, and what it says it fetches (``as``)."""

    reference: str
    types: frozenset[str]
    destination: str


def edit_link_field(value: bytes, is_refused: Callable[[Link], bool]) -> bytes:
    """``value`` without the refused members and one comma for each; other bytes are kept.

    Returns the very same object when nothing is refused, and ``b""`` when nothing is left. Linear time.
    """
    kept: list[bytes] = []
    is_changed = False
    position = 0
    while position <= len(value):
        match = _MEMBER.match(value, position)
        end = match.end() if match else len(value)
        link = _read(match) if match else None
        if link is not None and is_refused(link):
            is_changed = True
        else:
            kept.append(value[position:end])
        position = end + 1
    return b",".join(kept).strip(b" \t") if is_changed else value


def _read(match: re.Match[bytes]) -> Link | None:
    if match[1] is None:
        return None
    types = frozenset(_value(_REL, match[2]).lower().split())
    return Link(match[1].decode("utf-8", "replace"), types, _value(_AS, match[2]))


def _value(parameter: re.Pattern[bytes], parameters: bytes) -> str:
    found = parameter.search(parameters)
    return (found[1] or found[2] or b"").decode("latin-1") if found else ""
