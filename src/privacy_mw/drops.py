"""How often cookies were held back since the process started, by what was done and for which purpose."""

from __future__ import annotations

import threading
from collections import Counter
from enum import StrEnum


class Drop(StrEnum):
    """What is done to a refused cookie."""

    HIDDEN = "hidden"
    """A pair of a request that the application does not see."""
    DROPPED = "dropped"
    """A Set-Cookie line that does not leave."""
    DELETED = "deleted"
    """A name for which deletions are sent."""


class Drops:
    """Counts without a lock on the way of a request: each thread has a counter of its own."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._all: list[Counter[tuple[Drop, str]]] = []

    def add(self, drop: Drop, refusal: tuple[str, str]) -> None:
        """One more; ``refusal`` is a cookie's name and purpose."""
        try:
            counter = self._own.counter
        except AttributeError:
            counter = self._own.counter = Counter()
            self._all.append(counter)
        counter[drop, refusal[1]] += 1

    def counts(self) -> dict[tuple[Drop, str], int]:
        """What was done, and the purpose of the cookie, to how often."""
        return dict(sum((Counter(counter) for counter in list(self._all)), Counter()))
