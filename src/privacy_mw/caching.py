"""What a changed body means for the header fields around it (RFC 9110, RFC 9111). Knows no visitor."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterable

from privacy_mw.headers import Field, FieldList, first, joined, list_members, with_value, without

# Fields that speak of the bytes as the application made them, or let caches keep them for all
# (RFC 9110 8.6, 8.8.2, 14.3; RFC 9530; RFC 9421; RFC 9213).
VOID_FIELDS = frozenset(
    {
        b"content-length", b"last-modified", b"accept-ranges", b"content-md5", b"digest",
        b"content-digest", b"repr-digest", b"unencoded-digest", b"signature", b"signature-input",
        b"cdn-cache-control", b"surrogate-control",
    }
)  # fmt: skip
_SHARED_CACHES = frozenset({b"cdn-cache-control", b"surrogate-control"})
_ENTITY_TAG = re.compile(rb'(W/)?"([^"]*)"')
_MARK = b";pm-"


def fields_of_variant(fields: FieldList, variant: bytes) -> FieldList:
    """The fields of a page that is made for one visitor: true of the new bytes, kept by no shared cache."""
    edited = with_variant_tag(without(fields, VOID_FIELDS), variant)
    return with_value(edited, b"cache-control", private(joined(fields, b"cache-control")))


def with_variant_tag(fields: FieldList, variant: bytes) -> FieldList:
    """An entity tag becomes the weak one of this variant (RFC 9110 section 8.8.3)."""
    tag = first(fields, b"etag")
    match = _ENTITY_TAG.fullmatch(tag.strip()) if tag else None
    if match is None:
        return without(fields, frozenset({b"etag"}))
    return with_value(fields, b"etag", b'W/"%s%s%s"' % (match[2], _MARK, variant))


def fields_of_shared_variant(fields: FieldList, variant: bytes) -> FieldList:
    """The fields of a page that is the same for everybody: true of the new bytes, kept by whom the
    application wants."""
    return with_variant_tag(without(fields, VOID_FIELDS - _SHARED_CACHES), variant)


def is_shared(fields: FieldList, *, is_authorized: bool) -> bool:
    """Whether the application lets shared caches keep a response for everybody (RFC 9111 section 3).

    It has to say so: caches may also keep what says nothing, and then everybody would get what was made for
    one. ``is_authorized``: the request had credentials, so that a lifetime alone does not share it
    (section 3.5). With a cookie set, or for some cookies only, it is nobody else's.
    """
    if any(name.lower() == b"set-cookie" for name, _ in fields):
        return False
    vary = {member.lower() for member in list_members(joined(fields, b"vary"))}
    if b"cookie" in vary or b"*" in vary:
        return False
    members = list_members(joined(fields, b"cache-control").lower())
    said = dict(member.partition(b"=")[::2] for member in members)
    if not said.keys().isdisjoint((b"private", b"no-store", b"no-cache")):
        return False
    if b"public" in said or _lives(said.get(b"s-maxage")) or first(fields, b"surrogate-control"):
        return True
    return _lives(said.get(b"max-age")) and (not is_authorized or b"must-revalidate" in said)


def _lives(seconds: bytes | None) -> bool:
    digits = (seconds or b"").strip(b'" ')
    return digits.isdigit() and bool(digits.strip(b"0"))


def private(cache_control: bytes) -> bytes:
    """Cache-Control without what shared caches may do (RFC 9111 sections 5.2.2.7, 5.2.2.9, 5.2.2.10)."""
    members = list_members(cache_control)
    names = [member.partition(b"=")[0].lower() for member in members]
    if b"no-store" in names or b"private" in names:
        return cache_control
    kept = [m for m, n in zip(members, names, strict=True) if n not in (b"public", b"s-maxage")]
    return b", ".join([b"private", *kept])


def variant_of(parts: Iterable[bytes]) -> bytes:
    """A short name for all that makes one visitor's page differ from another's."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12].encode()


def variants_in(conditions: Iterable[bytes]) -> frozenset[bytes]:
    """The variants that the entity tags of conditional fields name."""
    tags = (match[2].rpartition(_MARK) for value in conditions for match in _ENTITY_TAG.finditer(value))
    return frozenset(variant for _, mark, variant in tags if mark)


def condition_for_app(field: Field, variants: Container[bytes], *, is_navigation: bool) -> bytes | None:
    """A conditional field as the application may see it; None when it has to go.

    Our mark is taken off tags. Those that are not of the visitor's current ``variants`` go: they would make
    the application answer 304 to a page that was made for another choice. So do, when a page is navigated
    to, dates and tags without our mark: they are of copies from before the middleware. If-Match protects
    what is written to, which is the same for every variant: of it nothing goes.
    """
    name, value = field
    lower = name.lower()
    if lower == b"if-modified-since":
        return None if is_navigation else value
    if value.strip() == b"*":
        return value
    protects = lower == b"if-match"
    kept = []
    for match in _ENTITY_TAG.finditer(value):
        tag, mark, found = match[2].rpartition(_MARK)
        if mark and (protects or found in variants):
            kept.append(b'"%s"' % tag)
        elif not mark and (protects or not is_navigation):
            kept.append(match[0])
    return b", ".join(kept) or None
