"""Lines and columns of a stream that is not kept."""

from __future__ import annotations

from bisect import bisect_left

_KEPT_BYTES = 256 * 1024
"""What the rewriter holds back is less: 64 KiB of a tag and 64 KiB of a script."""


class Lines:
    """Where lines end, for the last 256 KiB of what was added."""

    def __init__(self) -> None:
        self._length = 0
        self._ends: list[int] = []
        self._dropped = 0

    def add(self, chunk: bytes) -> None:
        """More of the stream."""
        at = chunk.find(b"\n")
        while at >= 0:
            self._ends.append(self._length + at)
            at = chunk.find(b"\n", at + 1)
        self._length += len(chunk)
        # One end before what is kept stays, so that its first line has a column.
        old = bisect_left(self._ends, self._length - _KEPT_BYTES) - 1
        if old > 0:
            del self._ends[:old]
            self._dropped += old

    def place_of(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1 on, the column in bytes."""
        before = bisect_left(self._ends, offset)
        begin = self._ends[before - 1] + 1 if before else 0
        return self._dropped + before + 1, offset - begin + 1
