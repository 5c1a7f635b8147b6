"""The middleware's own addresses: the choice, the settings page, the stylesheet, gpc.json.

A choice is taken from a form that a page of the site itself has sent, and from nothing else.
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from privacy_mw.messages import Reply, RequestHead
from privacy_mw.purposes import ALL, NECESSARY_ONLY, OPTIONAL, Purpose

MAX_FORM_BYTES = 8192
"""Choice and purposes take under 100 bytes, a return path up to 2 KiB in percent escapes 6 KiB."""
_MAX_RETURN_CHARACTERS = 2048
_MAX_FIELDS = 32
_FORM_TYPE = "application/x-www-form-urlencoded"
_GPC_SINCE = date(2026, 11, 23)
"""When what this library does on Sec-GPC last changed; what ``lastUpdate`` in gpc.json states."""

# More digits than any form we read has, zeros included: what int() is given stays short.
_LENGTH = re.compile(rb"[0-9]{1,12}")
NO_STORE = (b"cache-control", b"no-store")
HTML = (b"content-type", b"text/html; charset=utf-8")
# Nothing but our own stylesheet and forms, and no frame around a page that takes a choice.
PAGE_POLICY = (
    b"content-security-policy",
    b"default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
)


class Form(NamedTuple):
    """A choice as sent: what is granted, and where to go next. ``adds``: to what was granted before."""

    granted: frozenset[Purpose]
    return_path: str
    adds: bool = False


def is_same_origin(head: RequestHead) -> bool:
    """Whether a page of this very host has sent the request.

    Sec-Fetch-Site says it (W3C Fetch Metadata); a browser without it says Origin, whose host is compared
    with Host: the scheme is unknown behind a proxy that ends TLS. Neither: no.
    """
    site = head.fields.get(b"sec-fetch-site")
    if site is not None:
        return site == b"same-origin"
    try:
        origin = urlsplit((head.header("origin") or "").lower())
        default = {"https": 443, "http": 80}.get(origin.scheme)
        own = urlsplit(f"//{head.host}")
        return bool(origin.hostname) and (origin.hostname, origin.port or default) == (
            own.hostname,
            own.port or default,
        )
    except ValueError:
        return False


def problem_of(head: RequestHead) -> int | None:
    """The status that refuses a request for the choice; None when its form may be read."""
    if head.method != "POST":
        return 405
    if not is_same_origin(head):
        return 403
    if (head.header("content-type") or "").partition(";")[0].strip().lower() != _FORM_TYPE:
        return 415
    length = head.fields.get(b"content-length", b"0")
    return 413 if not _LENGTH.fullmatch(length) or int(length) > MAX_FORM_BYTES else None


def read_form(body: bytes) -> Form | None:
    """The choice in a form's body; None when it has none. Purposes that nobody knows do not count."""
    try:
        values = parse_qs(body.decode("ascii"), max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError:
        return None
    return_path = safe_return_path(values.get("return", [""])[-1])
    match values.get("choice", [""])[-1]:
        case "accept":
            return Form(ALL, return_path)
        case "refuse":
            return Form(NECESSARY_ONLY, return_path)
        case "save" | "allow" as word:
            chosen = frozenset(values.get("purpose", ()))
            granted = NECESSARY_ONLY | {p for p in OPTIONAL if p in chosen}
            return Form(granted, return_path, adds=word == "allow")
    return None


def safe_return_path(path: str) -> str:
    """``path`` when it stays on this host, else ``/``; percent-encoded for a Location field."""
    is_local = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    if not is_local or len(path) > _MAX_RETURN_CHARACTERS:
        return "/"
    return quote(path, safe="/?&=%:;,@!$'()*+~-._[]")


def page(status: int, body: bytes, *more: tuple[bytes, bytes]) -> Reply:
    """A page of our own; never stored, never framed."""
    return Reply(status, [HTML, NO_STORE, PAGE_POLICY, *more], body)


def static(kind: bytes, body: bytes) -> Reply:
    """A file whose address carries a hash of its bytes, so caches may keep it for ever."""
    cache = (b"cache-control", b"public, max-age=31536000, immutable")
    options = (b"x-content-type-options", b"nosniff")
    return Reply(200, [(b"content-type", kind + b"; charset=utf-8"), cache, options], body)


def gpc_support() -> Reply:
    """``/.well-known/gpc.json`` (W3C GPC, "GPC Support Resource"): the same for every requester."""
    body = json.dumps({"gpc": True, "lastUpdate": _GPC_SINCE.isoformat()}).encode()
    return Reply(
        200,
        [
            (b"content-type", b"application/json"),
            (b"cache-control", b"public, max-age=86400"),
            (b"access-control-allow-origin", b"*"),
        ],
        body,
    )
