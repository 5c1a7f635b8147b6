"""Look-ups: whose URL, whose cookie, whose loader. A look-up is a few dictionary accesses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property, lru_cache
from typing import Any

from privacy_mw.catalogue.addresses import Addresses
from privacy_mw.catalogue.cookie_names import CookieNames
from privacy_mw.catalogue.copies import Copies
from privacy_mw.catalogue.loaders import Loaders
from privacy_mw.catalogue.service import Service
from privacy_mw.purposes import Purpose


class Catalogue:
    """All services. Immutable; safe to share between threads."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        """``tables`` as ``load.read_tables`` gives them: columns of ids, names and flags of services, and
        dictionaries from hosts, names and texts to the numbers of services.
        """
        self._ids, self._names, self._flags = tables["services"]
        self._service = cache(self._make_service)
        self._urls = Addresses(tables["urls"])
        self._scripts = Addresses(tables["scripts"])
        self._labels: Mapping[str, int] = tables["labels"]
        self._copy_texts: Mapping[str, int] = tables["copies"]
        self.copies = Copies(self._copy_texts)
        self._idioms: Mapping[str, int] = tables["idioms"]
        self._loaders = Loaders(self._scripts, self._idioms)
        self._cookies: CookieNames[int] = CookieNames(tables["cookies"], tables["cookie_patterns"])
        self.widgets: Mapping[str, Service] = {
            name: self._service(number) for name, number in tables["widgets"].items()
        }
        """Class names of elements to the services whose scripts fill them."""
        self.service_of_url = lru_cache(maxsize=4096)(self._service_of_url)
        self.service_of_cookie = lru_cache(maxsize=4096)(self._service_of_cookie)

    def _make_service(self, number: int) -> Service:
        """Made when it is first asked for: of some thousand services a site meets few."""
        flags = self._flags[number]
        purpose = _PURPOSES[flags >> 2]
        return Service(self._ids[number], self._names[number], purpose, bool(flags & 1), bool(flags & 2))

    @cached_property
    def services(self) -> Mapping[str, Service]:
        """All of them by id."""
        return {id: self._service(number) for number, id in enumerate(self._ids)}

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {id: number for number, id in enumerate(self._ids)}

    def _service_of_cookie(self, name: str) -> Service | None:
        """Whose cookie this is on a site's own host; None when nobody's that is known."""
        number = self._cookies.get(name)
        return None if number is None else self._service(number)

    def cookie_rule(self, name: str) -> str:
        """The name or pattern by which ``service_of_cookie`` knows a cookie; empty when it does not."""
        found = self._cookies.find(name)
        return found[0] if found else ""

    def services_of_host(self, host: str) -> Iterator[tuple[str, Service]]:
        """What addresses of a host, in lower case, may belong to: how their paths begin, and the service."""
        is_known = False
        for path, _, number in self._urls.of_host(host):
            is_known = True
            yield path, self._service(number)
        if not is_known and (named := self._service_in_name(host)) is not None:
            yield "", self._service(named)

    def _service_in_name(self, host: str) -> int | None:
        """The service of a host that is named for what it does: ``ads.example.net``."""
        label, _, rest = host.partition(".")
        return self._labels.get(label) if "." in rest else None

    def _service_of_url(self, host: str, path: str, query: str) -> Service | None:
        """Whose URL this is. The most special pattern wins; host in lower case."""
        number = self._urls.find(host, path, query)
        if number is None:
            number = self.copies.find(path, query)
        if number is None and next(self._urls.of_host(host), None) is None:
            number = self._service_in_name(host)
        return None if number is None else self._service(number)

    def loaders_in(self, script: bytes) -> Iterator[Service]:
        """Services that an inline script loads: by an idiom, or by a string literal that is the URL of
        a known script.
        """
        return (self._service(number) for number in self._loaders.find(script))

    def idioms_of(self, service: Service) -> list[str]:
        """Text that only a service's inline loader has."""
        return [text for text, number in self._idioms.items() if self._service(number) is service]

    def all_urls(self) -> dict[str, list[str]]:
        """Ids of services to the patterns of all their addresses."""
        texts = self._urls.texts()
        return {id: texts.get(number, []) for id, number in self._numbers.items()}

    def scripts_of(self, service: Service) -> list[str]:
        """Patterns of the scripts that its inline loader names."""
        return self._scripts.texts().get(self._numbers[service.id], [])

    def copies_of(self, service: Service) -> list[str]:
        """Ends of paths by which its copies are known on any host."""
        return [text for text, number in self._copy_texts.items() if self._service(number) is service]


_PURPOSES = (Purpose.NECESSARY, Purpose.FUNCTIONAL, Purpose.ANALYTICS, Purpose.ADVERTISING, Purpose.MEDIA)
"""By the number in a service's flags, above two bits: delivery, and drawing in place."""
