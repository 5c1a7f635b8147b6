"""Where a script ends, through "<!--" and what is escaped behind it (HTML Standard, 13.2.5.4 and 17 on)."""

from __future__ import annotations

import re
from typing import NamedTuple

from privacy_mw.html import grammar

NO_ESCAPES = -1
"""The depth of a script within SVG, in which ``<!--`` means nothing."""
_MARK_BYTES = len(b"</script")


class ScriptEnd(NamedTuple):
    """``end`` is where the end tag begins, None when it is not here; then the search goes on at ``resume``.

    ``depth``: 0 script data, 1 escaped (behind ``<!--``), 2 double escaped (a ``<script`` within that), which
    ``</script`` only leads back to 1.
    """

    end: int | None
    resume: int
    depth: int


def find_script_end(buffer: bytes | bytearray, resume: int, stop: int, depth: int) -> ScriptEnd:
    """Looks for the end tag from ``resume`` to ``stop``, at a depth that was reached before. Linear time."""
    while mark := _marks_at(depth).search(buffer, resume, stop):
        token = mark[0]
        # The dashes of "<!--" may be those of "-->" too (script data escape start dash dash state).
        resume = mark.end() - 2 * (token == b"<!--")
        if mark[1] and depth < 2:
            return ScriptEnd(mark.start(), resume, depth)
        if depth == NO_ESCAPES:
            continue
        if token == b"<!--":
            depth = max(depth, 1)
        elif token == b"-->":
            depth = 0
        elif depth:
            depth = 1 if mark[1] else 2
    return ScriptEnd(None, max(resume, stop - _MARK_BYTES), depth)


def _marks_at(depth: int) -> re.Pattern[bytes]:
    return grammar.ESCAPED_SCRIPT_MARK if depth > 0 else grammar.SCRIPT_MARK
