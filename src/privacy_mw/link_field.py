"""The Link response field (RFC 8288): its members, and the field without some of them. Decides nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

# A member: an address in angle brackets, and parameters whose values may be quoted (section 3). Whatever
# stands where a member should be, up to the next comma, is a member without an address.
_MEMBER = re.compile(rb"[ \t]*+(?:<([^>]*+)>)?+((?:\"(?:[^\"\\]|\\.)*+\"|[^,\"]|\")*+)", re.DOTALL)
_REL = re.compile(rb";[ \t]*+rel[ \t]*+=[ \t]*+(?:\"([^\"]*+)\"|([^\s;,\"]++))", re.IGNORECASE)


class Link(NamedTuple):
    """One member: where it leads and its relation types, in lower case."""

    reference: str
    types: frozenset[str]


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
    rel = _REL.search(match[2])
    words = (rel[1] or rel[2] or b"") if rel else b""
    return Link(match[1].decode("utf-8", "replace"), frozenset(words.decode("latin-1").lower().split()))
