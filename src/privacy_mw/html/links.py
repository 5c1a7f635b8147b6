"""Does a page have a link with a certain word in its text? Watched as the page goes by."""

from __future__ import annotations

import re

# An opened link, the attributes of other tags within it, and up to its own word: half a KiB is room
# for 10 tags of the usual length.
_CONTEXT_BYTES = 512
_LINK = re.compile(rb"""<(/?)[aA](?=[\t\n\f\r />])((?:[^>"']++|"[^"]*+"|'[^']*+')*+)""")


class LinkWatch:
    """Sees runs of ordinary markup, in order; ``found`` once a link's text holds the word.

    ASCII words only; any case of the first letter, and all capitals. The link's ``<a href`` must
    stand at most 512 bytes of markup before the word.
    """

    def __init__(self, word: bytes) -> None:
        self.found = False
        self._needles = (word[1:].lower(), word[1:].upper())
        self._context = b""

    def see(self, buffer: bytes | bytearray, start: int, end: int) -> None:
        """Markup between two offsets. Costs two searches at the speed of memory where there is none."""
        for needle in self._needles:
            at = buffer.find(needle, start, end)
            while at >= 0 and not self.found:
                self._judge(self._context + buffer[max(start, at - _CONTEXT_BYTES) : at])
                at = buffer.find(needle, at + 1, end)
            if start == 0 and self._context:
                self._judge_seam(needle, buffer[: min(len(needle) - 1, end)])
        if end - start < _CONTEXT_BYTES:
            self._context = (self._context + buffer[start:end])[-_CONTEXT_BYTES:]
        else:
            self._context = bytes(buffer[end - _CONTEXT_BYTES : end])

    def _judge_seam(self, needle: bytes, beginning: bytes | bytearray) -> None:
        """The word may be cut by the end of a chunk."""
        seam = self._context + beginning
        at = seam.find(needle, max(0, len(self._context) - len(needle) + 1))
        if at >= 0:
            self._judge(seam[:at])

    def _judge(self, before: bytes | bytearray) -> None:
        context = before[-_CONTEXT_BYTES:]
        if context.rfind(b"<") > context.rfind(b">"):
            return
        links = list(_LINK.finditer(context))
        if links and not links[-1][1] and b"href" in links[-1][2].lower():
            self.found = True
