"""Which services an inline script loads: by literals that are a known script's address, or by idiom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from privacy_mw.catalogue.addresses import Addresses

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
# Host and path in two literals that a plus puts together.
_PATH_IN_NEXT_LITERAL = re.compile(rb"[\"'`]\s{0,8}+\+\s{0,8}+[\"'`](/[^\s\"'`\\<>#]*+)")
# What a loader, or a tracker that stands in the page itself, cannot do without: it makes an element or sends.
_LOADS_OR_SENDS = (b"createElement", b"document.write", b"getScript(", b"XMLHttpRequest")
# Vendors' snippets have 0.3 to 6 KiB.
_IDIOM_BYTES = 8 * 1024
_LITERAL_START_BYTES = len(b"'https:")
_LITERAL_END = re.compile(rb"(?:#[^\s\"'`\\<>]*+)?+\\?+[\"'`]")


def loaded_addresses(script: bytes) -> Iterator[str]:
    """Absolute addresses, each a whole literal of a script that makes elements or sends. Linear time."""
    if not _loads_or_sends(script):
        return
    for address in (_ADDRESS, _ESCAPED_ADDRESS):
        for match in _literals(script, address):
            if _LITERAL_END.match(script, match.end()):
                target = match[2].replace(b"\\", b"")
                yield "//" + (match[1] + target).decode("utf-8", "replace")


def _loads_or_sends(script: bytes) -> bool:
    return any(word in script for word in _LOADS_OR_SENDS)


def _literals(script: bytes, address: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """Addresses at which a string literal begins, but for the scheme."""
    for match in address.finditer(script):
        start = match.start()
        before = script[max(0, start - _LITERAL_START_BYTES) : start]
        if _LITERAL_START.search(before.replace(b"\\", b"")):
            yield match


class Loaders:
    """Known scripts and idioms. Names without their address and comments do not count. Linear time."""

    def __init__(self, scripts: Addresses, idioms: Mapping[str, int]) -> None:
        self._scripts = scripts
        self._idioms = [(text.encode(), number) for text, number in idioms.items()]
        self._serves_scripts = lru_cache(maxsize=4096)(self._is_script_host)

    def find(self, script: bytes) -> Iterator[int]:
        """The services. Idioms are looked for in the first 8 KiB: a loader stands alone or comes first, and
        what only mentions one deep in a bundle is no loader.
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
        if _loads_or_sends(script):
            yield from (number for idiom, number in self._idioms if idiom in beginning)

    def _loaded_from(self, script: bytes, address: re.Pattern[bytes]) -> Iterator[int]:
        for match in _literals(script, address):
            target = match[2]
            if not target and (path := _PATH_IN_NEXT_LITERAL.match(script, match.end())):
                target = path[1]
            yield from self._script_at(match[1], target)

    def _script_at(self, host: bytes, target: bytes) -> Iterator[int]:
        path, _, query = target.replace(b"\\", b"").decode("latin-1").partition("?")
        number = self._scripts.find(host.decode().lower(), path or "/", query)
        if number is not None:
            yield number

    def _is_script_host(self, host: bytes) -> bool:
        return next(self._scripts.of_host(host.decode().lower()), None) is not None
