"""Which requests may ask for a page, and which responses are one that can be edited."""

from __future__ import annotations

import re
from typing import NamedTuple

from privacy_mw.codings import Coding, find_codings, names_of
from privacy_mw.headers import FieldList, joined, list_members, media_type
from privacy_mw.html.charset import is_ascii_compatible

NAVIGATIONS = frozenset({b"document", b"iframe", b"frame", b"embed", b"object"})
"""Values of Sec-Fetch-Dest (Fetch Metadata, 2.1) with which a browser shows what it gets as a page."""
FRAMES = frozenset({b"iframe", b"frame", b"embed", b"object", b"fencedframe"})
"""Those of a page within another."""

_BODILESS = frozenset({204, 205, 304})
_ENDING = re.compile(r"\.([A-Za-z0-9]{1,8})\Z")
_PAGE_ENDINGS = frozenset({"html", "htm", "xhtml", "php", "asp", "aspx", "jsp", "cgi", "cfm", "do"})


def may_ask_for_page(destination: bytes | None, path: str) -> bool:
    """Whether a browser would show the answer as a page. A client that does not say what it wants the answer
    for is judged by the path.
    """
    if destination is not None:
        return destination in NAVIGATIONS
    ending = _ENDING.search(path)
    return ending is None or ending[1].lower() in _PAGE_ENDINGS


class Document(NamedTuple):
    """A page that can be edited: its charset label in lower case, if its header has one, and its codings in
    the order in which they were applied.
    """

    charset: bytes | None
    codings: list[Coding]


def read_document(status: int, fields: FieldList, *, keeps_transformed: bool) -> Document | str | None:
    """What has to be known of a page to edit it. A text says why a page is left as it is, None that it is no
    page. ``keeps_transformed``: leave pages alone whose Cache-Control says no-transform.
    """
    kind, charset = media_type(fields)
    if kind != b"text/html" or status < 200 or 300 <= status < 400 or status in (*_BODILESS, 206):
        return None
    for name, value in fields:
        match name.lower():
            case b"content-disposition" if value.lstrip().lower().startswith(b"attachment"):
                return None
            case b"content-range":
                return None
            case b"x-sendfile" | b"x-accel-redirect":
                return "its server sends a file in its place"
    if keeps_transformed and b"no-transform" in list_members(joined(fields, b"cache-control").lower()):
        return "its Cache-Control says no-transform"
    if not is_ascii_compatible(charset):
        return f"it is in {charset!r}"
    names = names_of(joined(fields, b"content-encoding"))
    codings = find_codings(names)
    if codings is None:
        return f"there is no library here that unpacks {b', '.join(names)!r}"
    return Document(charset, codings)
