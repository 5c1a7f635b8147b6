"""Software that sites host themselves: known by the last segments of a path, on any host.

A pattern is ``[segment/…]file[?key=value]``; one ``*`` in a segment stands for any characters of it. The
file's name must be telling and begin with three plain characters: what stands in the catalogue is refused on
every third-party host.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

_START_CHARACTERS = 3
"""So many of a file's name stand before a ``*``, and find the patterns that begin alike."""


class Copies:
    """Patterns of paths to the numbers of services."""

    def __init__(self, patterns: Mapping[str, int]) -> None:
        self._by_file: dict[str, list[tuple[str, int]]] = {}
        for text, number in patterns.items():
            file = text.partition("?")[0].rpartition("/")[2]
            self._by_file.setdefault(file, []).append((text, number))
        self._wild_files: dict[str, list[str]] = {}
        for file in self._by_file:
            if "*" in file:
                self._wild_files.setdefault(file[:_START_CHARACTERS], []).append(file)
        self._files = {file.encode() for file in self._by_file}
        self._starts = {start.encode() for start in self._wild_files}
        self.ends = frozenset(file[-3:].encode() for file in self._by_file)
        """The last three bytes of all known files' names."""

    def may_be(self, path: bytes) -> bool:
        """Whether a path, as a page has it, may end in the name of some known file."""
        if path[-3:] not in self.ends:
            return False
        file = path.replace(b"\\", b"/").rpartition(b"/")[2]
        return file in self._files or file[:_START_CHARACTERS] in self._starts

    def find(self, path: str, query: str) -> int | None:
        """The service that an address on some host is a copy of. Names count as they are written: sites do
        not hide from themselves, and a look at each escape in each path would cost every page.
        """
        file = path.rpartition("/")[2]
        wild_files = self._wild_files.get(file[:_START_CHARACTERS], ())
        if not wild_files and file not in self._by_file:
            return None
        segments = path.split("/")
        known = [file, *(wild for wild in wild_files if _fits(wild, file))]
        for text, number in (entry for each in known for entry in self._by_file.get(each, ())):
            pattern, _, rule = text.partition("?")
            if _ends_in(segments, pattern.split("/")) and (not rule or _has(rule, query)):
                return number
        return None


def _ends_in(segments: list[str], pattern: list[str]) -> bool:
    tail: Iterable[str] = segments[-len(pattern) :]
    return len(segments) > len(pattern) and all(map(_fits, pattern, tail))


def _fits(pattern: str, segment: str) -> bool:
    before, star, after = pattern.partition("*")
    if not star:
        return segment == pattern
    is_long_enough = len(segment) >= len(before) + len(after)
    return is_long_enough and segment.startswith(before) and segment.endswith(after)


def _has(rule: str, query: str) -> bool:
    key, _, value = rule.partition("=")
    return any(each == key and text.startswith(value) for each, text in parse_qsl(query))
