"""Lists of header fields, as bytes, and the small edits they need. Knows no field's policy.

A field list keeps order, case, duplicates and latin-1 bytes of what is not edited; nothing here
changes a list in place, because applications hand out module-level constants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

Field: TypeAlias = tuple[bytes, bytes]
FieldList: TypeAlias = list[Field]


def request_fields(raw: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Lower-case names to values; repeated fields joined with a comma, as a WSGI server does it.

    Cookie lines are joined with ``; `` (RFC 9113 section 8.2.3). Order of first appearance.
    """
    fields: dict[bytes, bytes] = {}
    for name, value in raw:
        key = name.lower()
        if key in fields:
            fields[key] += (b"; " if key == b"cookie" else b",") + value
        else:
            fields[key] = value
    return fields


def first(fields: Iterable[Field], name: bytes) -> bytes | None:
    """The value of the first field called ``name`` (given in lower case)."""
    return next((value for key, value in fields if key.lower() == name), None)


def joined(fields: Iterable[Field], name: bytes) -> bytes:
    """All values of a list-valued field as one comma list (RFC 9110 section 5.3)."""
    return b", ".join(value for key, value in fields if key.lower() == name)


def without(fields: Iterable[Field], names: frozenset[bytes]) -> FieldList:
    """The fields whose lower-case names are not in ``names``."""
    return [field for field in fields if field[0].lower() not in names]


def with_value(fields: Iterable[Field], name: bytes, value: bytes) -> FieldList:
    """The fields with exactly one ``name``, in the place and spelling of its first appearance."""
    edited: FieldList = []
    placed = False
    for field in fields:
        if field[0].lower() != name:
            edited.append(field)
        elif not placed:
            placed = True
            edited.append((field[0], value))
    if not placed:
        edited.append((name, value))
    return edited


def list_members(value: bytes) -> list[bytes]:
    """The non-empty members of a comma list, blanks trimmed. For fields without quoted commas."""
    return [member for part in value.split(b",") if (member := part.strip(b" \t"))]


def merge_vary(fields: FieldList, names: Iterable[bytes]) -> FieldList:
    """``fields`` whose Vary names all of ``names``, once each; ``*`` stays alone (RFC 9110, 12.5.5).

    Returns the same list object when nothing is missing.
    """
    members = list_members(joined(fields, b"vary"))
    present = {member.lower() for member in members}
    missing = [name for name in names if name.lower() not in present]
    if b"*" in present or not missing:
        return fields
    return with_value(fields, b"vary", b", ".join([*members, *missing]))


def media_type(fields: Iterable[Field]) -> tuple[bytes, bytes | None]:
    """Lower-case media type and the charset parameter, as the response's Content-Type has them.

    A missing or unreadable type is ``b""``. The first charset wins, quotes are taken off.
    """
    value = first(fields, b"content-type") or b""
    kind, _, parameters = value.partition(b";")
    for parameter in parameters.split(b";"):
        name, _, text = parameter.partition(b"=")
        if name.strip().lower() == b"charset" and (charset := text.strip().strip(b'"').lower()):
            return kind.strip().lower(), charset
    return kind.strip().lower(), None


def text_of(fields: Mapping[bytes, bytes], name: str) -> str | None:
    """A request field for people who write settings: str in, str out, any case of the name."""
    value = fields.get(name.lower().encode("latin-1", "replace"))
    return None if value is None else value.decode("latin-1")
