"""What would be done, told and not done: the safe way into an existing site (``report_only``)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator

from privacy_mw.cookies import RefusedCookie
from privacy_mw.drops import Drop
from privacy_mw.editor import PageEditor
from privacy_mw.exchange import Exchange, PageParts, View
from privacy_mw.headers import Field, FieldList
from privacy_mw.messages import RequestHead, ResponseHead
from privacy_mw.policy import Decision
from privacy_mw.refusals import Held

logger = logging.getLogger("privacy_mw")

_MOST_TOLD = 4096
_DONE_TO_COOKIES = {
    Drop.HIDDEN: "hide the cookie {name} from the application",
    Drop.DROPPED: "drop the cookie {name} that the application sets",
    Drop.DELETED: "delete the cookie {name}",
}


class Told:
    """What has been told already: each thing is told once. Begins anew when it is full."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def tell(self, what: str, purpose: str, path: str) -> None:
        """Logs what would be done, at the first page where it would be."""
        if what not in self._told:
            if len(self._told) >= _MOST_TOLD:
                self._told.clear()
            self._told.add(what)
            logger.info("report only: would %s (%s), first seen at %s", what, purpose, path)


class Rehearsal(Exchange):
    """An exchange that lets everything through as it is, and tells what it would have done."""

    __slots__ = ("_told",)

    def __init__(
        self,
        parts: PageParts,
        head: RequestHead,
        decision: Decision,
        refusal_of: Callable[[bytes], RefusedCookie | None],
        told: Told,
    ) -> None:
        super().__init__(parts, head, decision, refusal_of)
        self._told = told

    def request_fields(self, fields: Iterable[Field]) -> FieldList:
        unchanged = list(fields)
        super().request_fields(unchanged)
        return unchanged

    def request_value(self, name: bytes, value: bytes) -> bytes | None:
        if name == b"cookie":
            super().request_value(name, value)
        return value

    def set_cookie_value(self, line: bytes) -> bytes | None:
        super().set_cookie_value(line)
        return line

    def without_refused(self, fields: FieldList) -> FieldList:
        super().without_refused(fields)
        return fields

    def footer(self) -> bytes:
        return b""

    def start_response(self, status: int, fields: FieldList) -> ResponseHead:
        self._start_response(status, fields)
        return ResponseHead(status, fields, rewrites=self._body is not None, keeps_length=True)

    def feed(self, chunk: bytes) -> bytes:
        for _ in self.steps(chunk):
            pass
        return chunk

    def steps(self, chunk: bytes) -> Iterator[bytes]:
        if self._body is not None:
            try:
                yield from (b"" for _ in self._body.steps(chunk))
            except Exception:
                logger.exception("report only: a page could not be looked at: %s", self._head.path)
                self._body = None
        yield chunk

    def finish(self) -> bytes:
        if self._body is not None:
            self._body.finish()
        return b""

    def _note(self, drop: Drop, refusal: RefusedCookie) -> None:
        name, purpose = refusal
        self._told.tell(_DONE_TO_COOKIES[drop].format(name=name), purpose, self._head.path)

    def _note_hidden(self, refused: list[RefusedCookie]) -> None:
        for refusal in refused:
            self._note(Drop.HIDDEN, refusal)

    def _editor(self, view: View) -> PageEditor:
        return self._parts.editor(self._head, view, self._tell)

    def _tell(self, held: Held) -> None:
        if held.is_left:
            return
        address = held.reference.partition("?")[0]
        what = f"hold back <{held.element} {held.by}> {address}".rstrip()
        self._told.tell(what, held.why.purpose, self._head.path)
