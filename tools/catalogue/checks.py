"""What can be wrong with the source tables, one by one and against each other."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator

from tools.catalogue.source import Source, Sources, is_pattern, wildcard

REQUIRED = ("name", "provider", "evidence", "checked")
TEXTS = ("name", "provider", "privacy", "homepage", "opt_out")
LINKS = ("privacy", "homepage", "opt_out")
LISTS = ("urls", "scripts", "copies", "labels", "idioms", "widgets", "evidence")
FLAGS = ("delivery", "in_place")
COOKIES = ("cookies", "vendor_cookies")
KEYS = (*TEXTS, *LISTS, *FLAGS, "checked", *COOKIES)

ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])")
SEGMENT = re.compile(r"[A-Za-z0-9._~!$&'()+,;=:@%*-]+")
QUERY = re.compile(r"[A-Za-z0-9_.-]+=[A-Za-z0-9_.~%-]*")
COOKIE = re.compile(r"(?:[A-Za-z0-9!#$%&'*+.^_`|~:/@-]|\{[a-z]+\})+")
LINK = re.compile(r"https://[a-z0-9.-]+\.[a-z]{2,}(?:[/?#][^\s]*)?")
LIFETIME = re.compile(r"session|persistent|unknown|[1-9][0-9]* (?:second|minute|hour|day|week|month|year)s?")

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


def problems(sources: Sources) -> list[str]:
    """All that is wrong, each with file, service and repair."""
    services = sources.services
    found = [problem for service in services for check in _ONE_SERVICE for problem in check(service)]
    found += [problem for service in services for problem in _check_cookies(service, sources)]
    found += _check_ids(services)
    for key in ("urls", "scripts", "copies", "labels", "idioms", "widgets"):
        found += _check_same([(item, s) for s in services for item in s.strings(key)], key)
    names = [(item, s) for s in services for item in s.names("cookies")]
    found += _check_same(names, "cookies")
    found += _check_wildcards(names)
    return found


# --- one service by itself ---


def _check_keys(service: Source) -> Iterator[str]:
    for key in service.fields:
        if key not in KEYS:
            yield service.problem(f"unknown key {key!r}", f"use one of {', '.join(KEYS)}")
    for key in REQUIRED:
        if key not in service.fields:
            yield service.problem(f"key {key!r} is missing", "add it")
    if not service.fields.keys() & {"privacy", "homepage", "labels"}:
        yield service.problem("has neither privacy nor homepage", "add the vendor's privacy page")
    if not ID.fullmatch(service.id):
        yield service.problem(
            "the id has other characters than a-z, 0-9 and single hyphens", "rename the table"
        )


def _check_types(service: Source) -> Iterator[str]:
    for key, value in service.fields.items():
        if key in TEXTS and not (isinstance(value, str) and value.strip()):
            yield service.problem(f"{key} is not a text", f'write {key} = "..."')
        if key in LISTS and not _is_text_list(value):
            yield service.problem(f"{key} is no list of texts or is empty", f'write {key} = ["...", "..."]')
        if key in FLAGS and value is not True:
            yield service.problem(f"{key} is not true", f"write {key} = true or leave it out")
        if key in COOKIES and not isinstance(value, dict):
            yield service.problem(f"{key} is no table", f"write [{service.id}.{key}] above its names")
    checked = service.fields.get("checked", datetime.date.min)
    if not isinstance(checked, datetime.date) or isinstance(checked, datetime.datetime):
        yield service.problem("checked is not a date", "write checked = 2026-11-23, without quotes")


def _is_text_list(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, str) and item.strip() for item in value)
    )


def _check_links(service: Source) -> Iterator[str]:
    for key in LINKS:
        link = service.fields.get(key)
        if isinstance(link, str) and not LINK.fullmatch(link):
            yield service.problem(f"{key} {link!r} is no https link", "give the full address, https://...")


def _check_substance(service: Source) -> Iterator[str]:
    if not any(service.fields.get(key) for key in ("urls", "labels", *COOKIES)):
        yield service.problem("has neither urls nor cookies", "give one of them or remove the service")
    for key in LISTS:
        seen = set[str]()
        for item in service.strings(key):
            if item in seen:
                yield service.problem(f"{key} names {item!r} twice", "remove one")
            seen.add(item)


def _check_patterns(service: Source) -> Iterator[str]:
    for key in ("urls", "scripts"):
        for pattern in service.strings(key):
            if fault := pattern_fault(pattern):
                yield service.problem(
                    f"{key} pattern {pattern!r}: {fault}", "write host[/path][?key=valueprefix]"
                )
    for pattern in service.strings("copies"):
        path, mark, query = pattern.partition("?")
        is_path = all(SEGMENT.fullmatch(segment) for segment in path.split("/"))
        is_single = all(segment.count("*") <= 1 for segment in path.split("/"))
        is_telling = len(path.replace("*", "")) >= 6 and "*" not in path.rpartition("/")[2][:3]
        if not (is_path and is_single and is_telling) or (mark and not QUERY.fullmatch(query)):
            yield service.problem(
                f"copies pattern {pattern!r} is none or too short to tell", "write [segment/]file[?key=value]"
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


def _check_cookies(service: Source, sources: Sources) -> Iterator[str]:
    for key in COOKIES:
        for name, lifetime in service.names(key).items():
            if not COOKIE.fullmatch(name) or not name.strip("*"):
                yield service.problem(f"{key} name {name!r} cannot be a cookie's name", "correct it")
            if not LIFETIME.fullmatch(lifetime):
                yield service.problem(
                    f"lifetime {lifetime!r} of {name!r} is not understood",
                    'write "session", "persistent", "unknown" or a number and a unit, "13 months"',
                )
    if service.purpose == "necessary":
        return
    for name in service.names("cookies"):
        if len(name.rstrip("*")) < 2:
            yield service.problem(f"the cookie name {name!r} tells nothing", "move it to vendor_cookies")
        for generic in sources.covered(name):
            yield service.problem(
                f"cookie {name!r} covers {generic!r}", "narrow it or move it to vendor_cookies"
            )


_ONE_SERVICE: tuple[Callable[[Source], Iterator[str]], ...] = (
    _check_keys,
    _check_types,
    _check_links,
    _check_substance,
    _check_patterns,
)


# --- services against each other ---


def _check_ids(services: Iterable[Source]) -> Iterator[str]:
    first = dict[str, Source]()
    for service in services:
        other = first.setdefault(service.id, service)
        if other is not service:
            yield service.problem(f"the id stands in {other.file} too", "rename or merge one of them")


def _check_same(entries: list[tuple[str, Source]], key: str) -> Iterator[str]:
    first = dict[str, Source]()
    for item, service in entries:
        other = first.setdefault(item, service)
        if other is not service:
            yield service.problem(
                f"{key} entry {item!r} belongs to [{other.id}] in {other.file} too",
                "leave it to one of them",
            )


def _check_wildcards(names: list[tuple[str, Source]]) -> Iterator[str]:
    """A wildcard of one service inside another's of another purpose; an exact name inside one is allowed."""
    wild = [(name, service, wildcard(name)) for name, service in names if is_pattern(name)]
    for name, service, _ in wild:
        for other_name, other, expression in wild:
            is_other = other.purpose != service.purpose and other_name != name
            if is_other and len(other_name) >= len(name) and expression.fullmatch(name):
                yield service.problem(
                    f"cookie {name!r} lies inside {other_name!r} of [{other.id}] in {other.file}",
                    "narrow one of them",
                )
