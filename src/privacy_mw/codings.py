"""Content codings (RFC 9110 section 8.4.1): a coded body in, pieces of the plain one out, and back.

A stream in both directions, with bounded memory: a few bytes that unpack to gigabytes are unpacked in pieces,
and whoever asks for them one by one decides how far it goes. gzip and deflate are Python's own; br and zstd
are there when their libraries are (``pip install "privacy-mw[codings]"``).
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol

PIECE_BYTES = 64 * 1024
"""Of a plain body at a time. br's library gives up to half as much again."""
_MOST_CODINGS = 3
"""On one body. Nobody has a use for two; each one more multiplies what a few bytes unpack to."""


class Undecodable(Exception):
    """The body is not what its Content-Encoding says."""


class Decoder(Protocol):
    """Unpacks one body."""

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """What ``chunk`` unpacks to, never empty. Raises Undecodable."""

    @property
    def is_whole(self) -> bool:
        """Whether the body's end has been read: it was not cut off."""


class Encoder(Protocol):
    """Packs one body."""

    def feed(self, plain: bytes) -> bytes:
        """Some of the packed body."""

    def flush(self) -> bytes:
        """The rest of what was fed, so that it can be unpacked right now."""

    def finish(self) -> bytes:
        """The body's end."""


class Coding(NamedTuple):
    """One coding, both ways."""

    decoder: Callable[[], Decoder]
    encoder: Callable[[], Encoder]


# --- gzip (RFC 1952) and deflate (RFC 1950, and RFC 1951 bare as some servers send it) ---

_GZIP_BITS, _ZLIB_BITS, _BARE_BITS = 31, 15, -15
_GZIP_MAGIC = b"\x1f\x8b"
# Django has 6 for pages made on the spot, nginx 1; from 5 to 9 a page becomes a hundredth smaller.
_ZLIB_LEVEL = 5


class _Inflater:
    """``bits`` is None until the first two bytes have told which of the two kinds of deflate it is."""

    def __init__(self, bits: int | None) -> None:
        self._bits = bits
        self._beginning = b""
        self._zlib: Any = None
        self._has_ended = False
        """A body has come to its end; what follows may be another that belongs to it, or nothing."""

    @property
    def is_whole(self) -> bool:
        return self._has_ended or (self._zlib is not None and bool(self._zlib.eof))

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        data = chunk if self._zlib else self._begun(chunk)
        while data:
            if self._zlib.eof:
                # gzip's members follow each other (RFC 1952 section 2.2); what else follows is no body.
                if self._bits != _GZIP_BITS or not data.startswith(_GZIP_MAGIC[: len(data)]):
                    return
                self._has_ended, self._zlib = True, zlib.decompressobj(self._bits)
            try:
                plain = self._inflated(data)
            except Undecodable:
                if self._has_ended:
                    return
                raise
            data = self._zlib.unconsumed_tail or self._zlib.unused_data
            while plain:
                self._has_ended = False
                yield plain
                # All of the input may be in, and more of the output wait, when a piece is full.
                plain = b"" if data or len(plain) < PIECE_BYTES else self._inflated(b"")

    def _begun(self, chunk: bytes) -> bytes:
        """The bytes to unpack: none before there are enough to tell what they are."""
        self._beginning += chunk
        if len(self._beginning) < 2:
            return b""
        data, self._beginning = self._beginning, b""
        if self._bits is None:
            is_zlib = data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._bits = _ZLIB_BITS if is_zlib else _BARE_BITS
        self._zlib = zlib.decompressobj(self._bits)
        return data

    def _inflated(self, data: bytes) -> bytes:
        try:
            plain: bytes = self._zlib.decompress(data, PIECE_BYTES)
        except zlib.error as error:
            raise Undecodable(str(error)) from error
        return plain


class _Deflater:
    def __init__(self, bits: int) -> None:
        self._zlib = zlib.compressobj(_ZLIB_LEVEL, zlib.DEFLATED, bits)

    def feed(self, plain: bytes) -> bytes:
        return self._zlib.compress(plain)

    def flush(self) -> bytes:
        return self._zlib.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._zlib.flush()


# --- br (RFC 7932) ---

_BROTLI_QUALITY = 4
"""As CDNs have it for pages made on the spot."""


class _Unbrotler:
    def __init__(self) -> None:
        self._brotli: Any = _brotli().Decompressor()
        self._error: type[Exception] = _brotli().error

    @property
    def is_whole(self) -> bool:
        return bool(self._brotli.is_finished())

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        data = chunk
        while not self._brotli.is_finished():
            try:
                plain: bytes = self._brotli.process(data, output_buffer_limit=PIECE_BYTES)
            except self._error as error:
                raise Undecodable(str(error)) from error
            if plain:
                yield plain
            elif self._brotli.can_accept_more_data():
                return
            data = b""


class _Brotler:
    def __init__(self) -> None:
        self._brotli: Any = _brotli().Compressor(quality=_BROTLI_QUALITY)

    def feed(self, plain: bytes) -> bytes:
        packed: bytes = self._brotli.process(plain)
        return packed

    def flush(self) -> bytes:
        packed: bytes = self._brotli.flush()
        return packed

    def finish(self) -> bytes:
        packed: bytes = self._brotli.finish()
        return packed


def _brotli() -> Any:
    import brotli  # type: ignore[import-untyped]

    return brotli


# --- zstd (RFC 8878) ---

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_LEVEL = 3
"""Its own default."""
_ZSTD_WINDOW_LOG = 23
"""8 MiB: the most that a decoder of web content has to have (RFC 9659, section 3)."""


class _Unzstder:
    def __init__(self) -> None:
        self._zstd = self._new()

    @staticmethod
    def _new() -> Any:
        zstd = _zstd()
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG})

    @property
    def is_whole(self) -> bool:
        return bool(self._zstd.eof)

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        data = chunk
        while data:
            if self._zstd.eof:  # frames follow each other (section 3.1); what else follows is no body
                if not data.startswith(_ZSTD_MAGIC[: len(data)]):
                    return
                self._zstd = self._new()
            yield from self._frame(data)
            data = self._zstd.unused_data if self._zstd.eof else b""

    def _frame(self, data: bytes) -> Iterator[bytes]:
        while data or not (self._zstd.needs_input or self._zstd.eof):
            try:
                plain: bytes = self._zstd.decompress(data, PIECE_BYTES)
            except _zstd().ZstdError as error:
                raise Undecodable(str(error)) from error
            if plain:
                yield plain
            data = b""


class _Zstder:
    def __init__(self) -> None:
        self._zstd: Any = _zstd().ZstdCompressor(level=_ZSTD_LEVEL)

    def feed(self, plain: bytes) -> bytes:
        packed: bytes = self._zstd.compress(plain)
        return packed

    def flush(self) -> bytes:
        packed: bytes = self._zstd.flush(self._zstd.FLUSH_BLOCK)
        return packed

    def finish(self) -> bytes:
        packed: bytes = self._zstd.flush(self._zstd.FLUSH_FRAME)
        return packed


def _zstd() -> Any:
    """Python's own from 3.14 on; before, the same by another name."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


# --- which there are ---

_GZIP = Coding(lambda: _Inflater(_GZIP_BITS), lambda: _Deflater(_GZIP_BITS))
_DEFLATE = Coding(lambda: _Inflater(None), lambda: _Deflater(_ZLIB_BITS))


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # its package is not
        return False


def available_codings() -> dict[bytes, Coding]:
    """Names (RFC 9110 section 8.4.1, and IANA's registry) to what can be unpacked and packed here."""
    found = {b"gzip": _GZIP, b"x-gzip": _GZIP, b"deflate": _DEFLATE}
    if _is_there("brotli"):
        found[b"br"] = Coding(_Unbrotler, _Brotler)
    if _is_there("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"):
        found[b"zstd"] = Coding(_Unzstder, _Zstder)
    return found


CODINGS = available_codings()
_PASSED_ON = frozenset({b"identity", b"*", b""})


def names_of(content_encoding: bytes) -> list[bytes]:
    """The codings of a body in the order in which they were applied, in lower case; identity is none."""
    names = (part.strip().lower() for part in content_encoding.split(b","))
    return [name for name in names if name not in (b"", b"identity")]


def find_codings(names: Sequence[bytes]) -> list[Coding] | None:
    """How to unpack a body; None when one of its codings is not to be had here."""
    if len(names) > _MOST_CODINGS or not all(name in CODINGS for name in names):
        return None
    return [CODINGS[name] for name in names]


@lru_cache(maxsize=1024)
def readable_only(accept_encoding: bytes) -> bytes:
    """Accept-Encoding without codings that could not be unpacked; the same object when there are none.

    ``*`` would ask for them all the same, so then it goes too (RFC 9110 section 12.5.3).
    """
    members = accept_encoding.split(b",")
    names = [member.partition(b";")[0].strip().lower() for member in members]
    if all(name in CODINGS or name in _PASSED_ON - {b"*"} for name in names):
        return accept_encoding
    kept = [m for m, name in zip(members, names, strict=True) if name in CODINGS or name == b"identity"]
    return b",".join(kept).strip() or b"identity"
