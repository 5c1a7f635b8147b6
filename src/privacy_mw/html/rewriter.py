"""The rewriter: bytes of a page in, the page as it may be sent out, nothing held that need not be."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from privacy_mw.html.document import BodyFinder
from privacy_mw.html.links import LinkWatch
from privacy_mw.html.scanner import Kind, Names, Place, TagScanner, Token
from privacy_mw.html.tag import StartTag


class Editor(Protocol):
    """Who judges tags. ``names`` are the start tags it wants to see."""

    names: Names

    def holds_text(self, tag: StartTag) -> bool:
        """Whether a script's text is needed to judge its start tag."""

    def edit_tag(self, tag: StartTag, text: bytes) -> bytes | None:
        """The bytes to send in place of the tag; None to send it as it is."""


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

    def __init__(self, editor: Editor, inserts: Inserts | None) -> None:
        """``inserts`` is None when nothing may be put in, full document or not."""
        self._editor = editor
        self._inserts = inserts or Inserts()
        self._body = BodyFinder()
        self._watch = LinkWatch(self._inserts.link_word)
        self._wants_end = False
        self._scanner = TagScanner(editor.names, editor.holds_text)

    def feed(self, chunk: bytes) -> bytes:
        """What may go out now. Bytes that are not blocked leave at once, unchanged."""
        self._scanner.append(chunk)
        return self._drain()

    def finish(self) -> bytes:
        """What was held, and what belongs to the end of a document without ``</body>``."""
        self._scanner.append(b"")
        self._scanner.finish()
        rest = self._drain()
        if self._wants_end and self._scanner.is_in_markup:
            rest += self._end()
        return rest

    def _drain(self) -> bytes:
        scanner, parts, copied = self._scanner, [], 0
        buffer, wanted = scanner.buffer, self._editor.names.start_tags
        while (token := scanner.next()) is not None:
            opens_at = self._follow(token) if scanner.place is not Place.BODY else None
            if opens_at == token.start:
                parts += [buffer[copied:opens_at], self._inserts.body_start]
                copied = opens_at
            if token.kind is Kind.START and token.name in wanted:
                edited = self._edit(token)
                if edited is not None:
                    parts += [buffer[copied : token.start], edited]
                    copied = token.end
            if opens_at == token.end != token.start:
                parts += [buffer[copied:opens_at], self._inserts.body_start]
                copied = opens_at
            if token.kind is Kind.END and token.name == b"body" and self._wants_end:
                parts += [buffer[copied : token.start], self._end()]
                copied = token.start
        parts.append(buffer[copied : scanner.safe])
        return b"".join(parts)

    def _edit(self, token: Token) -> bytes | None:
        buffer = self._scanner.buffer
        tag = token.tag or StartTag(
            token.name, bytes(buffer[token.start : token.end]), is_whole=token.is_whole
        )
        return self._editor.edit_tag(tag, bytes(buffer[token.end : token.text_end]))

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
