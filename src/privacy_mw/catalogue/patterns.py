"""The two small languages of the catalogue: patterns of URLs and patterns of cookie names.

``host[/path][?key=value]``: a host covers its subdomains; a path covers whole leading segments; ``*``
stands for any characters of one segment; a query parameter has to begin with the value.

Cookie names: ``*`` stands for any run of characters. Names written as policies write them have
placeholders, ``{hash}`` or ``[UID]``, which stand for at least one character.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

_DOT_SEGMENT = re.compile(r"/\.\.?(?:/|\Z)")
_COOKIE_PLACEHOLDER = re.compile(r"\*|\{[^{}]*\}|\[[^\[\]]*\]")


class UrlPattern(NamedTuple):
    """A parsed pattern. ``path`` is None when every path of the host is meant."""

    host: str
    path: re.Pattern[str] | None
    key: str
    value: str
    weight: tuple[int, int, int]
    """Orders patterns from general to special: labels, path characters, has a query."""

    def matches(self, path: str, query: str) -> bool:
        """Whether a URL of this host is meant. ``path`` is normalized."""
        if self.path is not None and not self.path.match(path):
            return False
        return not self.key or any(
            key == self.key and value.startswith(self.value)
            for key, value in parse_qsl(query, keep_blank_values=True)
        )


def read_url_pattern(text: str) -> UrlPattern:
    """The pattern in ``text``. The data are checked when the catalogue is built, so it raises nothing."""
    address, _, query = text.partition("?")
    host, slash, path = address.partition("/")
    key, _, value = query.partition("=")
    path = path.rstrip("/")
    weight = (host.count("."), len(path), len(query))
    if not path:
        return UrlPattern(host, None, key, value, weight)
    segments = re.escape(slash + path).replace(r"\*", "[^/]*")
    return UrlPattern(host, re.compile(segments + r"(?=/|\Z)"), key, value, weight)


def normal_path(path: str) -> str:
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


class CookiePattern(NamedTuple):
    """A pattern with placeholders: ``prefix`` is what stands before the first."""

    prefix: str
    expression: re.Pattern[str]


def read_cookie_pattern(text: str) -> CookiePattern | None:
    """The pattern in ``text``, anchored at both ends; None when it is an exact name."""
    first = _COOKIE_PLACEHOLDER.search(text)
    if first is None:
        return None
    expression, position = "", 0
    for placeholder in _COOKIE_PLACEHOLDER.finditer(text):
        expression += re.escape(text[position : placeholder.start()])
        expression += ".*" if placeholder[0] == "*" else ".+"
        position = placeholder.end()
    expression += re.escape(text[position:])
    return CookiePattern(text[: first.start()], re.compile(expression, re.DOTALL))
