"""The ASGI door: carries messages between server, engine and application; decides nothing.

Every message that is not understood is forwarded at once and in order. Nothing is answered for the
application, nothing received in its place, no task is started.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from privacy_mw import headers
from privacy_mw.caching import VOID_FIELDS
from privacy_mw.config import PrivacyConfig
from privacy_mw.errors import ApplicationError
from privacy_mw.exchange import Exchange
from privacy_mw.messages import ReadForm, Reply, RequestHead
from privacy_mw.request_privacy import RequestPrivacy
from privacy_mw.setup import SCOPE_KEY, make_engine

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_READ_BYTES = 64 * 1024
"""Of a file at a time."""


class PrivacyMiddleware:
    """Wraps an ASGI application: ``PrivacyMiddleware(app, secret_key=...)``.

    The application finds a RequestPrivacy in ``scope["privacy_mw"]``. Wrapped twice, the outer one works.
    """

    def __init__(self, app: ASGIApp, /, config: PrivacyConfig | None = None, **settings: Any) -> None:
        """Settings as in PrivacyConfig. Raises ConfigError."""
        self.app = app
        self.engine = make_engine(config, settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind not in ("http", "websocket") or SCOPE_KEY in scope:
            await self.app(scope, receive, send)
            return
        if type(scope["headers"]) is not list:
            # ASGI allows any iterable; one that can be read once only would be empty for the application.
            scope["headers"] = list(scope["headers"])
        head = request_head(scope)
        opened = self.engine.open(head) if kind == "http" else self.engine.exchange(head)
        if isinstance(opened, Exchange):
            inner = _inner_scope(scope, opened)
            sender = _WebSocketSender if kind == "websocket" else _HttpSender
            try:
                await self.app(inner, receive, sender(opened, send).send)
            finally:
                _hand_back(inner, scope)
        elif opened is None:
            await self.app(scope, receive, send)
        elif isinstance(opened, ReadForm):
            body = await read_body(receive, opened.limit_bytes)
            if body is not None:
                await _answer(self.engine.submit(opened, body), head, send)
        else:
            await _answer(opened, head, send)


def _inner_scope(scope: Scope, exchange: Exchange) -> Scope:
    """A shallow copy with what is decided and without what was refused."""
    inner = dict(scope)
    inner["headers"] = exchange.request_fields(scope["headers"])
    inner[SCOPE_KEY] = RequestPrivacy(exchange)
    return inner


def _hand_back(inner: Scope, scope: Scope) -> None:
    """What routers note for those outside of them (route, endpoint …) has to reach them."""
    if len(inner) > len(scope) + 1:
        scope.update((key, inner[key]) for key in inner.keys() - scope.keys() - {SCOPE_KEY})


def request_head(scope: Scope) -> RequestHead:
    """The request as a value. Only what the ASGI specification demands of a scope is needed."""
    fields = headers.request_fields(scope["headers"])
    mount = scope.get("root_path", "")
    path = scope["path"]
    return RequestHead(
        scope.get("method", "GET"),
        scope.get("scheme", "http"),
        fields.get(b"host", b"").decode("latin-1").lower(),
        mount,
        # With root_path, servers give the whole path; old ones gave what is below it.
        path[len(mount) :] if mount and path.startswith(mount) else path,
        scope.get("query_string", b""),
        fields,
    )


async def read_body(receive: Receive, limit_bytes: int) -> bytes | None:
    """The request's body, or its first ``limit_bytes + 1``; None when the client is gone."""
    body = b""
    while len(body) <= limit_bytes:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return body[: limit_bytes + 1]


async def _answer(reply: Reply, head: RequestHead, send: Send) -> None:
    length = (b"content-length", b"%d" % len(reply.body))
    fields = [*headers.without(reply.fields, frozenset({length[0]})), length]
    await send({"type": "http.response.start", "status": reply.status, "headers": fields})
    body = b"" if head.method == "HEAD" else reply.body
    await send({"type": "http.response.body", "body": body, "more_body": False})


class _HttpSender:
    """``send`` for the application: the head is held until the first body message, and only for a
    page that is rewritten; its length is then exact if that message is the last."""

    __slots__ = ("_exchange", "_held", "_keeps_length", "_rewrites", "_send")

    def __init__(self, exchange: Exchange, send: Send) -> None:
        self._exchange = exchange
        self._send = send
        self._rewrites = False
        self._keeps_length = False
        self._held: Message | None = None

    async def send(self, message: Message) -> None:
        try:
            kind = message["type"]
        except (KeyError, TypeError) as error:
            raise _untyped(message) from error
        if kind == "http.response.start":
            message = self._started(message)
            if self._rewrites and not self._keeps_length:
                self._held = message
                return
        elif kind == "http.response.early_hint":
            hinted = self._hinted(message)
            if hinted is None:
                return
            message = hinted
        elif self._rewrites:
            await self._edit(message)
            return
        await self._send(message)

    def _hinted(self, message: Message) -> Message | None:
        """Early hints without what is refused; None when nothing is left of them."""
        links = [self._exchange.link_value(bytes(link)) for link in message.get("links", ())]
        kept = [link for link in links if link]
        return {**message, "links": kept} if kept or not links else None

    def _started(self, message: Message) -> Message:
        """The response's start as it may leave."""
        status = message.get("status")
        if not isinstance(status, int):
            raise ApplicationError(f"the application started a response with the status {status!r} (ASGI)")
        head = self._exchange.start_response(status, _fields_of(message))
        self._rewrites, self._keeps_length = head.rewrites, head.keeps_length
        return {**message, "status": head.status, "headers": head.fields}

    async def _edit(self, message: Message) -> None:
        """What follows the start of a page."""
        kind = message["type"]
        if kind == "http.response.body":
            await self._body(_body_of(message), more=message.get("more_body", False))
        elif self._keeps_length:
            await self._send(message)
        elif kind == "http.response.pathsend":
            await self._file(message["path"])
        elif kind == "http.response.zerocopysend":
            await self._descriptor(message)
        else:
            await self._release()
            await self._send(_without_void_trailers(message))

    async def _release(self) -> None:
        if self._held is not None:
            started, self._held = self._held, None
            await self._send(started)

    async def _body(self, body: bytes, *, more: bool) -> None:
        parts: list[bytes] = []
        for part in self._exchange.steps(body):
            if parts:
                await asyncio.sleep(0)  # the event loop serves others
            parts.append(part)
        if not more:
            parts.append(self._exchange.finish())
        out = b"".join(parts)
        if self._held is not None and not more and not self._held.get("trailers", False):
            length = (b"content-length", b"%d" % len(out))
            self._held["headers"] = [*self._held["headers"], length]
        await self._release()
        await self._send({"type": "http.response.body", "body": out, "more_body": more})

    async def _file(self, path: str) -> None:
        """A page sent as a file's path: read in a thread, because the server would not edit it."""
        with await asyncio.to_thread(open, path, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, _READ_BYTES):
                await self._body(chunk, more=True)
        await self._body(b"", more=False)

    async def _descriptor(self, message: Message) -> None:
        """The same for an open file, which the application closes once this returns."""
        descriptor = message["file"].fileno() if hasattr(message["file"], "fileno") else message["file"]
        left = message.get("count")
        offset = message.get("offset")
        while left is None or left > 0:
            wanted = _READ_BYTES if left is None else min(_READ_BYTES, left)
            chunk = await asyncio.to_thread(_read_at, descriptor, wanted, offset)
            if not chunk:
                break
            left = None if left is None else left - len(chunk)
            offset = None if offset is None else offset + len(chunk)
            await self._body(chunk, more=True)
        await self._body(b"", more=message.get("more_body", False))


def _untyped(message: object) -> ApplicationError:
    return ApplicationError(f"the application sent a message without a type: {message!r:.200} (ASGI)")


def _fields_of(message: Message) -> headers.FieldList:
    """The message's header fields in a list of their own: the application's may be read once only, or serve
    for many responses."""
    try:
        return [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
    except (TypeError, ValueError) as error:
        problem = "the application sent headers that are no pairs of byte strings (ASGI)"
        raise ApplicationError(f"{problem}: {error}") from error


def _body_of(message: Message) -> bytes:
    try:
        return bytes(message.get("body", b""))
    except TypeError as error:
        problem = f"the application sent a body of type {type(message['body']).__name__} (ASGI)"
        raise ApplicationError(problem) from error


def _read_at(descriptor: int, count: int, offset: int | None) -> bytes:
    return os.read(descriptor, count) if offset is None else os.pread(descriptor, count, offset)


def _without_void_trailers(message: Message) -> Message:
    if message["type"] != "http.response.trailers":
        return message
    return {**message, "headers": headers.without(message.get("headers", ()), VOID_FIELDS)}


class _WebSocketSender:
    """``send`` for a websocket application: cookies are judged, everything else passes."""

    __slots__ = ("_exchange", "_send")

    def __init__(self, exchange: Exchange, send: Send) -> None:
        self._exchange = exchange
        self._send = send

    async def send(self, message: Message) -> None:
        try:
            kind = message["type"]
        except (KeyError, TypeError) as error:
            raise _untyped(message) from error
        if kind in ("websocket.accept", "websocket.http.response.start"):
            message = {**message, "headers": self._exchange.without_refused(_fields_of(message))}
        await self._send(message)
