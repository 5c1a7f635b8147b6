"""What names and addresses are for on one site: settings and catalogue put together, remembered.

Answers do not depend on the visitor, so they are kept: a look-up is one dictionary access. What nobody
knows is logged once in a process.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from privacy_mw.blocking import UNKNOWN_HOST, Kind, Suspicion
from privacy_mw.catalogue import Service
from privacy_mw.catalogue.loaders import loaded_addresses
from privacy_mw.config import PrivacyConfig
from privacy_mw.consent import COOKIE_NAME, HOST_COOKIE_NAME
from privacy_mw.cookies import RefusedCookie
from privacy_mw.deletion import PROGRESS_COOKIE
from privacy_mw.purposes import ALL, Purpose
from privacy_mw.urls import is_same_site, read_host, read_url

logger = logging.getLogger("privacy_mw")

UNKNOWN: Final = "unknown"
"""The purpose of what nobody knows, where the site has such things denied. Never allowed."""
_OWN_COOKIES = frozenset({COOKIE_NAME, HOST_COOKIE_NAME, PROGRESS_COOKIE})
_LONGEST_REMEMBERED_REFERENCE = 2048
_LONGEST_REMEMBERED_NAME = 256
_MOST_REMEMBERED_REFUSALS = 1024
"""For each set of allowed purposes, of which four optional ones make sixteen: 16 x 1024 names of 256 bytes
and as much again for the dictionary are 8 MiB, when somebody sends nothing but invented names."""
_MOST_REMEMBERED_HOSTS = 4096
# What a server or a browser may read a path differently for: escapes, references, dot segments.
_ODD_IN_PATHS = re.compile(rb"[%&\\]|/[./]")


class PathStarts:
    """How paths begin that may be refused on a host of which other paths pass."""

    def __init__(self, starts: Iterable[str], is_telling: Callable[[bytes], bool]) -> None:
        """``starts``: paths of the catalogue's rules. ``is_telling``: whether a path tells on any host."""
        self._is_telling = is_telling
        self._starts = tuple({start.partition("*")[0].encode() for start in starts})

    def __call__(self, path: bytes) -> bool:
        """Whether a path as a page has it, or what stands in place of one, may lead to such a path."""
        is_plain = path[:1] == b"/" and _ODD_IN_PATHS.search(path) is None
        return not is_plain or path.startswith(self._starts) or self._is_telling(path)


class RefusedHosts(dict[bytes, Suspicion]):
    """Authorities of addresses, as written, to whether some address there is to be refused.

    Of a host that nobody knows the path may tell. Such a host is shown once, so that it can be reported.
    Forgets everything when a hostile site shows too many.
    """

    def __init__(self, may_refuse: Callable[[str], Suspicion], shown_once: Suspicion | None) -> None:
        """``shown_once`` is what ``may_refuse`` answers for a host that nobody knows."""
        super().__init__()
        self._shown_once = shown_once
        self._may_refuse = may_refuse

    def __missing__(self, authority: bytes) -> Suspicion:
        if len(self) >= _MOST_REMEMBERED_HOSTS:
            self.clear()
        host = read_host(authority.decode("utf-8", "replace").rpartition("@")[2])
        verdict = self._may_refuse(host)
        self[authority] = verdict
        return True if verdict is self._shown_once else verdict


class Finding(NamedTuple):
    """What an address or a loader is for, and whose it is; no service when nobody knows. ``list_path``: the
    site's own list that blocks it.
    """

    purpose: str
    service: Service | None
    list_path: str = ""


class Memory(NamedTuple):
    """What is remembered for visitors of a site who allow the same."""

    hosts: RefusedHosts
    known_hosts: RefusedHosts
    tags: dict[bytes, bytes | None]
    widgets: dict[str, Finding]


class Judge:
    """Purposes by one configuration. Safe to share between threads."""

    def __init__(self, config: PrivacyConfig) -> None:
        self._config = config
        self._lists = config.filter_lists
        self._known_listed = lru_cache(maxsize=8192)(self._find_listed)
        self._known_listed_loaders = lru_cache(maxsize=1024)(self._listed_loaders)
        self._known_reference = lru_cache(maxsize=8192)(self._find)
        self._known_loaders = lru_cache(maxsize=1024)(self._loaders)
        self._known_cookie = lru_cache(maxsize=8192)(self._purpose_of_cookie)
        self.cookie_refusal = lru_cache(maxsize=64)(self._cookie_refusal)
        self.copies = config.catalogue.copies
        # What one site shows to visitors of one kind takes up to about 5 MB.
        self.memory = lru_cache(maxsize=16)(self._memory)

    def reference(self, site: str, reference: str) -> Finding | None:
        """What an address in a page of ``site`` is for; None when it is nobody's concern.

        None: the site's own hosts, those it allows, those that nobody knows, plain delivery.
        """
        if reference.startswith("data:"):
            return None
        if len(reference) > _LONGEST_REMEMBERED_REFERENCE:
            return self._find(site, reference)
        return self._known_reference(site, reference)

    @property
    def generation(self) -> int:
        """Changes when the site's own lists do. What is remembered of their answers has it in its key: who
        reads it before asking may get newer answers, never older ones.
        """
        return self._lists.generation if self._lists else 0

    def listed(self, site: str, reference: str, kind: Kind, allowed: frozenset[Purpose]) -> Finding | None:
        """Why the site's own lists refuse an address, of which ``reference`` knows nothing, as ``kind``.

        Of several purposes each has to be allowed.
        """
        if self._lists is None or reference.startswith("data:"):
            return None
        if len(reference) > _LONGEST_REMEMBERED_REFERENCE:
            found = self._find_listed(site, reference, kind, self.generation)
        else:
            found = self._known_listed(site, reference, kind, self.generation)
        return _first_refused(found, allowed)

    def refuses_nothing(self, allowed: frozenset[Purpose]) -> bool:
        """Whether no address and no script can be refused to visitors who allow these purposes."""
        return self._config.unknown_hosts == "allow" and allowed >= ALL

    def loader(self, site: str, script: bytes, allowed: frozenset[Purpose]) -> Finding | None:
        """The first service that an inline script loads without being allowed to, or else what the site's own
        lists find in it first.
        """
        return self._known_loader(script, allowed) or self._listed_loader(site, script, allowed)

    def _known_loader(self, script: bytes, allowed: frozenset[Purpose]) -> Finding | None:
        if len(script) > _LONGEST_REMEMBERED_REFERENCE:
            services = self._loaders(script)
        else:
            services = self._known_loaders(script)
        for service in services:
            purpose = self._config.purpose_of_service(service)
            if purpose not in allowed and not self._config.passes_as_delivery(service):
                return Finding(purpose, service)
        return None

    def _listed_loader(self, site: str, script: bytes, allowed: frozenset[Purpose]) -> Finding | None:
        if self._lists is None:
            return None
        if len(script) > _LONGEST_REMEMBERED_REFERENCE:
            found = self._listed_loaders(site, script, self.generation)
        else:
            found = self._known_listed_loaders(site, script, self.generation)
        return _first_refused(found, allowed)

    def _listed_loaders(self, site: str, script: bytes, generation: int) -> tuple[Finding, ...]:
        addresses = dict.fromkeys(loaded_addresses(script))
        return tuple(
            finding
            for address in addresses
            for finding in self._find_listed(site, address, Kind.SCRIPT, generation)
        )

    def _find_listed(self, site: str, reference: str, kind: Kind, generation: int) -> tuple[Finding, ...]:
        """``generation`` only tells answers apart."""
        url = read_url(reference)
        config = self._config
        if self._lists is None or url is None or is_same_site(url.host, site) or config.allows_host(url.host):
            return ()
        if config.catalogue.service_of_url(url.host, url.path, url.query):
            return ()
        matches = self._lists.matches(site, reference, url, kind)
        if not matches:
            self._report_unknown(url.host)
        return tuple(Finding(match.purpose, None, match.path) for match in matches)

    @staticmethod
    def _report_unknown(host: str) -> None:
        logger.info("third-party host %r is not in the catalogue; it passes", host)

    def _loaders(self, script: bytes) -> tuple[Service, ...]:
        return tuple(self._config.catalogue.loaders_in(script))

    def _find(self, site: str, reference: str) -> Finding | None:
        url = read_url(reference)
        config = self._config
        if url is None or is_same_site(url.host, site) or config.allows_host(url.host):
            return None
        service = config.catalogue.service_of_url(url.host, url.path, url.query)
        if service and not config.passes_as_delivery(service):
            return Finding(config.purpose_of_service(service), service)
        if config.unknown_hosts == "deny":
            return Finding(UNKNOWN, service)
        if service is None and self._lists is None:
            self._report_unknown(url.host)
        return None

    def _memory(self, site: str, allowed: frozenset[Purpose], mount: str, generation: int) -> Memory:
        """Which hosts may be refused, and room for what was made of tags, for one site, one mount, one set of
        allowed purposes and one generation.
        """
        # A list may block any address of a host that is not the site's own business.
        is_listed = self._lists is not None and not self._lists.purposes <= allowed
        return Memory(
            RefusedHosts(
                lambda host: self._may_refuse(site, host, allowed, is_listed=is_listed), UNKNOWN_HOST
            ),
            RefusedHosts(lambda host: self._may_refuse(site, host, allowed), None),
            {},
            {name: finding for name, finding in self._widgets().items() if finding.purpose not in allowed},
        )

    def _widgets(self) -> dict[str, Finding]:
        """Class names of widgets to whose they are."""
        config = self._config
        found = config.catalogue.widgets.items()
        return {name: Finding(config.purpose_of_service(service), service) for name, service in found}

    def _may_refuse(
        self, site: str, host: str, allowed: frozenset[Purpose], *, is_listed: bool = False
    ) -> Suspicion:
        """``is_listed``: lists may block what the catalogue does not know."""
        config = self._config
        if not host or is_same_site(host, site) or config.allows_host(host):
            return False
        services = tuple(config.catalogue.services_of_host(host))
        if is_listed or config.unknown_hosts == "deny":
            return True
        if not services:
            return UNKNOWN_HOST
        refused = {
            path
            for path, service in services
            if config.purpose_of_service(service) not in allowed and not config.passes_as_delivery(service)
        }
        is_known_whole = any(not path for path, _ in services)
        if "" in refused or (is_known_whole and not refused):
            return bool(refused)
        return PathStarts(refused, self.copies.may_be)

    def _cookie_refusal(self, allowed: frozenset[Purpose]) -> Callable[[bytes], RefusedCookie | None]:
        """The question whether a cookie name is refused, for one set of allowed purposes.

        It is asked for every cookie of every request, so what answers is a dictionary's own method.
        """

        def refusal_of(name: bytes) -> RefusedCookie | None:
            purpose = self.purpose_of_cookie(name)
            return None if purpose is None or purpose in allowed else (name.decode("latin-1"), str(purpose))

        return _Refusals(refusal_of).__getitem__

    def is_deletable(self, name: bytes) -> bool:
        """Whether a refused cookie may be deleted: only when it is known what it is for."""
        return self.purpose_of_cookie(name) != UNKNOWN

    def most_cookie_seconds(self, name: bytes) -> int | None:
        """How long a cookie of this name may live; None where the site sets no bound."""
        if not self._config.cookie_days:
            return None
        purpose = self.purpose_of_cookie(name)
        return None if purpose is None else self._config.most_seconds_of_cookie(purpose)

    def purpose_of_cookie(self, name: bytes) -> str | None:
        """What a cookie is for, ``UNKNOWN`` where such are denied; None when it is nobody's concern."""
        if len(name) > _LONGEST_REMEMBERED_NAME:
            return self._purpose_of_cookie(name)
        return self._known_cookie(name)

    def _purpose_of_cookie(self, name: bytes) -> str | None:
        if not name or name in _OWN_COOKIES:
            return None
        text = name.decode("latin-1")
        purpose = self._config.purpose_of_cookie(text)
        if purpose is not None:
            return purpose
        if self._config.unknown_cookies == "deny":
            return UNKNOWN
        logger.info("cookie %r is not in the catalogue or the settings; it passes", text)
        return None


def _first_refused(found: Iterable[Finding], allowed: frozenset[Purpose]) -> Finding | None:
    return next((each for each in found if each.purpose not in allowed), None)


class _Refusals(dict[bytes, RefusedCookie | None]):
    """Cookie names to what is refused of them. A name is judged when it is first asked for; a full
    dictionary begins anew, which costs the known names one more judgement each."""

    def __init__(self, refusal_of: Callable[[bytes], RefusedCookie | None]) -> None:
        self._refusal_of = refusal_of

    def __missing__(self, name: bytes) -> RefusedCookie | None:
        answer = self._refusal_of(name)
        if len(name) <= _LONGEST_REMEMBERED_NAME:
            if len(self) >= _MOST_REMEMBERED_REFUSALS:
                self.clear()
            self[name] = answer
        return answer
