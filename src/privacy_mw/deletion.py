"""Deletes cookies of which only the names are known: every scope one may have, a few at a time.

A request never says for which domain and path a cookie was set, and a deletion only counts for exactly
these (rfc6265bis section 5.7), so each name is deleted host-only and for every parent domain down to the
registrable one, for ``/`` and every prefix of the request's path, and once more as a partitioned cookie
(CHIPS). What does not fit into one response goes with the next: a cookie of our own says how far it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple
from urllib.parse import quote

from privacy_mw.urls import cookie_domains

MAX_BYTES = 2048
"""Of Set-Cookie lines in one response. nginx, unless told otherwise, takes the whole head of a response into
4 KiB and answers 502 for a longer one."""
PROGRESS_COOKIE = b"privacy_mw_sweep"
_PROGRESS = re.compile(rb"([0-9]{1,4})\.([0-9a-f]{8})")
_PROGRESS_SECONDS = 600
_FIRST = b"0" * 8
_LINE_OVERHEAD_BYTES = len("Set-Cookie: \r\n")
_DEEPEST = 8
"""Prefixes of a path that are tried, in segments; no cookie of a known service has a path at all."""
_PATH_SAFE = "/:@!$&'()*+,=~-._"
_EXPIRED = b"Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"


class Scope(NamedTuple):
    """Where a cookie may have been set. ``domain`` is empty for host-only."""

    domain: bytes
    path: bytes
    is_partitioned: bool


class Place(NamedTuple):
    """What a request says of the scopes its cookies may have. ``path`` is percent-decoded."""

    host: str
    path: str
    is_https: bool

    def scopes(self) -> list[Scope]:
        """The most likely first: the order of the first ones is the same for every path."""
        domains = [domain.encode("ascii", "replace") for domain in cookie_domains(self.host)]
        ordered = [*domains[:1], b"", *domains[1:]]
        kinds = (False, True) if self.is_https else (False,)
        return [
            Scope(domain, path, is_partitioned)
            for path in _prefixes(self.path)
            for is_partitioned in kinds
            for domain in ordered
        ]


def _prefixes(path: str) -> Iterator[bytes]:
    """``/`` and every path that a cookie of this request may have (rfc6265bis section 5.1.4)."""
    yield b"/"
    parts = path.strip("/").split("/")
    for depth in range(1, min(len(parts), _DEEPEST) + 1):
        prefix = "/" + "/".join(parts[:depth])
        encoded = quote(prefix.encode("utf-8", "surrogateescape"), safe=_PATH_SAFE).encode()
        if encoded != b"/":
            yield encoded
            if depth < len(parts) or path.endswith("/"):
                yield encoded + b"/"


def deletion_line(name: bytes, scope: Scope, *, is_https: bool) -> bytes | None:
    """The Set-Cookie line that deletes a cookie of this scope; None when there can be no such cookie.

    Names with a prefix ask for attributes, whatever their case (rfc6265bis section 4.1.3).
    """
    lower = name.lower()
    is_host, is_http = lower.startswith(b"__host-"), lower.startswith((b"__http-", b"__host-http-"))
    is_secure = is_host or is_http or lower.startswith(b"__secure-")
    if (is_secure and not is_https) or (is_host and (scope.domain or scope.path != b"/")):
        return None
    attributes = [b"Path=" + scope.path]
    if scope.domain:
        attributes.append(b"Domain=" + scope.domain)
    if is_https:
        attributes.append(b"Secure")
    if is_http:
        attributes.append(b"HttpOnly")
    if scope.is_partitioned:
        attributes.append(b"Partitioned")
    return b"; ".join([name + b"=", *attributes, _EXPIRED])


def sweep(names: Iterable[bytes], place: Place, progress: bytes | None = None) -> list[bytes]:
    """The Set-Cookie lines for one response; none when there are no names. ``progress`` is the value of our
    cookie in the request, None to begin anew.
    """
    # By digests, so that what is left can be told by one of them whatever names have gone.
    marked = sorted((blake2b(name, digest_size=4).hexdigest().encode(), name) for name in {*names})
    if not marked:
        return []
    begun = _PROGRESS.fullmatch(progress or b"")
    step, mark = (int(begun[1]), begun[2]) if begun else (0, _FIRST)
    lines: list[bytes] = []
    left_bytes = MAX_BYTES
    for number, scope in islice(enumerate(place.scopes()), step, None):
        for digest, name in marked:
            line = deletion_line(name, scope, is_https=place.is_https)
            if line is None or digest < mark:
                continue
            left_bytes -= len(line) + _LINE_OVERHEAD_BYTES
            if left_bytes < 0 and lines:
                return [*lines, _progress_line(b"%d.%s" % (number, digest), _PROGRESS_SECONDS, place)]
            lines.append(line)
        mark = _FIRST
    return [*lines, _progress_line(b"", 0, place)] if begun else lines


def _progress_line(value: bytes, seconds: int, place: Place) -> bytes:
    secure = b"; Secure" if place.is_https else b""
    return b"%s=%s; Path=/; Max-Age=%d; SameSite=Lax; HttpOnly%s" % (PROGRESS_COOKIE, value, seconds, secure)


def names_deleted(lines: Iterable[bytes]) -> list[bytes]:
    """The names that lines delete, once each, in order: for people."""
    names = (line.partition(b"=")[0] for line in lines if line.endswith(_EXPIRED))
    return list(dict.fromkeys(names))
