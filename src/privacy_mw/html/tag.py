"""One start tag: its attributes read, some of them renamed or added to, every other byte kept."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from html.entities import html5
from typing import NamedTuple

from privacy_mw.html.grammar import ATTRIBUTE

_SEPARATORS = re.compile(rb"[\t\n\f\r /]*+")
_CUT_ATTRIBUTE = re.compile(
    rb"([^\t\n\f\r />][^\t\n\f\r />=]*+)[\t\n\f\r ]*+=[\t\n\f\r ]*+[\"']?(.*+)\Z", re.S
)
_TELLING_BYTES = 2048
"""So much of a value tells where it leads: a scheme, 255 bytes of host (RFC 1035) in percent escapes."""
_REFERENCE = re.compile(r"&(?:#(?:[xX][0-9a-fA-F]+|[0-9]+);?|([a-zA-Z][a-zA-Z0-9]*+)(;?+)(=?))")
_RAW_REFERENCE = re.compile(_REFERENCE.pattern.encode())


_NOTHING: Mapping[bytes, Sequence[tuple[int, bytes]]] = {}


class Attribute(NamedTuple):
    """An attribute as written: lower-case name, its offset in the tag, and the raw value."""

    name: bytes
    offset: int
    raw_value: bytes
    end: int
    """Where it ends in the tag, a closing quote included."""


class StartTag:
    """A start tag, whole or, past the bound on what is held, its beginning.

    Of several attributes with one name the first counts (HTML Standard, 13.2.5.33).
    """

    __slots__ = ("_name_end", "_values", "is_in_body", "is_whole", "name", "offset", "raw")

    def __init__(self, name: bytes, raw: bytes, *, is_whole: bool = True, offset: int = 0) -> None:
        """``name`` is in lower case; ``raw`` begins with ``<``. ``offset`` is where it stands in the page."""
        self.offset = offset
        self.is_in_body = False
        self.name = name
        self.raw = raw
        self.is_whole = is_whole
        self._name_end = len(name) + 1
        self._values: dict[bytes, bytes] | None = None

    @property
    def is_self_closing(self) -> bool:
        """Whether it ends in ``/>``, which counts within SVG and MathML only (13.2.5.40). A slash at the
        end of a bare value belongs to the value.
        """
        if not self.raw.endswith(b"/>"):
            return False
        attributes = self.attributes
        return not attributes or attributes[-1].end < len(self.raw) - 1

    @property
    def attributes(self) -> list[Attribute]:
        """All attributes in order, duplicates too. An attribute without value has an empty one.

        Of a tag that is not whole, the attribute it was cut in counts when enough of its value is
        there to tell where it leads.
        """
        if self.is_whole:
            return [_attribute(match) for match in ATTRIBUTE.finditer(self.raw, self._name_end)]
        found: list[Attribute] = []
        position = self._name_end
        while (position := _skip_separators(self.raw, position)) < len(self.raw):
            if match := ATTRIBUTE.match(self.raw, position):
                if match.end() < len(self.raw):
                    found.append(_attribute(match))
                position = match.end()
            else:
                cut = _CUT_ATTRIBUTE.match(self.raw, position)
                if cut and len(cut[2].strip()) >= _TELLING_BYTES:
                    found.append(Attribute(cut[1].lower(), position, cut[2], len(self.raw)))
                break
        return found

    @property
    def raw_values(self) -> Mapping[bytes, bytes]:
        """Lower-case names to the first raw value of each, in order. Offsets are left to ``attributes``: few
        tags are edited.
        """
        if self._values is None:
            values: dict[bytes, bytes] = {}
            self._values = values
            if self.is_whole:
                for name, double, single, bare in ATTRIBUTE.findall(self.raw, self._name_end):
                    values.setdefault(name.lower(), double or single or bare)
            else:
                for attribute in self.attributes:
                    values.setdefault(attribute.name, attribute.raw_value)
        return self._values

    def raw_value(self, name: bytes) -> bytes | None:
        """The attribute's value as written; None when there is none."""
        return self.raw_values.get(name)

    def __contains__(self, name: bytes) -> bool:
        return name in self.raw_values

    def value(self, name: bytes) -> str | None:
        """The attribute's value with character references decoded; None when there is none."""
        raw = self.raw_values.get(name)
        return None if raw is None else decode_value(raw)

    def edited(
        self,
        *,
        prefix: bytes = b"",
        rename: Collection[bytes] = (),
        insert: bytes = b"",
        within: Mapping[bytes, Sequence[tuple[int, bytes]]] = _NOTHING,
    ) -> bytes:
        """The tag with ``insert`` right behind its name and ``prefix`` before the names in ``rename``.

        Every occurrence is renamed: once the first is gone, a browser would heed the second. ``within``
        has, for the first attribute of a name, what is put in at which offsets of its raw value.
        """
        puts = [(self._name_end, insert), *self._puts(prefix, rename, within)]
        copied = 0
        parts = []
        for offset, put in puts:
            parts += [self.raw[copied:offset], put]
            copied = offset
        return b"".join([*parts, self.raw[copied:]])

    def _puts(
        self,
        prefix: bytes,
        rename: Collection[bytes],
        within: Mapping[bytes, Sequence[tuple[int, bytes]]],
    ) -> Iterator[tuple[int, bytes]]:
        if self.is_whole and not within:
            for match in ATTRIBUTE.finditer(self.raw, self._name_end):
                if match[1].lower() in rename:
                    yield match.start(), prefix
            return
        left = dict(within)
        for name, offset, raw_value, _ in self.attributes:
            if name in rename:
                yield offset, prefix
            elif name in left:
                start = self.raw.index(raw_value, offset + len(name))
                yield from ((start + inner, put) for inner, put in left.pop(name))


def _attribute(match: re.Match[bytes]) -> Attribute:
    value = b"" if match.lastindex == 1 else match[match.lastindex or 0]
    return Attribute(match[1].lower(), match.start(), value, match.end())


def _skip_separators(raw: bytes, position: int) -> int:
    match = _SEPARATORS.match(raw, position)
    return match.end() if match else position


def decode_value(raw: bytes) -> str:
    """Text of a raw attribute value: UTF-8 where it is that, else bytes one to one; references decoded."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return _REFERENCE.sub(_decode_reference, text) if "&" in text else text


class DecodedText(NamedTuple):
    """An attribute's value with references decoded, as UTF-8, and the way back to the raw value."""

    text: bytes
    moves: tuple[tuple[int, int], ...]
    """For each stretch in which both go in step: where it begins in ``text``, and in the raw value."""

    def raw_offset(self, offset: int) -> int:
        """Where the byte at ``offset`` of ``text`` comes from."""
        begin, raw = self.moves[bisect_right(self.moves, (offset, _FAR)) - 1]
        return raw + offset - begin


_FAR = 1 << 62


def decode_text(raw: bytes) -> DecodedText:
    """The value as bytes; what is not ASCII stays as it is."""
    moves = [(0, 0)]
    parts: list[bytes] = []
    length = copied = 0
    for match in _RAW_REFERENCE.finditer(raw):
        decoded = decode_value(match[0]).encode("utf-8", "surrogatepass")
        if decoded == match[0]:
            continue
        parts += [raw[copied : match.start()], decoded]
        length += match.start() - copied + len(decoded)
        copied = match.end()
        moves.append((length, copied))
    return DecodedText(b"".join([*parts, raw[copied:]]), tuple(moves))


def _decode_reference(match: re.Match[str]) -> str:
    """Sections 13.2.5.73 to 13.2.5.80. Named references without semicolon are text when ``=`` or a letter
    follows.
    """
    name, semicolon, equals = match[1], match[2], match[3]
    if name is None:
        return _numbered(match[0].strip("&#;"))
    if semicolon:
        return html5.get(name + ";", "&" + name + ";") + equals
    return match[0] if equals else html5.get(name, match[0])


def _numbered(digits: str) -> str:
    """The character of a number, decimal or behind an ``x``: U+FFFD for one that there is not."""
    is_hex = digits[:1] in ("x", "X")
    significant = digits[is_hex:].lstrip("0")
    if len(significant) > _MAX_DIGITS:
        return "\ufffd"
    code = int(significant or "0", 16 if is_hex else 10)
    if 0x80 <= code < 0xA0:
        return bytes([code]).decode("cp1252") if code not in _UNUSED else chr(code)
    return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else "\ufffd"


_MAX_DIGITS = len("1114111")
_UNUSED = frozenset({0x81, 0x8D, 0x8F, 0x90, 0x9D})
"""Of the C1 controls those that windows-1252 has no character for: they stay (13.2.5.80)."""
