"""The rewriter: bytes of a page in, the page as it may be sent out, nothing held that need not be."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from privacy_mw.html.document import BodyFinder
from privacy_mw.html.links import LinkWatch
from privacy_mw.html.runs import Runs
from privacy_mw.html.scanner import MAX_HELD_TAG_BYTES, TagScanner
from privacy_mw.html.tag import StartTag
from privacy_mw.html.tokens import Kind, Place, Token

logger = logging.getLogger("privacy_mw")


class Editor(Protocol):
    """Who judges what a page loads."""

    runs: Runs

    def suspects(self, data: bytes | bytearray, start: int) -> list[int]:
        """Ascending offsets, from ``start`` on, of everything that might be an address to refuse. What
        has none of them, and is written plainly, is not shown to ``edit_tag``.
        """

    @property
    def sees_every_tag(self) -> bool:
        """Whether every start tag is to be shown, suspects or not. Asked again behind each base element."""

    @property
    def looks_anew(self) -> bool:
        """Whether the tag just edited makes more of what follows count than ``suspects`` has told."""

    def new_suspects(self, data: bytes | bytearray, start: int) -> Iterable[int]:
        """Then the offsets of that."""

    def holds_text(self, tag: StartTag) -> bool:
        """Whether a script's text is needed to judge its start tag."""

    def edit_tag(self, tag: StartTag, text: bytes) -> bytes | None:
        """The bytes to send in place of the tag; None to send it as it is."""

    def edit_style(self, css: bytes, offset: int) -> bytes | None:
        """The same for a piece of a style element's text, and where it stands in the page."""

    def failed(self, tag: StartTag) -> bytes | None:
        """The same for a tag whose judging raised an error."""


class Inserts(NamedTuple):
    """What a full document gets besides. ASCII markup that is the same in every charset."""

    body_start: bytes = b""
    """Right behind ``<body>``."""
    body_end: bytes = b""
    """Before ``</body>``, or at the end of a document that has none."""
    body_end_when_linked: bytes = b""
    """The same for a page that has a link with ``link_word`` of its own."""
    link_word: bytes = b"privacy"


class Rewriter:
    """One page. ``feed`` each chunk, then ``finish``; the output is the same for every cut into chunks."""

    def __init__(self, editor: Editor, inserts: Inserts | None, *, has_scripts: bool = True) -> None:
        """``inserts`` is None when nothing may be put in, full document or not. Without ``has_scripts`` a
        noscript is read as markup.
        """
        self._editor = editor
        self._inserts = inserts or Inserts()
        self._body = BodyFinder()
        self._watch = LinkWatch(self._inserts.link_word)
        self._wants_end = False
        self._is_enclosed = False
        self._other: Rewriter | None = None
        """For text that is markup in another reading."""
        suspects = None if editor.sees_every_tag else editor.suspects
        self._scanner = TagScanner(editor.runs, editor.holds_text, suspects, has_scripts=has_scripts)

    def feed(self, chunk: bytes) -> bytes:
        """What may go out now. Bytes that are not blocked leave at once, unchanged."""
        if len(chunk) <= MAX_HELD_TAG_BYTES:
            self._scanner.append(chunk)
            return self._drain()
        return b"".join(
            self.feed(chunk[at : at + MAX_HELD_TAG_BYTES]) for at in range(0, len(chunk), MAX_HELD_TAG_BYTES)
        )

    def finish(self) -> bytes:
        """What was held, and what belongs to the end of a document without ``</body>``."""
        self._scanner.append(b"")
        self._scanner.finish()
        rest = self._drain()
        if self._wants_end and self._scanner.is_in_markup:
            rest += self._end()
        return rest

    def finish_fragment(self) -> bytes:
        """The same for markup that something ends from outside: what is still open in it is closed."""
        parts = []
        while closer := self._scanner.closer():
            parts.append(self.feed(closer))
        return b"".join([*parts, self.finish()])

    def _other_reading(self) -> Rewriter:
        """A rewriter for text that another reading takes for markup: that of a noscript, or, when the scanner
        is in doubt, that of a frameset.
        """
        is_frameset = self._scanner.is_in_doubt
        other = Rewriter(self._editor, None, has_scripts=is_frameset)
        other._is_enclosed = not is_frameset
        other._body.place = other._scanner.place = Place.FRAMESET if is_frameset else Place.BODY
        return other

    def _drain(self) -> bytes:
        scanner, parts, copied = self._scanner, [], 0
        buffer = scanner.buffer
        while (token := scanner.next()) is not None:
            kind, start, end, name, text_end, tag = token
            opens_at = self._follow(token) if self._body.place is not Place.BODY else None
            if opens_at == start:
                parts += [buffer[copied:start], self._inserts.body_start]
                copied = start
            if tag is not None:
                tag.offset = scanner.begins_at + start
                tag.is_in_body = self._body.place is Place.BODY and not self._is_enclosed
                edited = self._edit_tag(tag, bytes(buffer[end:text_end]))
            elif kind is Kind.END and name == b"body" and self._wants_end:
                edited, end = self._end(), start
            else:
                edited = self._edit_text(token)
            if edited is not None:
                parts += [buffer[copied:start], edited]
                copied = end
            if opens_at is not None and opens_at > start:
                parts += [buffer[copied:opens_at], self._inserts.body_start]
                copied = opens_at
        parts.append(buffer[copied : scanner.safe])
        return b"".join(parts)

    def _edit_text(self, token: Token) -> bytes | None:
        if token.kind is Kind.LEAVE:
            return token.name
        if token.kind is Kind.STYLE:
            css = bytes(self._scanner.buffer[token.start : token.end])
            return self._editor.edit_style(css, self._scanner.begins_at + token.start)
        return self._edit_other(token) if token.kind is Kind.OTHER_READING else None

    def _edit_tag(self, tag: StartTag, text: bytes) -> bytes | None:
        editor = self._editor
        if self._is_enclosed and tag.name == b"plaintext":
            return b"&lt;" + tag.raw[1:]  # nothing could close it
        try:
            edited = editor.edit_tag(tag, text)
        except Exception:
            logger.exception(
                "an element could not be judged and was made harmless: <%s>", tag.name.decode("latin-1")
            )
            edited = editor.failed(tag)
        if tag.name == b"base" and editor.sees_every_tag:
            self._scanner.see_every_tag()
        elif editor.looks_anew:
            self._scanner.look_for(editor.new_suspects)
        return edited

    def _edit_other(self, token: Token) -> bytes:
        """Text in this reading: judged as the markup that it is in the other."""
        piece = bytes(self._scanner.buffer[token.start : token.end])
        if self._other is None:
            self._other = self._other_reading()
            self._other._scanner.begins_at = self._scanner.begins_at + token.start
        out = self._other.feed(piece)
        if token.name:
            out += self._other.finish_fragment() if self._other._is_enclosed else self._other.finish()
            self._other = None
            if self._editor.sees_every_tag:
                self._scanner.see_every_tag()  # a base in it
        return out

    def _follow(self, token: Token) -> int | None:
        """Looks for the body: where it opens, if it is here."""
        opens_at = self._body.see(token)
        self._scanner.place = self._body.place
        if opens_at is not None and self._inserts.body_end:
            self._wants_end = True
            self._scanner.on_markup = self._watch.see
        return opens_at

    def _end(self) -> bytes:
        self._wants_end = False
        self._scanner.on_markup = None
        inserts = self._inserts
        return inserts.body_end_when_linked if self._watch.found else inserts.body_end
