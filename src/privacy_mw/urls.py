"""URLs as a browser reads them, as far as it takes to know whose host is asked.

Follows the WHATWG URL parser for the special schemes http, https, ws and wss: surrounding controls
and blanks go, tabs and newlines go, backslashes are slashes, any number of slashes may stand before
the host. Knows nothing of sites or services.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from publicsuffixlist import PublicSuffixList


class Url(NamedTuple):
    """Where a reference leads. ``host`` is lower case, without port; path and query are as written."""

    host: str
    path: str
    query: str


# What nearly every address looks like; it needs none of the repairs below.
_PLAIN = re.compile(r"(?:https?:)?//([a-z0-9.-]+[a-z0-9])(?::[0-9]+)?(/[^?#\\\s]*)?(?:\?([^#\s]*))?")
_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_SPECIAL = frozenset({"http", "https", "ws", "wss"})
_AUTHORITY = re.compile(r"[/\\]*([^/\\?#]*)([^?#]*)(?:\?([^#]*))?")
_DROPPED = str.maketrans("", "", "\t\n\r")


def read_url(reference: str) -> Url | None:
    """The absolute network address in ``reference``; None for one that stays on the page's own host.

    None is also the answer for schemes that ask no host (data, blob, about, javascript, mailto).
    ``https:x`` counts as the host ``x``: on a page of another scheme a browser reads it so. Linear
    time; never raises.
    """
    if (plain := _PLAIN.match(reference)) and plain.end() == len(reference):
        return Url(plain[1], plain[2] or "/", plain[3] or "")
    text = reference.strip(_C0_AND_SPACE).translate(_DROPPED)
    if scheme := _SCHEME.match(text):
        if scheme[1].lower() not in _SPECIAL:
            return None
        text = text[scheme.end() :]
    elif text[:1] not in ("/", "\\") or text[1:2] not in ("/", "\\"):
        return None
    match = _AUTHORITY.match(text)
    if match is None:  # pragma: no cover - the pattern matches the empty string
        return None
    host = read_host(match[1].rpartition("@")[2])
    return Url(host, match[2].replace("\\", "/") or "/", match[3] or "") if host else None


def read_host(authority: str) -> str:
    """The host of ``host[:port]`` in lower case ASCII, a final dot taken off; ``""`` if unreadable."""
    host = authority.partition("]")[0] + "]" if authority[:1] == "[" else authority.partition(":")[0]
    host = unquote(host).rstrip(".").lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""


_suffixes = PublicSuffixList()


@lru_cache(maxsize=4096)
def registrable_domain(host: str) -> str:
    """What a registrant registers: ``shop.example.co.uk`` gives ``example.co.uk`` (Public Suffix
    List, with its private part). A host without one (``localhost``, an address) is its own.
    """
    if not host or ":" in host or host.replace(".", "").isdigit():
        return host
    return _suffixes.privatesuffix(host) or host


def cookie_domains(host: str) -> tuple[str, ...]:
    """The domains that a response of a host may set cookies for, the registrable one first, the host last.

    None for an address, a single label and a public suffix: their cookies are host-only (rfc6265bis 5.7).
    """
    base = registrable_domain(host)
    if host.replace(".", "").isdigit() or ":" in host or _suffixes.privatesuffix(base) != base:
        return ()
    labels = host[: len(host) - len(base)].split(".")[:-1]
    return tuple(".".join([*labels[start:], base]) for start in range(len(labels), -1, -1))


def is_same_site(host: str, other: str) -> bool:
    """Whether both hosts belong to one registrable domain (first party to each other)."""
    return host == other or registrable_domain(host) == registrable_domain(other)
