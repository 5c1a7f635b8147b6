"""The shipped form: look-up tables ready made, so that start-up builds none, and the facts beside them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable

from tools.catalogue.source import PURPOSES, Source, Sources, is_pattern

Rule = tuple[str, str, int]
"""Path, query, and the number of the service's row."""


_WIDTH = ("functional", "media", "analytics", "advertising")


def shipped_text(sources: Sources) -> str:
    """The JSON file: the same tables give the same bytes.

    Long columns of texts are one text with a line for each, which is read several times as fast.
    """
    services = sorted(sources.services, key=lambda service: service.id)
    exact, patterns = _cookie_tables(services, sources)
    urls = _by_host(services, "urls")
    whole_hosts = {host: urls.pop(host) for host in sorted(urls) if isinstance(urls[host], int)}
    columns = {
        "services": [*_texts(map(_names, services)), [*map(_flags, services)]],
        "hosts": ["\n".join(whole_hosts), [*whole_hosts.values()]],
        "cookies": ["\n".join(sorted(exact)), [exact[name] for name in sorted(exact)]],
    }
    tables: dict[str, list[str]] = {
        "urls": _entries(urls),
        "scripts": _entries(_by_host(services, "scripts")),
        "copies": _entries(_by_item(services, "copies")),
        "labels": _entries(_by_item(services, "labels")),
        "idioms": _entries(_by_item(services, "idioms")),
        "widgets": _entries(_by_item(services, "widgets")),
        "cookie_patterns": _entries(patterns),
    }
    parts = [f"{_line(name)}:{_line(column)}" for name, column in columns.items()]
    parts += [f"{_line(name)}:{{\n" + ",\n".join(lines) + "\n}" for name, lines in tables.items()]
    return "{" + ",\n".join(parts) + "}\n"


def facts_text(sources: Sources) -> str:
    """The second file: ids to rows as privacy_mw.catalogue.service.Facts has its fields."""
    return (
        "{\n" + ",\n".join(_entries({service.id: _facts(service) for service in sources.services})) + "\n}\n"
    )


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def _entries(table: dict[str, object]) -> list[str]:
    return [f"{_line(key)}:{_line(table[key])}" for key in sorted(table)]


def _texts(rows: Iterable[Iterable[str]]) -> list[str]:
    """Columns of rows, each as one text."""
    return ["\n".join(column) for column in zip(*rows, strict=True)]


def _names(service: Source) -> tuple[str, str]:
    return service.id, service.text("name")


def _flags(service: Source) -> int:
    """As privacy_mw.catalogue.match.Catalogue reads them."""
    is_in_place, is_delivery = (service.fields.get(key) is True for key in ("in_place", "delivery"))
    return PURPOSES.index(service.purpose) * 4 + is_in_place * 2 + is_delivery


def _facts(service: Source) -> list[object]:
    return [
        service.text("provider"),
        service.text("privacy") or service.text("homepage"),
        service.text("opt_out"),
        list(service.strings("evidence")),
        service.text("checked"),
        service.names("cookies"),
        service.names("vendor_cookies"),
    ]


def _by_host(services: Iterable[Source], key: str) -> dict[str, object]:
    """Hosts to rules, the most special first."""
    table: dict[str, list[Rule]] = defaultdict(list)
    for number, service in enumerate(services):
        for pattern in service.strings(key):
            address, _, query = pattern.partition("?")
            host, slash, path = address.partition("/")
            table[host].append((slash + path if path else "", query, number))
    return {host: _ordered(rules) for host, rules in table.items()}


def _ordered(rules: list[Rule]) -> list[Rule] | int:
    if len(rules) == 1 and rules[0][:2] == ("", ""):
        return rules[0][2]
    return sorted(rules, key=lambda rule: (-len(rule[0]), -len(rule[1]), rule))


def _by_item(services: Iterable[Source], key: str) -> dict[str, object]:
    return {item: number for number, service in enumerate(services) for item in service.strings(key)}


def _cookie_tables(services: list[Source], sources: Sources) -> tuple[dict[str, object], dict[str, object]]:
    """Exact names to rows, and what stands before the first ``*`` to the patterns that begin so.

    A name on vendors' hosts counts when no service claims it for sites' hosts and when it is not generic; of
    several purposes the widest. That it is necessary there says nothing of it here.
    """
    owners = {name: number for number, service in enumerate(services) for name in service.names("cookies")}
    claims: dict[str, list[int]] = defaultdict(list)
    for number, service in enumerate(services):
        for name in service.names("vendor_cookies"):
            if name not in owners and len(name.rstrip("*")) > 2 and not sources.covered(name):
                claims[name].append(number)
    for name, numbers in claims.items():
        if all(services[number].purpose != "necessary" for number in numbers):
            owners[name] = max(numbers, key=lambda number: _WIDTH.index(services[number].purpose))
    exact: dict[str, object] = {}
    patterns: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for name, number in owners.items():
        if is_pattern(name):
            patterns[re.split(r"[*{]", name, maxsplit=1)[0]].append((name, number))
        else:
            exact[name] = number
    return exact, {
        prefix: sorted(entries, key=lambda entry: (-len(entry[0]), entry))
        for prefix, entries in patterns.items()
    }
