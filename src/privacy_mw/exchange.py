"""One request and its response, as values in and bytes out. Knows no socket, file, framework or clock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from privacy_mw import caching
from privacy_mw.body import Body, CodedBody, PlainBody
from privacy_mw.codings import readable_only
from privacy_mw.cookies import RefusedCookie, cap_lifetime, edit_cookie_header, is_deletion, set_cookie_name
from privacy_mw.deletion import names_deleted
from privacy_mw.documents import FRAMES, NAVIGATIONS, Document, may_ask_for_page, read_document
from privacy_mw.drops import Drop, Drops
from privacy_mw.editor import PageEditor
from privacy_mw.headers import Field, FieldList, first, merge_vary
from privacy_mw.html.rewriter import Inserts, Rewriter
from privacy_mw.link_field import edit_link_field
from privacy_mw.messages import Reply, RequestHead, ResponseHead
from privacy_mw.nonces import read_nonces
from privacy_mw.policy import Decision
from privacy_mw.purposes import Purpose
from privacy_mw.refusals import Held
from privacy_mw.tracking_status import with_status

logger = logging.getLogger("privacy_mw")

_COOKIE = b"cookie"
_ACCEPT_ENCODING = b"accept-encoding"
_CONDITIONS = (b"if-none-match", b"if-match", b"if-modified-since")
_RANGES = (b"range", b"if-range")
# Nearly every request accepts codings, and nearly none has to be edited for it.
_LOOKED_AT = (_COOKIE, *_CONDITIONS, *_RANGES)
EDITED_FIELDS = (*_LOOKED_AT, _ACCEPT_ENCODING)
"""Request fields that the application may see otherwise than they came, in lower case."""


class View(NamedTuple):
    """For whom a page is made: for the visitor of ``decision``, or, when it ``is_uniform``, for everybody,
    and the browser puts in what its visitor allows. ``language`` is a tag of BCP 47.
    """

    decision: Decision
    language: str | None = None
    is_uniform: bool = False


class PageParts(Protocol):
    """What an exchange asks of the engine it belongs to."""

    vary: tuple[bytes, ...]
    explains: bool
    """Whether responses say what was done, for developers."""
    keeps_transformed: bool
    """Whether pages with ``Cache-Control: no-transform`` are left as they are."""
    tells_status: bool
    """Whether every response says in Tk how DNT was answered."""
    uniform: Decision
    """What is decided for everybody."""

    @property
    def drops(self) -> Drops:
        """Where what is done to cookies is counted."""

    def now(self) -> float:
        """Unix seconds."""

    def most_cookie_seconds(self, name: bytes) -> int | None:
        """How long a cookie of this name may live; None where the site sets no bound."""

    def is_uniform(self, shared: Callable[[], bool]) -> bool:
        """Whether a page is made for everybody; ``shared`` says whether its caches may be shared ones."""

    def inserts(self, head: RequestHead, view: View) -> Inserts | None:
        """What a full document gets; None for a page that gets nothing."""

    def editor(
        self, head: RequestHead, view: View, report: Callable[[Held], None] | None = None
    ) -> PageEditor:
        """Who judges the tags of a page; ``report`` is told of all held back."""

    def deletions(self, head: RequestHead, decision: Decision) -> FieldList:
        """Set-Cookie fields that delete what the visitor has refused, some of it at a time."""

    def variant(self, inserts: Inserts | None, view: View) -> bytes:
        """A name for what makes this page differ from others."""

    def permission_page(self, head: RequestHead, view: View, purpose: Purpose) -> Reply:
        """What a visitor gets in place of a page that needs a purpose."""


class Exchange:
    """From request to response, once. ``decision`` is what the application gets to see."""

    __slots__ = (
        "_body",
        "_dropped",
        "_fallback",
        "_head",
        "_is_blocking",
        "_is_inserting",
        "_is_personal",
        "_named_variants",
        "_parts",
        "_places_link",
        "_refusal_of",
        "_replacement",
        "decision",
        "is_finished",
        "language",
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
        self.language: str | None = None
        """The application's, where a door knows it; Content-Language says it too."""
        self._parts = parts
        self._head = head
        self._refusal_of = refusal_of
        self._fallback = fallback
        self._dropped: dict[bytes, bytes] = {}
        """Set-Cookie lines that did not leave, to the names in them."""
        self._body: Body | None = None
        self._replacement: bytes | None = None
        self._named_variants: frozenset[bytes] = frozenset()
        """Those of our pages that the client has kept and asks about."""
        self._is_personal = False
        self._is_inserting = True
        self._is_blocking = True
        self._places_link = True
        self.is_finished = False
        """A door that had the whole body at once says so here: there is nothing more to feed."""

    # --- what the application may say ---

    def exempt(self, *, blocking: bool = False) -> None:
        """Nothing is put into the response; with ``blocking`` nothing in it is held back either."""
        self._is_inserting = False
        self._is_blocking = self._is_blocking and not blocking

    def has_link(self) -> None:
        """The application has placed the links itself."""
        self._places_link = False

    def read_decision(self) -> Decision:
        """The decision for an application that may go by it: its page is then this visitor's alone."""
        self._is_personal = True
        return self.decision

    @property
    def is_for_everybody(self) -> bool:
        """Whether it is certain already that everybody gets the same page."""
        return self._view_for(None).is_uniform

    def footer(self) -> bytes:
        """The links that a page gets before its end, for an application that places them itself."""
        inserts = self._parts.inserts(self._head, self._view_for(None))
        self.has_link()
        return inserts.body_end if inserts else b""

    def permission_page(self, purpose: Purpose) -> Reply:
        """What to answer in place of a page that needs a purpose the visitor has not allowed."""
        self.read_decision()
        self.exempt()
        return self._parts.permission_page(self._head, self._view_for(None), purpose)

    # --- the request ---

    def request_fields(self, fields: Iterable[Field]) -> FieldList:
        """The request's fields as the application may see them, in a list of their own.

        Refused cookie pairs are cut out, and validators of our variants are taken back to the app's.
        """
        edited = list(fields)
        sent = self._head.fields
        for name in _LOOKED_AT:
            if name in sent:
                self._edit_lines(edited, name)
        if (accepted := sent.get(_ACCEPT_ENCODING)) and readable_only(accepted) is not accepted:
            self._edit_lines(edited, _ACCEPT_ENCODING)
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
        """One of the EDITED_FIELDS for the application; the same object when unchanged, None to drop it."""
        if name == _COOKIE:
            kept, refused = edit_cookie_header(value, self._refusal_of)
            if refused:
                self._note_hidden(refused)
            return kept if kept or kept is value else None
        if name == _ACCEPT_ENCODING:
            readable = readable_only(value)
            return readable if readable is not value and self._may_be_page else value
        if name in _RANGES:
            # Offsets count what the application would send, not what would leave (RFC 9110 section 14.2).
            return None if self._may_be_page else value
        return self._condition(name, value)

    def _condition(self, name: bytes, value: bytes) -> bytes | None:
        self._named_variants |= caching.variants_in([value])
        views = (self._view_for(None, is_uniform=is_uniform) for is_uniform in (False, True))
        current = [self._variant(view) for view in views] if self._named_variants else []
        is_navigation = self._destination in NAVIGATIONS
        edited = caching.condition_for_app((name, value), current, is_navigation=is_navigation)
        return value if edited == value else edited

    def _note_hidden(self, refused: list[RefusedCookie]) -> None:
        for refusal in refused:
            self._note(Drop.HIDDEN, refusal)
        self.decision = self.decision.hiding(refused)

    def _note(self, drop: Drop, refusal: RefusedCookie) -> None:
        self._parts.drops.add(drop, refusal)

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
                self._note(Drop.DROPPED, refusal)
            return None
        most_seconds = self._parts.most_cookie_seconds(name)
        return line if most_seconds is None else cap_lifetime(line, most_seconds, self._parts.now())

    def link_value(self, value: bytes) -> bytes:
        """A Link field without what a browser would fetch from a refused host; the same object when nothing
        is refused, empty when nothing is left (RFC 8288; HTML Standard 4.6.8, "processing Link headers").
        """
        if b"//" not in value or not self._is_blocking:
            return value
        return edit_link_field(value, self._editor(self._view_for(None)).refuses_link)

    def without_refused(self, fields: FieldList) -> FieldList:
        """The response's fields without refused cookies and links; it then varies with what was refused.

        The same object when nothing is refused and no cookie's life is cut short.
        """
        kept, is_refusing = self._kept(fields)
        return merge_vary(kept, self._parts.vary) if is_refusing else kept

    def _kept(self, fields: FieldList) -> tuple[FieldList, bool]:
        """The same, and whether something of it was refused."""
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
        return (kept, is_refusing) if kept != fields else (fields, False)

    def start_response(self, status: int, fields: FieldList) -> ResponseHead:
        """The head as it may leave. ``fields`` is not changed; equal fields are passed as they are."""
        head = self._start_response(status, fields)
        if self._parts.tells_status:
            head = head._replace(fields=with_status(head.fields, self.decision))
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
        self._body, self._replacement = None, None
        if status == 404 and self._fallback is not None:
            return self._replace(self._fallback)
        edited, is_refusing = fields, False
        is_html = False
        for name, value in fields:
            lower = name.lower()
            if lower == b"set-cookie":
                if self.set_cookie_value(value) is not value:
                    edited, is_refusing = self._kept(fields)
                    break
            elif lower == b"link":
                if self.link_value(value) is not value:
                    edited, is_refusing = self._kept(fields)
                    break
            elif lower == b"content-type" and value.lstrip()[:9].lower() == b"text/html":
                is_html = True
        else:
            if not is_html and status != 304:
                return ResponseHead(status, edited, False)
        document = self._document(status, fields)
        if document is not None:
            return self._start_page(status, edited, document)
        if status == 304 and self._named_variants:
            return ResponseHead(status, self._not_modified(edited), False)
        if is_refusing:
            edited = merge_vary(edited, self._parts.vary)
        return ResponseHead(status, edited, False)

    def feed(self, chunk: bytes) -> bytes:
        """A chunk of the body in, what may go out now."""
        if self._replacement is not None:
            return b""
        return self._body.feed(chunk) if self._body else chunk

    def steps(self, chunk: bytes) -> Iterator[bytes]:
        """The same in steps of about half a millisecond."""
        if self._replacement is None:
            yield from self._body.steps(chunk) if self._body else (chunk,)

    def finish(self) -> bytes:
        """The body is complete: what was held, what was to be added."""
        if self._replacement is not None:
            return self._replacement
        return self._body.finish() if self._body else b""

    def _replace(self, reply: Reply) -> ResponseHead:
        self._replacement = b"" if self._head.method == "HEAD" else reply.body
        return ResponseHead(reply.status, reply.fields, True)

    def _document(self, status: int, fields: FieldList) -> Document | None:
        if not self._is_blocking:
            return None
        read = read_document(status, fields, keeps_transformed=self._parts.keeps_transformed)
        if isinstance(read, str):
            logger.warning("a page passes as it is: %s: %s", self._head.path, read)
            return None
        return read

    def _start_page(self, status: int, fields: FieldList, document: Document) -> ResponseHead:
        view = self._view_for(fields)
        edited = self._fields_of(view, fields)
        if not view.is_uniform:
            edited = [*edited, *self._parts.deletions(self._head, self.decision)]
        if self._head.method == "HEAD":
            return ResponseHead(status, edited, False)
        inserts = self._inserts(view)
        if inserts is not None:
            nonces = read_nonces(fields)
            inserts = inserts._replace(body_start=nonces.put_on(inserts.body_start))
        rewriter = Rewriter(self._editor(view), inserts)
        body: Body = PlainBody(rewriter, document.charset, self._head.path)
        if document.codings:
            body = CodedBody(body, document.codings, self._head.path)
        self._body = body
        return ResponseHead(status, edited, True)

    def _not_modified(self, fields: FieldList) -> FieldList:
        """What the client keeps was made for everybody or for one: its fields go on saying so."""
        likely = self._view_for(fields)
        other = self._view_for(fields, is_uniform=not likely.is_uniform)
        kept = (view for view in (likely, other) if self._variant(view) in self._named_variants)
        return self._fields_of(next(kept, likely), fields)

    def _fields_of(self, view: View, fields: FieldList) -> FieldList:
        if view.is_uniform:
            return caching.fields_of_shared_variant(fields, self._variant(view))
        return merge_vary(caching.fields_of_variant(fields, self._variant(view)), self._parts.vary)

    def _editor(self, view: View) -> PageEditor:
        return self._parts.editor(self._head, view)

    # --- for whom ---

    def _view_for(self, fields: FieldList | None, *, is_uniform: bool | None = None) -> View:
        """For whom a response with these fields is made; without fields, nothing is known of it yet."""
        if is_uniform is None:
            is_uniform = self._parts.is_uniform(lambda: self._is_shared(fields))
        language = first(fields, b"content-language") if fields is not None else None
        spoken = language.partition(b",")[0].strip().decode("latin-1") if language else self.language
        return View(self._parts.uniform if is_uniform else self.decision, spoken, is_uniform)

    def _is_shared(self, fields: FieldList | None) -> bool:
        if fields is None or self._is_personal:
            return False
        return caching.is_shared(fields, is_authorized=b"authorization" in self._head.fields)

    def _inserts(self, view: View) -> Inserts | None:
        """What is put in. A page that is the same for everybody is so within a frame, too."""
        if not self._is_inserting or (self._destination in FRAMES and not view.is_uniform):
            return None
        inserts = self._parts.inserts(self._head, view)
        if inserts is None or self._places_link:
            return inserts
        return inserts._replace(body_end=b"", body_end_when_linked=b"")

    def _variant(self, view: View) -> bytes:
        return self._parts.variant(self._inserts(view), view)

    @property
    def _destination(self) -> bytes | None:
        return self._head.fields.get(b"sec-fetch-dest")

    @property
    def _may_be_page(self) -> bool:
        return may_ask_for_page(self._destination, self._head.path)


def _printable(text: bytes) -> str:
    """Text for a header field: what is not printable ASCII is percent-encoded."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else f"%{byte:02X}" for byte in text)
