"""One request and its response, as values in and bytes out. Knows no socket, file, framework or clock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from privacy_mw import caching
from privacy_mw.cookies import RefusedCookie, cap_lifetime, edit_cookie_header, is_deletion, set_cookie_name
from privacy_mw.deletion import names_deleted
from privacy_mw.drops import Drop, Drops
from privacy_mw.editor import PageEditor
from privacy_mw.headers import Field, FieldList, media_type, merge_vary
from privacy_mw.html.charset import has_wide_mark, is_ascii_compatible
from privacy_mw.html.rewriter import Inserts, Rewriter
from privacy_mw.html.seven_bit import LABELS, PRESCAN_BYTES, Filter, SevenBitFilter, declares_seven_bit
from privacy_mw.link_field import edit_link_field
from privacy_mw.messages import Reply, RequestHead, ResponseHead
from privacy_mw.policy import Decision

logger = logging.getLogger("privacy_mw")

_BODILESS = frozenset({204, 205, 304})
_FRAMES = frozenset({b"iframe", b"frame", b"embed", b"object", b"fencedframe"})
_COOKIE = b"cookie"
_CONDITIONS = frozenset({b"if-none-match", b"if-match", b"if-modified-since"})
_EDITED = (_COOKIE, *_CONDITIONS)


class PageParts(Protocol):
    """What an exchange asks of the engine it belongs to."""

    vary: tuple[bytes, ...]
    explains: bool
    """Whether responses say what was done, for developers."""

    @property
    def drops(self) -> Drops:
        """Where what is done to cookies is counted."""

    def now(self) -> float:
        """Unix seconds."""

    def most_cookie_seconds(self, name: bytes) -> int | None:
        """How long a cookie of this name may live; None where the site sets no bound."""

    def inserts(self, head: RequestHead, decision: Decision) -> Inserts | None:
        """What a full document gets; None for a page that gets nothing."""

    def editor(self, head: RequestHead, decision: Decision) -> PageEditor:
        """Who judges the tags of a page for this visitor."""

    def deletions(self, head: RequestHead, decision: Decision) -> FieldList:
        """Set-Cookie fields that delete what the visitor has refused, some of it at a time."""

    def variant(self, inserts: Inserts | None, decision: Decision) -> bytes:
        """A name for what makes this visitor's page differ."""


class Exchange:
    """From request to response, once. ``decision`` is what the application gets to see."""

    __slots__ = (
        "_begun",
        "_dropped",
        "_fallback",
        "_head",
        "_parts",
        "_prescanned",
        "_refusal_of",
        "_replacement",
        "_revalidates",
        "_rewriter",
        "decision",
        "is_finished",
    )

    def __init__(
        self,
        parts: PageParts,
        head: RequestHead,
        decision: Decision,
        refusal_of: Callable[[bytes], RefusedCookie | None],
        fallback: Reply | None = None,
    ) -> None:
        """``fallback`` is given in place of an application's 404."""
        self.decision = decision
        self._parts = parts
        self._head = head
        self._refusal_of = refusal_of
        self._fallback = fallback
        self._dropped: dict[bytes, bytes] = {}
        """Set-Cookie lines that did not leave, to the names in them."""
        self._rewriter: Filter | None = None
        self._begun = False
        self._prescanned: bytes | None = None
        """The beginning of a page whose header names no charset, while it may name one itself."""
        self._replacement: bytes | None = None
        self._revalidates = False
        self.is_finished = False
        """A door that had the whole body at once says so here: there is nothing more to feed."""

    # --- the request ---

    def request_fields(self, fields: Iterable[Field]) -> FieldList:
        """The request's fields as the application may see them, in a list of their own.

        Refused cookie pairs are cut out, and validators of our variants are taken back to the app's.
        """
        edited = list(fields)
        for name in _EDITED:
            if name in self._head.fields:
                self._edit_lines(edited, name)
        return edited

    def _edit_lines(self, fields: FieldList, name: bytes) -> None:
        """Edits each line called ``name`` (given in lower case) in place."""
        try:
            # The usual line: its name in lower case, as ASGI has it, and the only one, so that its value
            # is the head's. To compare whole lines costs half of lowering each name once more.
            places = [fields.index((name, self._head.fields[name]))]
        except ValueError:
            places = [place for place, field in enumerate(fields) if field[0].lower() == name]
        for place in reversed(places):
            spelling, before = fields[place]
            value = self.request_value(name, before)
            if value is None:
                del fields[place]
            else:
                fields[place] = (spelling, value)

    def request_value(self, name: bytes, value: bytes) -> bytes | None:
        """One of the fields above (its name in lower case) for the application; the same object when
        unchanged, None to drop it."""
        if name == _COOKIE:
            kept, refused = edit_cookie_header(value, self._refusal_of)
            if refused:
                self._note_hidden(refused)
            return kept if kept or kept is value else None
        edited = caching.condition_for_app((name, value), self._variant(), self._destination)
        if edited == value:
            return value
        self._revalidates = True
        return edited

    def _note_hidden(self, refused: list[RefusedCookie]) -> None:
        for refusal in refused:
            self._parts.drops.add(Drop.HIDDEN, refusal)
        self.decision = self.decision.hiding(refused)

    # --- the response ---

    def set_cookie_value(self, line: bytes) -> bytes | None:
        """A Set-Cookie line as it may leave: the same object, or one with a shorter life.

        None to drop it: for a refused name, unless it deletes the cookie.
        """
        name = set_cookie_name(line)
        if name is None:
            logger.warning("a Set-Cookie line with control characters was dropped: %.80r", line)
            return None
        if refusal := self._refusal_of(name):
            if is_deletion(line, self._parts.now()):
                return line
            if line not in self._dropped:
                self._dropped[line] = name
                self._parts.drops.add(Drop.DROPPED, refusal)
            return None
        most_seconds = self._parts.most_cookie_seconds(name)
        return line if most_seconds is None else cap_lifetime(line, most_seconds, self._parts.now())

    def link_value(self, value: bytes) -> bytes:
        """A Link field without what a browser would fetch from a refused host; the same object when nothing
        is refused, empty when nothing is left (RFC 8288; HTML Standard 4.6.8, "processing Link headers").
        """
        if b"//" not in value:
            return value
        return edit_link_field(value, self._parts.editor(self._head, self.decision).refuses_link)

    def without_refused(self, fields: FieldList) -> FieldList:
        """The response's fields without refused cookies and links; it then varies with what was refused.

        The same object when nothing is refused and no cookie's life is cut short.
        """
        kept: FieldList = []
        is_refusing = False
        for field in fields:
            name, value = field
            match name.lower():
                case b"link" if (link := self.link_value(value)) is not value:
                    is_refusing = True
                    if link:
                        kept.append((name, link))
                case b"set-cookie" if (line := self.set_cookie_value(value)) is not value:
                    # A life that is cut short is so for every visitor: nothing varies with it.
                    if line is None:
                        is_refusing = True
                    else:
                        kept.append((name, line))
                case _:
                    kept.append(field)
        if is_refusing:
            return self._vary(kept)
        return fields if kept == fields else kept

    def start_response(self, status: int, fields: FieldList) -> ResponseHead:
        """The head as it may leave. ``fields`` is not changed; equal fields are passed as they are."""
        head = self._start_response(status, fields)
        return self._explained(head) if self._parts.explains else head

    def _explained(self, head: ResponseHead) -> ResponseHead:
        deleted = names_deleted(value for name, value in head.fields if name == b"set-cookie")
        done = {"dropped": self._dropped.values(), "deleted": deleted}
        lists = (
            f"; {word}: {', '.join(sorted({_printable(name) for name in names}))}"
            for word, names in done.items()
            if names
        )
        text = _printable(self.decision.explain().encode("latin-1", "replace")) + "".join(lists)
        return head._replace(fields=[*head.fields, (b"x-privacy", text.encode("ascii"))])

    def _start_response(self, status: int, fields: FieldList) -> ResponseHead:
        self._rewriter, self._replacement, self._begun, self._prescanned = None, None, False, None
        if status == 404 and self._fallback is not None:
            return self._replace(self._fallback)
        edited = fields
        is_html = False
        for name, value in fields:
            lower = name.lower()
            if lower == b"set-cookie":
                if self.set_cookie_value(value) is not value:
                    edited = self.without_refused(fields)
                    break
            elif lower == b"link":
                if self.link_value(value) is not value:
                    edited = self.without_refused(fields)
                    break
            elif lower == b"content-type" and value.lstrip()[:9].lower() == b"text/html":
                is_html = True
        else:
            if not is_html and status != 304:
                return ResponseHead(status, edited, False)
        if self._is_page(status, fields):
            return self._start_page(status, edited)
        if status == 304 and self._revalidates:
            edited = self._vary(caching.fields_of_variant(edited, self._variant()))
        return ResponseHead(status, edited, False)

    def feed(self, chunk: bytes) -> bytes:
        """A chunk of the body in, what may go out now."""
        if self._replacement is not None:
            return b""
        if not self._begun and chunk:
            self._begun = True
            if has_wide_mark(chunk):
                logger.warning("a page in UTF-16 passes as it is: %s", self._head.path)
                self._rewriter = None
        if self._prescanned is not None:
            self._prescan(chunk)
        return self._rewriter.feed(chunk) if self._rewriter else chunk

    def _prescan(self, chunk: bytes) -> None:
        beginning = (self._prescanned or b"") + chunk[:PRESCAN_BYTES]
        is_seven_bit = declares_seven_bit(beginning)
        if self._rewriter and is_seven_bit:
            self._rewriter = SevenBitFilter(self._rewriter)
        self._prescanned = None if is_seven_bit or len(beginning) >= PRESCAN_BYTES else beginning

    def finish(self) -> bytes:
        """The body is complete: what was held, what was to be added."""
        if self._replacement is not None:
            return self._replacement
        return self._rewriter.finish() if self._rewriter else b""

    def _replace(self, reply: Reply) -> ResponseHead:
        self._replacement = b"" if self._head.method == "HEAD" else reply.body
        return ResponseHead(reply.status, reply.fields, True)

    def _is_page(self, status: int, fields: FieldList) -> bool:
        """Whether the body is one that a browser parses as HTML and that can be edited."""
        kind, charset = media_type(fields)
        if kind != b"text/html" or status in _BODILESS or status == 206 or not status >= 200:
            return False
        if 300 <= status < 400:
            return False
        for name, value in fields:
            match name.lower():
                case b"content-disposition" if value.lstrip().lower().startswith(b"attachment"):
                    return False
                case b"content-range" | b"x-sendfile" | b"x-accel-redirect":
                    return False
                case b"content-encoding" if value.strip().lower() not in (b"", b"identity"):
                    logger.warning("an encoded page passes as it is: %s", self._head.path)
                    return False
        if not is_ascii_compatible(charset):
            logger.warning("a page in %r passes as it is: %s", charset, self._head.path)
            return False
        return True

    def _start_page(self, status: int, fields: FieldList) -> ResponseHead:
        inserts = self._parts.inserts(self._head, self.decision)
        if self._destination in _FRAMES:
            inserts = None
        edited = self._vary(caching.fields_of_variant(fields, self._variant()))
        edited = [*edited, *self._parts.deletions(self._head, self.decision)]
        if self._head.method == "HEAD":
            return ResponseHead(status, edited, False)
        self._rewriter = Rewriter(self._parts.editor(self._head, self.decision), inserts)
        _, charset = media_type(fields)
        self._prescanned = None if charset else b""
        if charset in LABELS:
            self._rewriter = SevenBitFilter(self._rewriter)
        return ResponseHead(status, edited, True)

    def _vary(self, fields: FieldList) -> FieldList:
        return merge_vary(fields, self._parts.vary)

    @property
    def _destination(self) -> bytes | None:
        return self._head.fields.get(b"sec-fetch-dest")

    def _variant(self) -> bytes:
        inserts = self._parts.inserts(self._head, self.decision)
        return self._parts.variant(None if self._destination in _FRAMES else inserts, self.decision)


def _printable(text: bytes) -> str:
    """Text for a header field: what is not printable ASCII is percent-encoded."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else f"%{byte:02X}" for byte in text)
