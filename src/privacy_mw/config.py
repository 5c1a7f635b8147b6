"""The settings: one frozen value, checked whole while the app starts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Self

from privacy_mw.catalogue import Catalogue, Service, load_catalogue
from privacy_mw.catalogue.cookie_names import CookieNames, shadows
from privacy_mw.errors import ConfigError
from privacy_mw.filters import FilterLists
from privacy_mw.languages import find_language, language_tags
from privacy_mw.messages import RequestHead
from privacy_mw.purposes import OPTIONAL, Purpose
from privacy_mw.regimes import REGIMES, STRICTEST, Regime
from privacy_mw.urls import read_host

MIN_SECRET_CHARACTERS = 32
"""256 bits when written in the usual alphabets at 8 bits each; what ``secrets.token_hex(16)`` gives."""

_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
SECONDS_OF_A_DAY = 86400
MOST_COOKIE_DAYS = 400
"""What browsers cut every lifetime down to (rfc6265bis section 5.5)."""

_GENERATE = 'generate one with: python -c "import secrets; print(secrets.token_urlsafe(48))"'


@dataclass(frozen=True, kw_only=True)
class PrivacyConfig:
    """The settings of one application. Raises ConfigError, which names setting, value and repair.

    secret_key: signs the choice cookie; a list rotates keys, oldest first, the last one signs.
    debug: lifts the demand for a long ``secret_key``.
    regime: "opt-in", "opt-out", "notice", or a callable of the request head that returns one of them;
        what it returns besides counts as "opt-in".
    cookies: {purpose: [names or patterns]} of the site's own cookies; wins over the catalogue.
    cookie_days: {purpose: the most days that a cookie for it may live}; longer lifetimes are cut down to it.
    framework_cookies: names that the framework cannot do without; integrations fill it in. They win over
        the catalogue, and the site's own ``cookies`` over them.
    services: {service id: purpose}: gives a service of the catalogue another purpose; "necessary"
        lets it pass always.
    filters: {purpose: [paths]} of filter lists in EasyList's format, for third-party addresses that the
        catalogue does not know. They only ever refuse more. Needs ``privacy-mw[filters]``.
    allowed_hosts: third-party hosts, with their subdomains, that are the site's own business.
    unknown_cookies, unknown_hosts: "allow" or "deny" for what the catalogue does not know.
    honour_gpc, honour_dnt: whether Sec-GPC and DNT refuse.
    tracking_status: answers DNT with a Tk field on every response and with the resources below
        ``/.well-known/dnt/`` (W3C TPE). Needs ``honour_dnt``.
    child_directed: nothing but the necessary, for everybody.
    policy_url: the site's privacy policy. policy_version: a new one asks every visitor again.
    privacy_link, banner: whether pages get them.
    language: of the banner, the link and the middleware's own pages, as a tag such as "de"; "auto" takes
        the application's own (Content-Language), else, on the middleware's own pages, the visitor's.
    mode: "personal": pages are made for each visitor, and no shared cache keeps them. "uniform": everybody
        gets the same page, with everything held back, and a small script puts in what the visitor allows.
        "auto": uniform for responses that the application lets shared caches keep, else personal.
    honour_no_transform: leave the bodies of responses alone whose Cache-Control says no-transform.
    report_only: nothing is changed; what would be is logged.
    path_prefix: where the middleware's own pages are.
    exempt_paths: paths, with all below them, whose pages get no banner and no link; blocking stays.
    enabled: False, or a callable of the request head, hands requests through untouched.
    """

    secret_key: str | bytes | Sequence[str | bytes] = ""
    debug: bool = False
    regime: str | Callable[[RequestHead], str] = STRICTEST.name
    cookies: Mapping[str, Iterable[str]] = field(default_factory=dict)
    cookie_days: Mapping[str, int] = field(default_factory=dict)
    framework_cookies: Sequence[str] = ()
    services: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Iterable[str | os.PathLike[str]]] = field(default_factory=dict)
    allowed_hosts: Sequence[str] = ()
    unknown_cookies: str = "allow"
    unknown_hosts: str = "allow"
    honour_gpc: bool = True
    honour_dnt: bool = True
    tracking_status: bool = False
    child_directed: bool = False
    policy_url: str | None = None
    policy_version: str = "1"
    privacy_link: bool = True
    banner: bool = True
    language: str = "auto"
    mode: str = "auto"
    honour_no_transform: bool = False
    report_only: bool = False
    path_prefix: str = "/.privacy"
    exempt_paths: Sequence[str] = ()
    enabled: bool | Callable[[RequestHead], bool] = True

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Settings by name, in small letters or in capitals. An unknown name is an error."""
        known = {each.name for each in fields(cls)}
        lowered = {name.lower(): value for name, value in settings.items()}
        for name, value in lowered.items():
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
                raise ConfigError("privacy_mw.E001", name, value, f"there is no such setting; {hint}")
        return cls(**lowered)

    def __post_init__(self) -> None:
        for check in (
            self._check_types,
            self._check_secret_key,
            self._check_words,
            self._check_tracking_status,
            self._check_purposes,
            self._check_cookie_days,
            self._check_paths,
            self._check_filters,
        ):
            check()

    def _check_types(self) -> None:
        for name in _BOOLEANS:
            value = getattr(self, name)
            if not isinstance(value, bool):
                raise ConfigError("privacy_mw.E002", name, value, "use True or False")
        if not (isinstance(self.enabled, bool) or callable(self.enabled)):
            repair = "use True, False or a callable of the request head"
            raise ConfigError("privacy_mw.E002", "enabled", self.enabled, repair)
        for name in ("allowed_hosts", "exempt_paths", "framework_cookies"):
            value = getattr(self, name)
            if isinstance(value, str | bytes) or not all(isinstance(item, str) for item in value):
                raise ConfigError("privacy_mw.E002", name, value, f"use a list of texts: [{value!r}]")
        if not isinstance(self.policy_version, str) or not 0 < len(self.policy_version) <= 64:
            repair = "use a short text such as '2026-11'"
            raise ConfigError("privacy_mw.E002", "policy_version", self.policy_version, repair)

    def _check_secret_key(self) -> None:
        if self.debug:
            return
        for key in self.secret_keys:
            if len(key) < MIN_SECRET_CHARACTERS:
                problem = "is missing" if not key else f"has {len(key)} characters"
                raise ConfigError(
                    "privacy_mw.E003",
                    "secret_key",
                    "…",
                    f"it {problem}; it needs {MIN_SECRET_CHARACTERS} or more; {_GENERATE}",
                )

    def _check_words(self) -> None:
        for name, words in (
            ("unknown_cookies", ("allow", "deny")),
            ("unknown_hosts", ("allow", "deny")),
            ("mode", ("auto", "uniform", "personal")),
            ("regime", tuple(REGIMES)),
        ):
            value = getattr(self, name)
            if value not in words and not (name == "regime" and callable(value)):
                raise ConfigError("privacy_mw.E004", name, value, _one_of(value, words))

        if self.language != "auto" and find_language(str(self.language)) is None:
            tags = ["auto", *language_tags().values()]
            raise ConfigError("privacy_mw.E004", "language", self.language, _one_of(self.language, tags))

    def _check_tracking_status(self) -> None:
        if self.tracking_status and not self.honour_dnt:
            repair = "set honour_dnt to True: who answers DNT has to follow it"
            raise ConfigError("privacy_mw.E002", "tracking_status", self.tracking_status, repair)

    def _check_purposes(self) -> None:
        for purpose, patterns in self.cookies.items():
            if purpose not in set(Purpose):
                raise ConfigError("privacy_mw.E005", "cookies", purpose, _one_of(purpose, [*Purpose]))
            if isinstance(patterns, str | bytes):
                repair = f"use a list of names: {{{str(purpose)!r}: [{patterns!r}]}}"
                raise ConfigError("privacy_mw.E005", "cookies", patterns, repair)
        first: dict[str, str] = {}
        for purpose, patterns in self.cookies.items():
            for pattern in patterns:
                if first.setdefault(pattern, purpose) != purpose:
                    repair = f"it is {first[pattern]!r} and {str(purpose)!r}; leave it to one of them"
                    raise ConfigError("privacy_mw.E005", "cookies", pattern, repair)
        for service, purpose in self.services.items():
            if service not in self.catalogue.services:
                repair = _one_of(service, [*self.catalogue.services], what="service")
                raise ConfigError("privacy_mw.E006", "services", service, repair)
            if purpose not in set(Purpose):
                raise ConfigError("privacy_mw.E006", "services", purpose, _one_of(purpose, [*Purpose]))

    def _check_cookie_days(self) -> None:
        if not isinstance(self.cookie_days, Mapping):
            repair = "use the days of each purpose: {'analytics': 395}"
            raise ConfigError("privacy_mw.E008", "cookie_days", self.cookie_days, repair)
        for purpose, days in self.cookie_days.items():
            if purpose not in set(Purpose):
                raise ConfigError("privacy_mw.E008", "cookie_days", purpose, _one_of(purpose, [*Purpose]))
            if type(days) is not int or not 0 < days <= MOST_COOKIE_DAYS:
                repair = f"use whole days from 1 to {MOST_COOKIE_DAYS}; browsers keep no cookie for longer"
                raise ConfigError("privacy_mw.E008", "cookie_days", days, repair)

    def _check_paths(self) -> None:
        prefix = self.path_prefix
        if not _PREFIX.fullmatch(prefix):
            repair = "use a path that begins with a slash and ends without one, of letters, digits and -._~"
            raise ConfigError("privacy_mw.E007", "path_prefix", prefix, repair)
        for path in self.exempt_paths:
            if not path.startswith("/"):
                raise ConfigError("privacy_mw.E007", "exempt_paths", path, f"use {'/' + path!r}")
        url = self.policy_url
        if url is not None and not url.startswith(("/", "https://", "http://")):
            repair = "use a path such as '/privacy', or an https address"
            raise ConfigError("privacy_mw.E007", "policy_url", url, repair)

    def _check_filters(self) -> None:
        for purpose, paths in self.filters.items():
            if purpose not in set(OPTIONAL):
                raise ConfigError("privacy_mw.E009", "filters", purpose, _one_of(purpose, [*OPTIONAL]))
            if not isinstance(paths, list | tuple | set | frozenset):
                repair = f"use a list of paths: {{{str(purpose)!r}: [{paths!r}]}}"
                raise ConfigError("privacy_mw.E009", "filters", paths, repair)
            for path in paths:
                if not isinstance(path, str | os.PathLike):
                    raise ConfigError("privacy_mw.E009", "filters", path, "use a path: a text or a Path")
        _ = self.filter_lists  # read now, so that a file that cannot be used stops the start

    @cached_property
    def filter_lists(self) -> FilterLists | None:
        """The site's own lists; None without any."""
        return FilterLists(self.filters) if any(self.filters.values()) else None

    @cached_property
    def secret_keys(self) -> tuple[str | bytes, ...]:
        """The keys, oldest first."""
        key = self.secret_key
        return (key,) if isinstance(key, str | bytes) else tuple(key) or ("",)

    @property
    def catalogue(self) -> Catalogue:
        """What this library knows of services and cookies."""
        return load_catalogue()

    @cached_property
    def _site_cookies(self) -> CookieNames[Purpose]:
        return CookieNames.of(
            (pattern, Purpose(purpose)) for purpose, names in self.cookies.items() for pattern in names
        )

    @cached_property
    def _framework_cookies(self) -> CookieNames[Purpose]:
        return CookieNames.of((name, Purpose.NECESSARY) for name in self.framework_cookies)

    def doubts(self) -> list[str]:
        """What in the settings works, but hardly as it was meant; for the log while the app starts."""
        entries = [(pattern, str(purpose)) for purpose, names in self.cookies.items() for pattern in names]
        found = []
        for place, (pattern, purpose) in enumerate(entries):
            for wider, other in entries[:place]:
                if other != purpose and shadows(wider, pattern):
                    found.append(
                        f"privacy_mw.W001: cookies: {pattern!r} ({purpose}) is never reached: "
                        f"{wider!r} ({other}) begins alike and comes first; move it before that one"
                    )
            for name in self.framework_cookies:
                if purpose != Purpose.NECESSARY and self._site_cookies.find(name) == (pattern, purpose):
                    found.append(
                        f"privacy_mw.W002: cookies: {pattern!r} gives the framework's cookie {name!r} to "
                        f"{purpose}: who refuses that loses it; name it under 'necessary'"
                    )
        return found

    @cached_property
    def _allowed_hosts(self) -> frozenset[str]:
        return frozenset(map(read_host, self.allowed_hosts))

    def purpose_of_cookie(self, name: str) -> Purpose | None:
        """The site's word first, then the catalogue's; None for a name that nobody knows."""
        own = self._site_cookies.get(name)
        if own is None:
            own = self._framework_cookies.get(name)
        if own is not None:
            return own
        service = self.catalogue.service_of_cookie(name)
        return self.purpose_of_service(service) if service else None

    def most_seconds_of_cookie(self, purpose: str) -> int | None:
        """How long a cookie for this purpose may live; None where the site sets no bound."""
        days = self.cookie_days.get(purpose)
        return None if days is None else days * SECONDS_OF_A_DAY

    def purpose_of_service(self, service: Service) -> Purpose:
        """What a service is for on this site."""
        return Purpose(self.services.get(service.id, service.purpose))

    def passes_as_delivery(self, service: Service) -> bool:
        """Whether it only hands out files and the site has not given it a purpose of its own."""
        return service.delivery and service.id not in self.services

    def allows_host(self, host: str) -> bool:
        """Whether the site has named this third-party host, or one above it, as its own business."""
        while host:
            if host in self._allowed_hosts:
                return True
            host = host.partition(".")[2]
        return False

    def regime_of(self, head: RequestHead) -> Regime:
        """The regime for a request: the strictest when the site's callable does not know."""
        name = self.regime(head) if callable(self.regime) else self.regime
        return REGIMES.get(name, STRICTEST)

    def is_enabled_for(self, head: RequestHead) -> bool:
        """Whether the middleware does anything with this request."""
        return self.enabled if isinstance(self.enabled, bool) else bool(self.enabled(head))

    def is_exempt(self, path: str) -> bool:
        """Whether pages at this path get no banner and no link."""
        return any(path == each or path.startswith(each.rstrip("/") + "/") for each in self.exempt_paths)


_BOOLEANS = (
    "debug",
    "honour_gpc",
    "honour_dnt",
    "child_directed",
    "privacy_link",
    "banner",
    "honour_no_transform",
    "tracking_status",
    "report_only",
)


def _one_of(value: object, words: Iterable[str], *, what: str = "") -> str:
    words = [str(word) for word in words]
    near = get_close_matches(str(value), words, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    if what:
        return f"the catalogue has no such {what}; its ids are listed in docs/catalogue.md"
    return "use one of " + ", ".join(map(repr, words))
