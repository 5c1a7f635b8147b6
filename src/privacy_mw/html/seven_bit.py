"""Pages in ISO-2022-JP, whose escape sequences make bytes such as ``<`` halves of other characters.

Between such sequences the eighth bit, which the encoding never uses, is set while a page is rewritten and
cleared again behind it: what is no ASCII to a browser is none to the scanner, and every byte keeps its place.
"""

from __future__ import annotations

import logging
import re
from typing import Protocol

logger = logging.getLogger("privacy_mw")

# Encoding Standard, section 12.2.1: ASCII and Roman, where "<" is "<"; and the three other states.
_ESCAPE = re.compile(rb"\x1b(?:\([BJI]|\$[@B])")
_PLAIN = (b"\x1b(B", b"\x1b(J")
_CUT_ESCAPE = re.compile(rb"\x1b[($]?\Z")
_SET = bytes(byte | 0x80 for byte in range(256))
_CLEAR = bytes(byte & 0x7F for byte in range(256))
_LABEL = re.compile(
    rb"<meta[^>]{1,200}charset\s{0,9}=\s{0,9}[\"']?\s{0,9}(?:cs)?iso-?2022-?jp[\"';\s>/]", re.I
)
LABELS = frozenset({b"iso-2022-jp", b"csiso2022jp"})
PRESCAN_BYTES = 1024
"""HTML Standard, 13.2.3.2: within so many bytes a page may name its encoding."""


class Filter(Protocol):
    """A rewriter of pages."""

    def feed(self, chunk: bytes) -> bytes:
        """What may go out now."""

    def finish(self) -> bytes:
        """What was held."""


def declares_seven_bit(beginning: bytes) -> bool:
    """Whether the first bytes of a page without a charset in its header say that it is in ISO-2022-JP."""
    is_unicode = beginning.startswith(b"\xef\xbb\xbf")  # a byte order mark beats what a page says of itself
    return not is_unicode and _LABEL.search(beginning, 0, PRESCAN_BYTES) is not None


class SevenBitFilter:
    """Hands a page in ISO-2022-JP to a rewriter that takes bytes for what they are in ASCII."""

    def __init__(self, rewriter: Filter) -> None:
        self._rewriter: Filter | None = rewriter
        self._is_plain = True
        self._held = b""
        """The beginning of an escape sequence that a chunk has cut."""

    def feed(self, chunk: bytes) -> bytes:
        """What may go out now. From a byte on that this encoding does not have, a page passes as it is."""
        chunk, self._held = self._held + chunk, b""
        if self._rewriter is None:
            return chunk
        if not chunk.isascii():
            logger.warning("a page in ISO-2022-JP passes as it is from a byte on that is none of it")
            rest, self._rewriter = self._rewriter.finish(), None
            return rest.translate(_CLEAR) + chunk
        if cut := _CUT_ESCAPE.search(chunk):
            chunk, self._held = chunk[: cut.start()], chunk[cut.start() :]
        return self._rewriter.feed(self._with_eighth_bit(chunk)).translate(_CLEAR)

    def finish(self) -> bytes:
        """What was held."""
        return (self._rewriter.finish().translate(_CLEAR) if self._rewriter else b"") + self._held

    def _with_eighth_bit(self, chunk: bytes) -> bytes:
        parts, copied = [], 0
        for escape in _ESCAPE.finditer(chunk):
            parts += [self._marked(chunk[copied : escape.start()]), escape[0]]
            self._is_plain, copied = escape[0] in _PLAIN, escape.end()
        return b"".join([*parts, self._marked(chunk[copied:])])

    def _marked(self, text: bytes) -> bytes:
        return text if self._is_plain else text.translate(_SET)
