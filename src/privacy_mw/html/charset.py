"""Can a page be edited as bytes? Byte order mark, then the header, says so; nothing is decoded."""

from __future__ import annotations

# Encodings in which the bytes 0x00-0x7F are not always ASCII: two or four bytes a character, or stateful
# (WHATWG Encoding, "utf-16", "replacement"; and labels that browsers no longer know). ISO-2022-JP: seven_bit.
_NOT_ASCII = (
    b"utf-16",
    b"utf-32",
    b"ucs-2",
    b"ucs-4",
    b"utf-7",
    b"iso-2022-kr",
    b"iso-2022-cn",
    b"iso-10646-ucs",
    b"hz-",
    b"unicode",
)
_UNLIKE_UNICODE = frozenset({b"unicode-1-1-utf-8", b"unicode11utf8", b"unicode20utf8"})
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def is_ascii_compatible(charset: bytes | None) -> bool:
    """Whether pages with this charset label can be edited as bytes. ``charset`` is in lower case.

    ISO-2022-JP is one of them, within ``seven_bit.SevenBitFilter``. No label, or one that nobody knows, is
    read as a browser reads it: as some superset of ASCII.
    """
    if charset is None or charset in _UNLIKE_UNICODE:
        return True
    return not charset.startswith(_NOT_ASCII)


def has_wide_mark(beginning: bytes) -> bool:
    """Whether a byte order mark says UTF-16 or UTF-32, which beats every label (Encoding, "decode")."""
    return beginning.startswith(_WIDE_MARKS) or beginning.startswith(b"\x00\x00\xfe\xff")
