"""Look-ups: whose URL, whose cookie, whose loader. Built once; a look-up is a few dictionary accesses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Generic, TypeVar

from privacy_mw.catalogue.patterns import (
    CookiePattern,
    UrlPattern,
    normal_path,
    read_cookie_pattern,
    read_url_pattern,
)
from privacy_mw.catalogue.service import Service

T = TypeVar("T")

_MAX_HOST_CHARACTERS = 253
"""RFC 1035 section 2.3.4, in the text form."""
_COOKIE_PREFIXES = ("__Host-Http-", "__Host-", "__Secure-", "__Http-")
# A literal's address: behind "//" or, in JSON and minified code, "\/\/".
_HOST = re.compile(rb"//([A-Za-z0-9.-]++)")
_ESCAPED_HOST = re.compile(rb"\\/\\/([A-Za-z0-9.-]++)")
_ADDRESS = re.compile(rb"//([A-Za-z0-9.-]++)((?:/[^\s\"'`\\<>#]*+)?)")
_ESCAPED_ADDRESS = re.compile(rb"\\/\\/([A-Za-z0-9.-]++)((?:\\?/[^\s\"'`\\<>#]*+)*+)")
_LITERAL_START = re.compile(rb"[\"'`](?:(?:https?)?:)?\Z")
# A literal that another text with the scheme, and maybe a subdomain, is put before: found by the end of its
# host, which is rare, and then read backwards.
_HOST_END = re.compile(rb"\.[a-z]{2,8}(/[^\s\"'`\\<>#]*+)")
_BARE_HOST = re.compile(rb"[\"'`]\.?((?:[A-Za-z0-9-]++\.)++[a-z]{2,8})\Z")
_LONGEST_BARE_HOST = 64
# What a loader, or a tracker that stands in the page itself, cannot do without: it makes an element or sends.
_LOADS_OR_SENDS = (b"createElement", b"document.write", b"getScript(", b"XMLHttpRequest")
# Vendors' snippets have 0.3 to 6 KiB.
_IDIOM_BYTES = 8 * 1024
_LITERAL_START_BYTES = len(b"'https:")


class CookieNames(Generic[T]):
    """Cookie names and patterns to what is known of them. Exact names win, then the longest prefix."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        """Of two entries for one name the first counts."""
        self._exact: dict[str, T] = {}
        self._by_prefix: dict[str, list[tuple[CookiePattern, T]]] = {}
        for text, value in entries:
            pattern = read_cookie_pattern(text)
            if pattern is None:
                self._exact.setdefault(text, value)
            else:
                self._by_prefix.setdefault(pattern.prefix, []).append((pattern, value))
        self._lengths = sorted({len(prefix) for prefix in self._by_prefix}, reverse=True)

    def get(self, name: str) -> T | None:
        """What is known of a cookie name; case-sensitive (rfc6265bis section 5.7)."""
        if name in self._exact:
            return self._exact[name]
        for length in self._lengths:
            for pattern, value in self._by_prefix.get(name[:length], ()):
                if pattern.expression.fullmatch(name):
                    return value
        return None


def bare_cookie_name(name: str) -> str:
    """The name without a prefix that only asks the browser for care (``__Host-`` and its kin)."""
    for prefix in _COOKIE_PREFIXES:
        if name.startswith(prefix):
            return name[len(prefix) :]
    return name


class Catalogue:
    """All services, indexed. Immutable; safe to share between threads."""

    def __init__(self, services: Iterable[Service]) -> None:
        self.services = {service.id: service for service in services}
        everything = self.services.values()
        self._urls = _by_host((text, service) for service in everything for text in service.urls)
        self._scripts = _by_host((text, service) for service in everything for text in service.scripts)
        self._cookies = CookieNames((text, service) for service in everything for text in service.cookies)
        self._idioms = [(idiom.encode(), service) for service in everything for idiom in service.idioms]
        self._serves_scripts = lru_cache(maxsize=4096)(self._is_script_host)
        self.service_of_url = lru_cache(maxsize=4096)(self._service_of_url)

    def service_of_cookie(self, name: str) -> Service | None:
        """Whose cookie this is on a site's own host; None when nobody's that is known."""
        return self._cookies.get(name) or self._cookies.get(bare_cookie_name(name))

    def services_of_host(self, host: str) -> Iterator[Service]:
        """Everything that some address of a host, in lower case, may belong to."""
        if len(host) <= _MAX_HOST_CHARACTERS:
            while host:
                for _, service in self._urls.get(host, ()):
                    yield service
                host = host.partition(".")[2]

    def _service_of_url(self, host: str, path: str, query: str) -> Service | None:
        """Whose URL this is. The most special pattern wins; host in lower case."""
        return _match(self._urls, host, path, query)

    def loaders_in(self, script: bytes) -> Iterator[Service]:
        """Services that an inline script loads: by an idiom, or by a string literal that is the URL of
        a known script. Names without their address and comments do not count. Linear time.

        Idioms are looked for in the first 8 KiB: a loader stands alone or comes first, and what only
        mentions one deep in a bundle is no loader.
        """
        for host, address in ((_HOST, _ADDRESS), (_ESCAPED_HOST, _ESCAPED_ADDRESS)):
            if any(map(self._serves_scripts, {*host.findall(script)})):
                yield from self._loaded_from(script, address)
        beginning = script[:_IDIOM_BYTES]
        for match in _HOST_END.finditer(beginning):
            end = match.start(1)
            bare = _BARE_HOST.search(beginning, max(0, end - _LONGEST_BARE_HOST), end)
            if bare and self._serves_scripts(bare[1]):
                yield from self._script_at(bare[1], match[1])
        if any(word in script for word in _LOADS_OR_SENDS):
            yield from (service for idiom, service in self._idioms if idiom in beginning)

    def _loaded_from(self, script: bytes, address: re.Pattern[bytes]) -> Iterator[Service]:
        for match in address.finditer(script):
            start = match.start()
            before = script[max(0, start - _LITERAL_START_BYTES) : start]
            if _LITERAL_START.search(before.replace(b"\\", b"")):
                yield from self._script_at(match[1], match[2])

    def _script_at(self, host: bytes, target: bytes) -> Iterator[Service]:
        path, _, query = target.replace(b"\\", b"").decode("latin-1").partition("?")
        service = _match(self._scripts, host.decode().lower(), path or "/", query)
        if service:
            yield service

    def _is_script_host(self, host: bytes) -> bool:
        name = host.decode().lower()
        while name:
            if name in self._scripts:
                return True
            name = name.partition(".")[2]
        return False


_Index = dict[str, list[tuple[UrlPattern, Service]]]


def _by_host(entries: Iterable[tuple[str, Service]]) -> _Index:
    index: _Index = {}
    for text, service in entries:
        pattern = read_url_pattern(text)
        index.setdefault(pattern.host, []).append((pattern, service))
    for patterns in index.values():
        patterns.sort(key=lambda entry: entry[0].weight, reverse=True)
    return index


def _match(index: _Index, host: str, path: str, query: str) -> Service | None:
    if len(host) > _MAX_HOST_CHARACTERS:
        return None
    path = normal_path(path)
    while host:
        for pattern, service in index.get(host, ()):
            if pattern.matches(path, query):
                return service
        host = host.partition(".")[2]
    return None
