"""Build src/privacy_mw/catalogue/data/catalogue.json from catalogue/*.toml.

    python tools/build_catalogue.py            write the file
    python tools/build_catalogue.py --check    exit 1 when the file on disk differs from that

The tables in catalogue/ are the source and are edited by hand; the JSON is only ever built.

One service is one table; its name is the stable id. A table holds
    name, provider, purpose, privacy, evidence, checked   always (purpose is the name of the file)
    opt_out                                               a link
    urls, scripts                                         URL patterns
    idioms                                                text of the inline loader alone
    cookies, vendor_cookies                               on the site's host, on the vendor's
    delivery                                              true: delivers files, no cookies

A URL pattern is ``host[/path][?key=valueprefix]``: a lower-case host without scheme or ``www.``
that covers its subdomains, whole leading path segments, ``*`` for any characters inside one path
segment.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "catalogue"
TARGET = ROOT / "src" / "privacy_mw" / "catalogue" / "data" / "catalogue.json"

PURPOSES = ("necessary", "functional", "analytics", "advertising", "media")
REQUIRED = ("name", "provider", "purpose", "privacy", "evidence", "checked")
TEXTS = ("name", "provider", "purpose", "privacy", "opt_out")
LINKS = ("privacy", "opt_out")
LISTS = ("urls", "scripts", "idioms", "cookies", "vendor_cookies", "evidence")
KEYS = (
    "name",
    "provider",
    "purpose",
    "privacy",
    "opt_out",
    "urls",
    "scripts",
    "idioms",
    "cookies",
    "vendor_cookies",
    "delivery",
    "evidence",
    "checked",
)

ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])")
SEGMENT = re.compile(r"[A-Za-z0-9._~!$&'()+,;=:@%*-]+")
QUERY = re.compile(r"[A-Za-z0-9_.-]+=[A-Za-z0-9_.~%-]*")
COOKIE = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~:/@-]+")
LINK = re.compile(r"https://[a-z0-9.-]+\.[a-z]{2,}(?:[/?#][^\s]*)?")

# Hosts that serve much besides tracking: a pattern for one of them needs a path.
SHARED_HOSTS = frozenset(
    {
        "ajax.googleapis.com",
        "amazon.com",
        "amazonaws.com",
        "apple.com",
        "bing.com",
        "cdn.jsdelivr.net",
        "cdnjs.cloudflare.com",
        "cloudflare.com",
        "cloudfront.net",
        "connect.facebook.net",
        "facebook.com",
        "facebook.net",
        "github.com",
        "google.com",
        "googleapis.com",
        "googletagmanager.com",
        "gstatic.com",
        "jsdelivr.net",
        "linkedin.com",
        "microsoft.com",
        "msn.com",
        "paypal.com",
        "pinterest.com",
        "reddit.com",
        "s.pinimg.com",
        "s.yimg.com",
        "snapchat.com",
        "t.co",
        "tiktok.com",
        "twitter.com",
        "unpkg.com",
        "vk.com",
        "wordpress.com",
        "wp.com",
        "x.com",
        "yahoo.com",
        "yandex.ru",
        "yastatic.net",
    }
)

# Names many applications use for their own cookies: only a necessary service may own one.
GENERIC_COOKIES = frozenset(
    {
        "_session",
        "auth",
        "cart",
        "csrf",
        "csrf_token",
        "csrftoken",
        "id",
        "lang",
        "language",
        "locale",
        "messages",
        "player",
        "session",
        "session_id",
        "sessionid",
        "sid",
        "test",
        "theme",
        "token",
        "uid",
        "user",
        "user_id",
        "userid",
        "uuid",
        "visitor",
        "visitor_id",
    }
)


@dataclass(frozen=True)
class Service:
    """One table, with the place it came from."""

    file: str
    id: str
    fields: Mapping[str, object]

    def strings(self, key: str) -> tuple[str, ...]:
        value = self.fields.get(key)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    def problem(self, what: str, repair: str) -> str:
        return f"{self.file}: [{self.id}]: {what}; {repair}"


class CatalogueError(Exception):
    """The source tables cannot be used; the message names file, service and repair."""


# Reading


def read_file(path: Path) -> list[Service]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(
            f"{path.name}: not readable as UTF-8 TOML ({error}); correct the file"
        ) from error
    services = []
    for name, fields in table.items():
        if not isinstance(fields, dict):
            raise CatalogueError(
                f"{path.name}: {name}: stands outside a table; move it below a [service-id] line"
            )
        services.append(Service(path.name, name, fields))
    return services


def read_all(source: Path) -> list[Service]:
    paths = sorted(source.glob("*.toml"))
    if not paths:
        raise CatalogueError(f"{source}: holds no *.toml file; run this from a full checkout")
    return [service for path in paths for service in read_file(path)]


# One service by itself


def check_keys(service: Service) -> Iterator[str]:
    for key in service.fields:
        if key not in KEYS:
            yield service.problem(f"unknown key {key!r}", f"use one of {', '.join(KEYS)}")
    for key in REQUIRED:
        if key not in service.fields:
            yield service.problem(f"key {key!r} is missing", "add it")
    if not ID.fullmatch(service.id):
        yield service.problem(
            "the id has other characters than a-z, 0-9 and single hyphens", "rename the table"
        )


def check_types(service: Service) -> Iterator[str]:
    for key, value in service.fields.items():
        if key in TEXTS and not (isinstance(value, str) and value.strip()):
            yield service.problem(f"{key} is not a text", f'write {key} = "..."')
        if key in LISTS and not is_text_list(value):
            yield service.problem(f"{key} is no list of texts or is empty", f'write {key} = ["...", "..."]')
    if "delivery" in service.fields and service.fields["delivery"] is not True:
        yield service.problem("delivery is not true", "write delivery = true or leave it out")
    checked = service.fields.get("checked", datetime.date.min)
    if not isinstance(checked, datetime.date) or isinstance(checked, datetime.datetime):
        yield service.problem("checked is not a date", "write checked = 2026-11-23, without quotes")


def is_text_list(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, str) and item.strip() for item in value)
    )


def check_purpose(service: Service) -> Iterator[str]:
    purpose = service.fields.get("purpose")
    if purpose not in PURPOSES:
        yield service.problem(f"purpose {purpose!r} is unknown", f"use one of {', '.join(PURPOSES)}")
    elif f"{purpose}.toml" != service.file:
        yield service.problem(
            f"purpose {purpose!r} differs from the file", f"move the service to {purpose}.toml"
        )


def check_links(service: Service) -> Iterator[str]:
    for key in LINKS:
        link = service.fields.get(key)
        if isinstance(link, str) and not LINK.fullmatch(link):
            yield service.problem(f"{key} {link!r} is no https link", "give the full address, https://...")


def check_substance(service: Service) -> Iterator[str]:
    if not service.strings("urls") and not service.strings("cookies"):
        yield service.problem("has neither urls nor cookies", "give one of them or remove the service")
    for key in ("urls", "scripts", "idioms", "cookies", "vendor_cookies"):
        seen = set[str]()
        for item in service.strings(key):
            if item in seen:
                yield service.problem(f"{key} names {item!r} twice", "remove one")
            seen.add(item)


def check_patterns(service: Service) -> Iterator[str]:
    for key in ("urls", "scripts"):
        for pattern in service.strings(key):
            fault = pattern_fault(pattern)
            if fault:
                yield service.problem(
                    f"{key} pattern {pattern!r}: {fault}", "write host[/path][?key=valueprefix]"
                )


def pattern_fault(pattern: str) -> str:
    """What is wrong with a URL pattern, or nothing."""
    address, mark, query = pattern.partition("?")
    host, slash, path = address.partition("/")
    if host.startswith("www."):
        return "the host begins with www."
    if not HOST.fullmatch(host):
        return "no lower-case host without scheme, port or wildcard"
    if slash and not all(SEGMENT.fullmatch(segment) for segment in path.split("/")):
        return "a path segment is empty or has a character that no path has"
    if mark and not QUERY.fullmatch(query):
        return "the query is not one key=valueprefix"
    if host in SHARED_HOSTS and not slash:
        return "this host serves other things too and needs a path"
    return ""


def check_cookie_names(service: Service) -> Iterator[str]:
    for key in ("cookies", "vendor_cookies"):
        for name in service.strings(key):
            if not COOKIE.fullmatch(name) or not name.strip("*"):
                yield service.problem(f"{key} name {name!r} cannot be a cookie's name", "correct it")
    if service.fields.get("purpose") == "necessary":
        return
    for name in service.strings("cookies"):
        for generic in sorted(GENERIC_COOKIES):
            if wildcard(name).fullmatch(generic):
                yield service.problem(
                    f"cookie {name!r} covers the generic name {generic!r}", "narrow it or drop it"
                )


ONE_SERVICE: tuple[Callable[[Service], Iterator[str]], ...] = (
    check_keys,
    check_types,
    check_purpose,
    check_links,
    check_substance,
    check_patterns,
    check_cookie_names,
)


# Services against each other


def wildcard(name: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in name.split("*")))


def owners(services: Iterable[Service], key: str) -> list[tuple[str, Service]]:
    return [(item, service) for service in services for item in service.strings(key)]


def check_ids(services: list[Service]) -> Iterator[str]:
    first = dict[str, Service]()
    for service in services:
        other = first.setdefault(service.id, service)
        if other is not service:
            yield service.problem(f"the id stands in {other.file} too", "rename or merge one of them")


def check_same(services: list[Service], key: str) -> Iterator[str]:
    first = dict[str, Service]()
    for item, service in owners(services, key):
        other = first.setdefault(item, service)
        if other is not service:
            yield service.problem(
                f"{key} entry {item!r} belongs to [{other.id}] in {other.file} too",
                "leave it to one of them",
            )


def check_wildcards(services: list[Service]) -> Iterator[str]:
    """A wildcard of one service inside another's; an exact name inside one is allowed."""
    wild = [(name, service) for name, service in owners(services, "cookies") if "*" in name]
    for name, service in wild:
        for other_name, other in wild:
            if other.id != service.id and other_name != name and wildcard(other_name).fullmatch(name):
                yield service.problem(
                    f"cookie {name!r} lies inside {other_name!r} of [{other.id}] in {other.file}",
                    "narrow one of them",
                )


def problems(services: list[Service]) -> list[str]:
    found = [problem for service in services for check in ONE_SERVICE for problem in check(service)]
    found += check_ids(services)
    for key in ("urls", "scripts", "idioms", "cookies"):
        found += check_same(services, key)
    found += check_wildcards(services)
    return found


# Writing


def entry(service: Service) -> dict[str, object]:
    values: dict[str, object] = {"id": service.id}
    for key in KEYS:
        if key in service.fields:
            value = service.fields[key]
            values[key] = value.isoformat() if isinstance(value, datetime.date) else value
    return values


def render(services: list[Service]) -> str:
    lines = [
        json.dumps(entry(service), ensure_ascii=True, separators=(",", ":"))
        for service in sorted(services, key=lambda service: service.id)
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def build(source: Path) -> tuple[str, list[Service]]:
    services = read_all(source)
    found = problems(services)
    if found:
        raise CatalogueError("\n".join(found))
    return render(services), services


def summary(services: list[Service]) -> str:
    counts = [f"{sum(s.fields['purpose'] == purpose for s in services)} {purpose}" for purpose in PURPOSES]
    return f"{len(services)} services: {', '.join(counts)}"


def is_current(target: Path, text: str) -> bool:
    return target.is_file() and target.read_bytes() == text.encode("ascii")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build catalogue.json from catalogue/*.toml.")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit 1 when catalogue.json is out of date",
    )
    options = parser.parse_args(arguments)
    try:
        text, services = build(SOURCE)
    except CatalogueError as error:
        print(error, file=sys.stderr)
        return 1
    if options.check and not is_current(TARGET, text):
        print(
            f"{TARGET} is out of date with catalogue/*.toml; run python tools/build_catalogue.py",
            file=sys.stderr,
        )
        return 1
    if not options.check:
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        TARGET.write_bytes(text.encode("ascii"))
    print(summary(services))
    return 0


if __name__ == "__main__":
    sys.exit(main())
