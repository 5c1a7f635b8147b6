"""Does a page have a link with a certain word in its text? Watched as the page goes by."""

from __future__ import annotations

import re
from functools import cache

# An opened link, the attributes of other tags within it, and up to its own word: half a KiB is room
# for 10 tags of the usual length.
_CONTEXT_BYTES = 512
# Pages have such links at their end, and most come in few pieces: the end of a piece is looked at first.
_TAIL_BYTES = 4096
# Links that only seem to be some, in scripts and comments: each costs a second look at the piece.
_MOST_TRIES = 8
_BY_RARITY = b"zqxjkvbpygfwmucldrhsnioate"
_LINK = re.compile(rb"""<(/?)[aA](?=[\t\n\f\r />])((?:[^>"']++|"[^"]*+"|'[^']*+')*+)""")

_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)


class LinkWatch:
    """Sees the markup of a body in pieces, in order; ``found`` once a link's text holds the word.

    ASCII words only; any case of the first letter, and all capitals. The link's ``<a href`` must
    stand at most 512 bytes of markup before the word.
    """

    def __init__(self, word: bytes) -> None:
        self.found = False
        self._needles = _needles(word)
        self._rest_bytes = len(word) - 1
        self._seam_bytes = len(word) - 2
        self._context = b""

    def see(self, run: re.Pattern[bytes] | None, buffer: bytes | bytearray, start: int, end: int) -> None:
        """Markup between two offsets. ``run`` is the expression that swallowed it, text that is not markup
        included; None for a part of one tag.
        """
        if self.found:
            return
        context = self._context
        if run is not None:
            tail = max(start, end - _TAIL_BYTES)
            for begin, stop in ((tail, end), (start, tail + self._seam_bytes)):
                self._look(run, buffer, start, begin, min(stop, end))
            if context:
                self._look_at_seam(run, buffer, start, end)
        if end - start < _CONTEXT_BYTES:
            self._context = (context + buffer[start:end])[-_CONTEXT_BYTES:]
        else:
            self._context = bytes(buffer[end - _CONTEXT_BYTES : end])

    def _look(
        self, run: re.Pattern[bytes], buffer: bytes | bytearray, start: int, begin: int, end: int
    ) -> None:
        tries = _MOST_TRIES
        for needle in self._needles:
            for match in needle.finditer(buffer, begin, end):
                at = match.end() - self._rest_bytes
                before = buffer[max(start, at - _CONTEXT_BYTES) : at]
                if at - start < _CONTEXT_BYTES:
                    before = self._context + before
                if self._is_in_link(before):
                    self.found = _is_text(run, buffer, start, at)
                    tries -= 1
                if self.found or not tries:
                    return

    def _look_at_seam(self, run: re.Pattern[bytes], buffer: bytes | bytearray, start: int, end: int) -> None:
        """The word may be cut by the end of a piece."""
        seam = self._context + buffer[start : min(start + self._seam_bytes, end)]
        for needle in self._needles:
            for match in needle.finditer(seam, max(0, len(self._context) - self._seam_bytes)):
                at = match.end() - self._rest_bytes
                if at < len(self._context) and self._is_in_link(seam[:at]):
                    self.found = True

    @staticmethod
    def _is_in_link(before: bytes | bytearray) -> bool:
        context = before[-_CONTEXT_BYTES:]
        if b"-->" in context:
            context = _COMMENT.sub(b"", context)
        if context.rfind(b"<") > context.rfind(b">"):
            return False
        links = list(_LINK.finditer(context))
        return bool(links) and not links[-1][1] and b"href" in links[-1][2].lower()


@cache
def _needles(word: bytes) -> tuple[re.Pattern[bytes], ...]:
    """The word without its first letter, found by its rarest: a search is as slow as its first byte is
    common.
    """
    rest = word[1:].lower()
    rare = min(range(len(rest)), key=lambda index: _BY_RARITY.find(rest[index]))
    return tuple(
        re.compile(re.escape(spelt[rare:]) + rb"(?<=" + re.escape(spelt) + rb")")
        for spelt in (rest, rest.upper())
    )


def _is_text(run: re.Pattern[bytes], buffer: bytes | bytearray, start: int, at: int) -> bool:
    """Whether the run, let end here, would end here: not within a tag, a comment or a script."""
    match = run.match(buffer, start, at)
    return match is not None and match.end() == at
