"""Finding the end of one tag that comes in pieces, each byte looked at once.

The regular expressions of ``grammar`` see a tag only when it is complete. A tag that a chunk cuts is
walked state by state here, so that an unclosed quote fed byte by byte costs linear time.
"""

from __future__ import annotations

import re
from enum import Enum


class _State(Enum):
    TAG_NAME = re.compile(rb"[^\t\n\f\r />]*+")
    BEFORE_NAME = re.compile(rb"[\t\n\f\r /]*+")
    NAME = re.compile(rb"[^\t\n\f\r />=]*+")
    AFTER_NAME = re.compile(rb"[\t\n\f\r ]*+")
    BEFORE_VALUE = re.compile(rb"[\t\n\f\r ]++|")
    DOUBLE_QUOTED = re.compile(rb'[^"]*+')
    SINGLE_QUOTED = re.compile(rb"[^']*+")
    BARE_VALUE = re.compile(rb"[^\t\n\f\r >]*+")


# State and the byte that stopped it -> next state; that byte is consumed. ``>`` ends the tag wherever
# it is not listed, and only quoted values are left by nothing but their quote.
_NEXT: dict[_State, dict[bytes, _State]] = {
    _State.TAG_NAME: dict.fromkeys((b"\t", b"\n", b"\f", b"\r", b" ", b"/"), _State.BEFORE_NAME),
    _State.BEFORE_NAME: {},
    _State.NAME: {
        **dict.fromkeys((b"\t", b"\n", b"\f", b"\r", b" "), _State.AFTER_NAME),
        b"/": _State.BEFORE_NAME,
        b"=": _State.BEFORE_VALUE,
    },
    _State.AFTER_NAME: {b"/": _State.BEFORE_NAME, b"=": _State.BEFORE_VALUE},
    _State.BEFORE_VALUE: {b'"': _State.DOUBLE_QUOTED, b"'": _State.SINGLE_QUOTED},
    _State.DOUBLE_QUOTED: {b'"': _State.BEFORE_NAME},
    _State.SINGLE_QUOTED: {b"'": _State.BEFORE_NAME},
    _State.BARE_VALUE: dict.fromkeys((b"\t", b"\n", b"\f", b"\r", b" "), _State.BEFORE_NAME),
}
# Any other byte begins an attribute name, or a bare value (which consumes it: it may not be a quote's).
_OTHERWISE = {
    _State.BEFORE_NAME: _State.NAME,
    _State.AFTER_NAME: _State.NAME,
    _State.BEFORE_VALUE: _State.BARE_VALUE,
}


class TagCursor:
    """Where in a tag the bytes seen so far end. ``position`` is an offset the owner may shift."""

    def __init__(self, position: int) -> None:
        """``position`` is that of the first byte of the tag's name."""
        self.position = position
        self._state = _State.TAG_NAME

    @property
    def closer(self) -> bytes:
        """What ends the tag here."""
        match self._state:
            case _State.DOUBLE_QUOTED:
                return b'">'
            case _State.SINGLE_QUOTED:
                return b"'>"
        return b">"

    def advance(self, data: bytes | bytearray, stop: int) -> bool:
        """Walks ``data`` up to ``stop``; True when the tag ends, ``position`` then behind its ``>``."""
        position, state = self.position, self._state
        ended = False
        while not ended and (position := _skip(state, data, position, stop)) < stop:
            byte = bytes(data[position : position + 1])
            position += 1
            following = _NEXT[state].get(byte)
            ended = following is None and byte == b">"
            state = following or _OTHERWISE.get(state, state)
        self.position, self._state = position, state
        return ended


def _skip(state: _State, data: bytes | bytearray, position: int, stop: int) -> int:
    match = state.value.match(data, position, stop)
    return match.end() if match else position
