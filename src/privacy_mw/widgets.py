"""Elements that a refused script would have filled: which of a page's are such.

A widget is known by a class name. It counts once its script was refused further up in the page, or when it
names an address on a host that may be refused: a page may use the same class for something of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from privacy_mw.html.tag import StartTag, decode_value

Why = TypeVar("Why")

HOLDERS = frozenset({b"div", b"blockquote", b"section", b"figure", b"span"})
"""Elements that may hold what is shown in place of a widget."""
MARK = b"data-privacy"
"""The attribute of an element that has been looked after."""
_ADDRESS = re.compile(rb"//([^\x00-\x20\"'<>/?#\\)(,;]++)")


class Widgets(Generic[Why]):
    """Of one page."""

    def __init__(self, known: Mapping[str, Why], hosts: Mapping[bytes, object]) -> None:
        """``known``: class names to why their script is refused; ``hosts``: authorities to True where every
        address may be refused.
        """
        self._known = known
        self._hosts = hosts
        self._awaited: list[bytes] = []

    def filled_by(self, why: Why) -> list[bytes]:
        """Class names of what a refused script would have filled."""
        return [name.encode() for name, each in self._known.items() if each == why]

    def expect(self, names: list[bytes]) -> bool:
        """From here on these count. Whether they did not before."""
        new = [name for name in names if name not in self._awaited]
        self._awaited += new
        return bool(new)

    def offsets(self, data: bytes | bytearray, start: int) -> Iterator[int]:
        """Where names stand that count."""
        for name in self._awaited:
            at = data.find(name, start)
            while at >= 0:
                yield at
                at = data.find(name, at + len(name))

    def is_possible(self, tag: StartTag) -> bool:
        """Whether a tag has a class that may count on some page."""
        return tag.name in HOLDERS and MARK not in tag and any(name in self._known for name in _classes(tag))

    def find(self, tag: StartTag) -> tuple[Why, str] | None:
        """Why an element stays empty, and the address it names (or nothing)."""
        for name in _classes(tag):
            why = self._known.get(name)
            if why is None:
                continue
            values = tag.raw_values.values()
            named = next((raw for raw in values if any(map(self._is_refused, _ADDRESS.findall(raw)))), None)
            if named is not None or name.encode() in self._awaited:
                return why, decode_value(named or b"")
        return None

    def _is_refused(self, authority: bytes) -> bool:
        return self._hosts[authority] is True


def _classes(tag: StartTag) -> list[str]:
    return (tag.value(b"class") or "").split()
