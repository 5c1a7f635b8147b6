"""Hosts, paths and queries to services.

A rule is ``host[/path][?key=value]``: a host covers its subdomains; a path covers whole leading segments;
``*`` stands for any characters of one segment; a query parameter has to begin with the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

Rule = tuple[str, str, int]
"""Path, query, and the number of the service."""
Rules = int | Sequence[Rule]
"""Of one host, the most special first; just the number when all of it is one service's."""

_MAX_HOST_CHARACTERS = 253
"""RFC 1035 section 2.3.4, in the text form."""
_DOT_SEGMENT = re.compile(r"/\.\.?(?:/|\Z)")


class Addresses:
    """Rules by host; of several for one host the most special comes first."""

    def __init__(self, by_host: Mapping[str, Rules]) -> None:
        self._by_host = by_host

    def find(self, host: str, path: str, query: str) -> int | None:
        """The service of an address; host in lower case. The longest host with a rule that fits wins."""
        if len(host) > _MAX_HOST_CHARACTERS:
            return None
        is_normal = False
        while host:
            rules = self._by_host.get(host, ())
            if isinstance(rules, int):
                return rules
            if rules and not is_normal:
                path, is_normal = _normal(path), True
            for rule_path, rule_query, number in rules:
                if (not rule_path or _leads(rule_path, path)) and (not rule_query or _has(rule_query, query)):
                    return number
            host = host.partition(".")[2]
        return None

    def of_host(self, host: str) -> Iterator[Rule]:
        """All rules that some address of a host may be meant by."""
        if len(host) <= _MAX_HOST_CHARACTERS:
            while host:
                rules = self._by_host.get(host, ())
                yield from [("", "", rules)] if isinstance(rules, int) else rules
                host = host.partition(".")[2]

    def texts(self) -> dict[int, list[str]]:
        """Numbers of services to their rules, as the sources write them."""
        found: dict[int, list[str]] = {}
        for host, rules in self._by_host.items():
            for path, query, number in [("", "", rules)] if isinstance(rules, int) else rules:
                found.setdefault(number, []).append(host + path + (query and f"?{query}"))
        return found


def _leads(rule: str, path: str) -> bool:
    if "*" in rule:
        return _expression(rule).match(path) is not None
    return path.startswith(rule) and path[len(rule) : len(rule) + 1] in ("", "/")


@lru_cache(maxsize=1024)
def _expression(rule: str) -> re.Pattern[str]:
    return re.compile(re.escape(rule).replace(r"\*", "[^/]*") + r"(?=/|\Z)")


def _has(rule: str, query: str) -> bool:
    key, _, value = rule.partition("=")
    return any(
        each == key and text.startswith(value) for each, text in parse_qsl(query, keep_blank_values=True)
    )


def _normal(path: str) -> str:
    """A path as a server will take it: escapes decoded, dot segments resolved."""
    if "%" in path:
        path = unquote(path)
    if not _DOT_SEGMENT.search(path):
        return path
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:1] + kept[1:-1]
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept)
