"""Software that sites host themselves: known by the last segments of a path, on any host.

A pattern is ``[segment/…]file[?key=value]``; ``*`` stands for any characters within a segment. The file's
name must be telling: what stands in the catalogue is refused on every third-party host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote


class Copies:
    """Patterns of paths to the numbers of services."""

    def __init__(self, patterns: Mapping[str, int]) -> None:
        self._patterns: list[tuple[re.Pattern[str], str, int]] = []
        self._files: set[bytes] = set()
        self._wild_files: list[re.Pattern[bytes]] = []
        for text, number in patterns.items():
            path, _, query = text.partition("?")
            expression = re.escape("/" + path).replace(r"\*", "[^/]*")
            self._patterns.append((re.compile(expression + r"\Z"), query, number))
            self._note_file(path.rpartition("/")[2])

    def _note_file(self, file: str) -> None:
        if "*" in file:
            self._wild_files.append(re.compile(re.escape(file.encode()).replace(rb"\*", rb".*")))
        else:
            self._files.add(file.encode())

    def may_be(self, path: bytes) -> bool:
        """Whether a path, as a page has it, ends in the name of some known file."""
        file = path.rpartition(b"/")[2]
        return file in self._files or any(wild.fullmatch(file) for wild in self._wild_files)

    def find(self, path: str, query: str) -> int | None:
        """The service that an address on some host is a copy of."""
        path = unquote(path)
        for expression, rule, number in self._patterns:
            if expression.search(path) and (not rule or _has(rule, query)):
                return number
        return None


def _has(rule: str, query: str) -> bool:
    key, _, value = rule.partition("=")
    return any(each == key and text.startswith(value) for each, text in parse_qsl(query))
