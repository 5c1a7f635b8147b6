"""How often cookies were held back since the process started, by what was done and for which purpose."""

from __future__ import annotations

import threading
from collections import Counter, deque
from enum import StrEnum


class Drop(StrEnum):
    """What is done to a refused cookie."""

    HIDDEN = "hidden"
    """A pair of a request that the application does not see."""
    DROPPED = "dropped"
    """A Set-Cookie line that does not leave."""
    DELETED = "deleted"
    """A name for which deletions are sent."""


_MOST_UNCOUNTED = 1024


class Drops:
    """Counts without a lock on the way of a request: events are put down, and counted now and then by one of
    the threads that come by.
    """

    def __init__(self) -> None:
        self._uncounted: deque[tuple[Drop, str]] = deque()
        self._counts: Counter[tuple[Drop, str]] = Counter()
        self._counting = threading.Lock()

    def add(self, drop: Drop, refusal: tuple[str, str]) -> None:
        """One more; ``refusal`` is a cookie's name and purpose."""
        self._uncounted.append((drop, refusal[1]))
        if len(self._uncounted) > _MOST_UNCOUNTED and self._counting.acquire(blocking=False):
            try:
                self._count()
            finally:
                self._counting.release()

    def counts(self) -> dict[tuple[Drop, str], int]:
        """What was done, and the purpose of the cookie, to how often."""
        with self._counting:
            self._count()
            return dict(self._counts)

    def _count(self) -> None:
        for _ in range(len(self._uncounted)):
            self._counts[self._uncounted.popleft()] += 1
