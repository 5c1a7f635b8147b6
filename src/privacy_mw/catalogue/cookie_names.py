"""Cookie names and patterns of names to what is known of them.

In a pattern ``*`` stands for any run of characters. Names written as policies write them have placeholders,
``{hash}`` or ``[UID]``, which stand for at least one character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

T = TypeVar("T")

_PLACEHOLDER = re.compile(r"\*|\{[^{}]*\}|\[[^\[\]]*\]")
_COOKIE_PREFIXES = ("__Host-Http-", "__Host-", "__Secure-", "__Http-")
_START_CHARACTERS = 4
"""Patterns are found by so many of their first characters: enough that few share them."""
_START_LENGTHS = tuple(range(_START_CHARACTERS, 0, -1))
_END_CHARACTERS = 3
_END = re.compile(r"[^*}\]]{3}\Z")
_Entry = tuple[str, str, T]
"""What stands before the first placeholder, the pattern, and what it says."""


class CookieNames(Generic[T]):
    """Exact names win, then the longest beginning. Case-sensitive (rfc6265bis section 5.7)."""

    def __init__(self, exact: Mapping[str, T], patterns: Mapping[str, Sequence[tuple[str, T]]]) -> None:
        """``patterns``: what stands before the first placeholder, to the patterns that begin so."""
        self._exact = exact
        self._starts: dict[str, list[_Entry[T]]] = {}
        self._ends: dict[str, list[_Entry[T]]] = {}
        """Patterns that begin with a placeholder, by what they end in."""
        for prefix in sorted(patterns, key=len, reverse=True):
            for pattern, value in patterns[prefix]:
                end = _END.search(pattern)
                index, key = (self._starts, prefix) if prefix else (self._ends, end[0] if end else "")
                index.setdefault(key[:_START_CHARACTERS], []).append((prefix, pattern, value))

    @classmethod
    def of(cls, entries: Iterable[tuple[str, T]]) -> CookieNames[T]:
        """From names and patterns in any order. Of two entries for one name the first counts."""
        exact: dict[str, T] = {}
        patterns: dict[str, list[tuple[str, T]]] = {}
        for text, value in entries:
            if placeholder := _PLACEHOLDER.search(text):
                patterns.setdefault(text[: placeholder.start()], []).append((text, value))
            else:
                exact.setdefault(text, value)
        return cls(exact, patterns)

    def get(self, name: str) -> T | None:
        """What is known of a cookie name, or of the same without ``__Host-`` or ``__Secure-``."""
        found = self.find(name)
        return None if found is None else found[1]

    def find(self, name: str) -> tuple[str, T] | None:
        """The entry that wins, and what it says."""
        found = self._find(name)
        if found is None and name.startswith("__"):
            bare = bare_cookie_name(name)
            return self._find(bare) if bare != name else None
        return found

    def _find(self, name: str) -> tuple[str, T] | None:
        value = self._exact.get(name)
        if value is not None:
            return name, value
        for length in _START_LENGTHS:
            for prefix, pattern, known in self._starts.get(name[:length], ()):
                if name.startswith(prefix) and (
                    len(pattern) == len(prefix) + 1 or _expression(pattern).fullmatch(name)
                ):
                    return pattern, known
        for end in (name[-_END_CHARACTERS:], ""):
            for _, pattern, known in self._ends.get(end, ()):
                if _expression(pattern).fullmatch(name):
                    return pattern, known
        return None


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str]:
    expression, position = "", 0
    for placeholder in _PLACEHOLDER.finditer(pattern):
        expression += re.escape(pattern[position : placeholder.start()])
        expression += ".*" if placeholder[0] == "*" else ".+"
        position = placeholder.end()
    return re.compile(expression + re.escape(pattern[position:]), re.DOTALL)


def shadows(first: str, second: str) -> bool:
    """Whether ``second``, a pattern that comes later, can never win: the first begins alike and covers it."""
    one, other = _PLACEHOLDER.search(first), _PLACEHOLDER.search(second)
    if one is None or other is None or first[: one.start()] != second[: other.start()]:
        return False
    shortest = _PLACEHOLDER.sub(lambda match: "" if match[0] == "*" else "x", second)
    return all(_expression(first).fullmatch(name) for name in (shortest, _PLACEHOLDER.sub("xx", second)))


def bare_cookie_name(name: str) -> str:
    """The name without a prefix that only asks the browser for care (``__Host-`` and its kin)."""
    for prefix in _COOKIE_PREFIXES:
        if name.startswith(prefix):
            return name[len(prefix) :]
    return name
