"""What the browser asked for in request headers. Reads; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Signals(NamedTuple):
    """What the browser asked for, before any choice made on this site.

    GPC is on when any Sec-GPC element is exactly ``1`` (W3C GPC, "The Sec-GPC Header Field"), so
    ``0, 1`` joined by a WSGI server counts as on. ``dnt`` is the first character of the preference
    (W3C TPE section 5.2: extensions may follow it); of several, invalid as they are, the denial
    wins. Unreadable values count as absent.
    """

    gpc: bool = False
    dnt: bool | None = None


_BLANKS = b" \t"
# What browsers really send in Sec-GPC and DNT, and what it means: made once instead of for each request.
_USUAL = {
    (None, None): Signals(),
    (b"1", None): Signals(gpc=True),
    (None, b"1"): Signals(dnt=True),
    (b"1", b"1"): Signals(gpc=True, dnt=True),
}


def read_signals(fields: Mapping[bytes, bytes]) -> Signals:
    """Never raises. ``fields`` has lower-case names, repeated fields joined with commas."""
    gpc = fields.get(b"sec-gpc")
    dnt = fields.get(b"dnt")
    usual = _USUAL.get((gpc, dnt))
    if usual is not None:
        return usual
    return Signals(gpc is not None and _any_is_one(gpc), None if dnt is None else _read_dnt(dnt))


def _any_is_one(value: bytes) -> bool:
    return any(element.strip(_BLANKS) == b"1" for element in value.split(b","))


def _read_dnt(value: bytes) -> bool | None:
    preferences = {element.strip(_BLANKS)[:1] for element in value.split(b",")}
    if b"1" in preferences:
        return True
    return False if b"0" in preferences else None
