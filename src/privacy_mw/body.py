"""The body of one page on its way out: as the application sends it in, as it may leave out."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Protocol

from privacy_mw.codings import PIECE_BYTES, Coding, Undecodable
from privacy_mw.html.charset import has_wide_mark
from privacy_mw.html.seven_bit import LABELS, PRESCAN_BYTES, Filter, SevenBitFilter, declares_seven_bit

logger = logging.getLogger("privacy_mw")

# A coded body of which nothing can be unpacked yet is kept, to be passed on if it turns out to be none. What
# comes before the first plain byte is a header of a few bytes; longer ones are kept by nobody but a forger.
_MOST_KEPT_BYTES = 64 * 1024


class Body(Protocol):
    """What a door feeds. The output is the same for every cut into chunks."""

    def feed(self, chunk: bytes) -> bytes:
        """What may go out now."""

    def steps(self, chunk: bytes) -> Iterator[bytes]:
        """The same in steps, each the work of at most about 64 KiB of page, so that an event loop can serve
        others between them."""

    def finish(self) -> bytes:
        """The body is complete: what was held, what was to be added."""


class PlainBody:
    """A page whose bytes are its text."""

    def __init__(self, rewriter: Filter, charset: bytes | None, path: str) -> None:
        """``charset`` as the header has it; ``path`` is for the log."""
        self._rewriter: Filter | None = SevenBitFilter(rewriter) if charset in LABELS else rewriter
        self._path = path
        self._has_begun = False
        self._prescanned: bytes | None = None if charset else b""
        """The beginning of a page whose header names no charset, while it may name one itself."""

    def feed(self, chunk: bytes) -> bytes:
        if not self._has_begun and chunk:
            self._has_begun = True
            if has_wide_mark(chunk):
                logger.warning("a page in UTF-16 passes as it is: %s", self._path)
                self._rewriter = None
        if self._prescanned is not None:
            self._prescan(chunk, self._prescanned)
        return self._rewriter.feed(chunk) if self._rewriter else chunk

    def steps(self, chunk: bytes) -> Iterator[bytes]:
        for offset in range(0, len(chunk), PIECE_BYTES):
            yield self.feed(chunk[offset : offset + PIECE_BYTES])

    def finish(self) -> bytes:
        return self._rewriter.finish() if self._rewriter else b""

    def _prescan(self, chunk: bytes, before: bytes) -> None:
        beginning = before + chunk[:PRESCAN_BYTES]
        is_seven_bit = declares_seven_bit(beginning)
        if self._rewriter and is_seven_bit:
            self._rewriter = SevenBitFilter(self._rewriter)
        self._prescanned = None if is_seven_bit or len(beginning) >= PRESCAN_BYTES else beginning


class CodedBody:
    """A page under one or more content codings: unpacked, rewritten, packed again.

    What is not what its label says passes as it is, as long as nothing of it has left. From an error further
    on, nothing more leaves, as nothing more could be read of the original either; and what was cut off by the
    application stays cut off.
    """

    def __init__(self, page: Body, codings: Sequence[Coding], path: str) -> None:
        """``codings`` in the order in which they were applied."""
        self._page = page
        self._decoders = [coding.decoder() for coding in reversed(codings)]
        self._encoders = [coding.encoder() for coding in codings]
        self._path = path
        self._kept: bytes | None = b""
        """The original, until something of it has been unpacked."""
        self._is_passing = False
        self._is_cut = False

    def feed(self, chunk: bytes) -> bytes:
        return b"".join(self.steps(chunk))

    def steps(self, chunk: bytes) -> Iterator[bytes]:
        if self._is_passing:
            yield chunk
        elif not self._is_cut and chunk:
            if self._kept is not None:
                self._kept += chunk
            try:
                yield from self._rewritten(chunk)
            except Undecodable as error:
                yield self._failed(error)

    def _rewritten(self, chunk: bytes) -> Iterator[bytes]:
        has_left = False
        for piece in self._unpacked(chunk):
            self._kept = None
            has_left = True
            yield self._packed(self._page.feed(piece))
        if self._kept is not None and len(self._kept) > _MOST_KEPT_BYTES:
            self._kept = None
        if has_left:
            yield self._flushed()

    def _unpacked(self, chunk: bytes) -> Iterator[bytes]:
        pieces: Iterator[bytes] = iter((chunk,))
        for decoder in self._decoders:
            pieces = chain.from_iterable(map(decoder.pieces, pieces))
        return pieces

    def _packed(self, plain: bytes) -> bytes:
        for encoder in self._encoders:
            plain = encoder.feed(plain)
        return plain

    def _flushed(self) -> bytes:
        """What the client can unpack at once: the application has sent it at once."""
        out = b""
        for encoder in self._encoders:
            out = (encoder.feed(out) if out else b"") + encoder.flush()
        return out

    def _failed(self, error: Undecodable) -> bytes:
        if self._kept is not None:
            logger.warning("a page is not coded as it says and passes as it is: %s: %s", self._path, error)
            self._is_passing = True
            return self._kept
        logger.warning("a coded page is damaged and ends there: %s: %s", self._path, error)
        self._is_cut = True
        return self._flushed()

    def finish(self) -> bytes:
        if self._is_passing or self._is_cut:
            return b""
        if self._kept is not None:
            return self._kept
        out = self._packed(self._page.finish())
        if not all(decoder.is_whole for decoder in self._decoders):
            logger.warning("a coded page was cut off: %s", self._path)
            return out + self._flushed()
        last = b""
        for encoder in self._encoders:
            last = (encoder.feed(last) if last else b"") + encoder.finish()
        return out + last
