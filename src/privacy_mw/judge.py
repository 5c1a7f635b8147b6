"""What names and addresses are for on one site: settings and catalogue put together, remembered.

Answers do not depend on the visitor, so they are kept: a look-up is one dictionary access. What nobody
knows is logged once in a process.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from privacy_mw.catalogue import Service
from privacy_mw.config import PrivacyConfig
from privacy_mw.consent import COOKIE_NAME, HOST_COOKIE_NAME
from privacy_mw.purposes import Purpose
from privacy_mw.urls import is_same_site, read_url

logger = logging.getLogger("privacy_mw")

UNKNOWN: Final = "unknown"
"""The purpose of what nobody knows, where the site has such things denied. Never allowed."""
_OWN_COOKIES = frozenset({COOKIE_NAME, HOST_COOKIE_NAME})
_LONGEST_REMEMBERED_REFERENCE = 2048
_LONGEST_REMEMBERED_NAME = 256


class Judge:
    """Purposes by one configuration. Safe to share between threads."""

    def __init__(self, config: PrivacyConfig) -> None:
        self._config = config
        self._known_reference = lru_cache(maxsize=8192)(self._purpose_of_reference)
        self._known_loaders = lru_cache(maxsize=1024)(self._loaders)
        self._known_cookie = lru_cache(maxsize=8192)(self._purpose_of_cookie)
        self.cookie_refusal = lru_cache(maxsize=64)(self._cookie_refusal)

    def reference(self, site: str, reference: str) -> str | None:
        """What an address in a page of ``site`` is for; None when it is nobody's concern.

        None: the site's own hosts, those it allows, those that nobody knows, plain delivery.
        """
        if reference.startswith("data:"):
            return None
        if len(reference) > _LONGEST_REMEMBERED_REFERENCE:
            return self._purpose_of_reference(site, reference)
        return self._known_reference(site, reference)

    def loader(self, site: str, script: bytes, allowed: frozenset[Purpose]) -> Purpose | None:
        """The purpose of the first service that an inline script loads without being allowed to."""
        if len(script) > _LONGEST_REMEMBERED_REFERENCE:
            services = self._loaders(script)
        else:
            services = self._known_loaders(script)
        for service in services:
            purpose = self._config.purpose_of_service(service)
            if purpose not in allowed and not self._config.passes_as_delivery(service):
                return purpose
        return None

    def _loaders(self, script: bytes) -> tuple[Service, ...]:
        return tuple(self._config.catalogue.loaders_in(script))

    def _purpose_of_reference(self, site: str, reference: str) -> str | None:
        url = read_url(reference)
        config = self._config
        if url is None or is_same_site(url.host, site) or config.allows_host(url.host):
            return None
        service = config.catalogue.service_of_url(url.host, url.path, url.query)
        if service and not config.passes_as_delivery(service):
            return config.purpose_of_service(service)
        if config.unknown_hosts == "deny":
            return UNKNOWN
        if service is None:
            logger.info("third-party host %r is not in the catalogue; it passes", url.host)
        return None

    def _cookie_refusal(self, allowed: frozenset[Purpose]) -> Callable[[bytes], bool]:
        """The question whether a cookie name is refused, for one set of allowed purposes."""

        def is_refused(name: bytes) -> bool:
            if len(name) > _LONGEST_REMEMBERED_NAME:
                purpose = self._purpose_of_cookie(name)
            else:
                purpose = self._known_cookie(name)
            return purpose is not None and purpose not in allowed

        return is_refused

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
