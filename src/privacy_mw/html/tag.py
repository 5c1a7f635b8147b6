"""One start tag: its attributes read, one of them renamed, every other byte kept."""

from __future__ import annotations

import re
from collections.abc import Collection
from html import unescape
from html.entities import html5
from typing import NamedTuple

from privacy_mw.html.grammar import ATTRIBUTE

_NAME = re.compile(rb"<[^\t\n\f\r />]*+")
_SEPARATORS = re.compile(rb"[\t\n\f\r /]*+")
_CUT_ATTRIBUTE = re.compile(
    rb"([^\t\n\f\r />][^\t\n\f\r />=]*+)[\t\n\f\r ]*+=[\t\n\f\r ]*+[\"']?(.*+)\Z", re.S
)
_TELLING_BYTES = 2048
"""So much of a value tells where it leads: a scheme, 255 bytes of host (RFC 1035) in percent escapes."""
_REFERENCE = re.compile(r"&(?:#(?:[xX][0-9a-fA-F]+|[0-9]+);?|([a-zA-Z][a-zA-Z0-9]*+)(;?+)(=?))")


class Attribute(NamedTuple):
    """An attribute as written: lower-case name, its offset in the tag, and the raw value."""

    name: bytes
    offset: int
    raw_value: bytes


class StartTag:
    """A start tag, whole or, past the bound on what is held, its beginning.

    Of several attributes with one name the first counts (HTML Standard, 13.2.5.33).
    """

    __slots__ = ("_name_end", "_values", "is_whole", "name", "raw")

    def __init__(self, name: bytes, raw: bytes, *, is_whole: bool = True) -> None:
        """``name`` is in lower case; ``raw`` begins with ``<``."""
        self.name = name
        self.raw = raw
        self.is_whole = is_whole
        match = _NAME.match(raw)
        self._name_end = match.end() if match else 0
        self._values: dict[bytes, bytes] | None = None

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
                    found.append(Attribute(cut[1].lower(), position, cut[2]))
                break
        return found

    def _raw_values(self) -> dict[bytes, bytes]:
        """The first value of each name. Offsets are left to ``attributes``: few tags are edited."""
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

    def __contains__(self, name: bytes) -> bool:
        return name in self._raw_values()

    def value(self, name: bytes) -> str | None:
        """The attribute's value with character references decoded; None when there is none."""
        raw = self._raw_values().get(name)
        return None if raw is None else decode_value(raw)

    def edited(self, *, prefix: bytes, rename: Collection[bytes], insert: bytes) -> bytes:
        """The tag with ``insert`` right behind its name and ``prefix`` before the names in ``rename``.

        Every occurrence is renamed: once the first is gone, a browser would heed the second.
        """
        copied = self._name_end
        parts = [self.raw[:copied], insert]
        for attribute in self.attributes:
            if attribute.name in rename:
                parts += [self.raw[copied : attribute.offset], prefix]
                copied = attribute.offset
        parts.append(self.raw[copied:])
        return b"".join(parts)


def _attribute(match: re.Match[bytes]) -> Attribute:
    value = b"" if match.lastindex == 1 else match[match.lastindex or 0]
    return Attribute(match[1].lower(), match.start(), value)


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


def _decode_reference(match: re.Match[str]) -> str:
    """Named references without semicolon are text when ``=`` or a letter follows (section 13.2.5.73)."""
    name, semicolon, equals = match[1], match[2], match[3]
    if name is None:
        return unescape(match[0] if match[0].endswith(";") else match[0] + ";")
    if semicolon:
        return html5.get(name + ";", "&" + name + ";") + equals
    return match[0] if equals else html5.get(name, match[0])
