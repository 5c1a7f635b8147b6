"""What a changed body means for the header fields around it (RFC 9110, RFC 9111). Knows no visitor."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

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
_ENTITY_TAG = re.compile(rb'(W/)?"([^"]*)"')
_MARK = b";pm-"
_NAVIGATIONS = frozenset({b"document", b"iframe", b"frame", b"embed", b"object"})


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


def carries_tags(fields: Iterable[bytes]) -> bool:
    """Whether a request has conditions that ``tags_for_app`` must see."""
    return any(name in fields for name in (b"if-none-match", b"if-match", b"if-modified-since"))


def condition_for_app(field: Field, variant: bytes, destination: bytes | None) -> bytes | None:
    """A conditional field as the application may see it; None when it has to go.

    Our mark is taken off tags of the current variant, and tags of other variants go: they would make
    the application answer 304 to a page that was made for another choice. So do, when a page is
    navigated to, dates and tags without our mark: they are of copies from before the middleware.
    """
    name, value = field
    is_navigation = destination in _NAVIGATIONS
    if name.lower() == b"if-modified-since":
        return None if is_navigation else value
    if value.strip() == b"*":
        return value
    kept = []
    for match in _ENTITY_TAG.finditer(value):
        tag, mark, found = match[2].rpartition(_MARK)
        if mark and found == variant:
            kept.append(b'"%s"' % tag)
        elif not mark and not is_navigation:
            kept.append(match[0])
    return b", ".join(kept) or None
