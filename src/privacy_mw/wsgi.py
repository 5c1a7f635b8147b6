"""The WSGI door: carries a request and its response between server, engine and application (PEP 3333).

The server's ``start_response`` is called before the wrapped application returns, unless the application
itself is late; one item is pulled for each item given; ``close`` is called once; a response that is not
rewritten is handed on as the very object the application returned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from privacy_mw import headers
from privacy_mw.config import PrivacyConfig
from privacy_mw.errors import ApplicationError
from privacy_mw.exchange import EDITED_FIELDS, Exchange
from privacy_mw.messages import ReadForm, Reply, RequestHead
from privacy_mw.request_privacy import RequestPrivacy
from privacy_mw.setup import ENVIRON_KEY, make_engine

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None


class PrivacyMiddleware:
    """Wraps a WSGI application: ``PrivacyMiddleware(app, secret_key=...)``.

    The application finds a RequestPrivacy in ``environ["privacy_mw.decision"]``. Wrapped twice, the outer
    one works.
    """

    def __init__(self, app: WSGIApplication, /, config: PrivacyConfig | None = None, **settings: Any) -> None:
        """Settings as in PrivacyConfig. Raises ConfigError."""
        self.app = app
        self.engine = make_engine(config, settings)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if ENVIRON_KEY in environ:
            return self.app(environ, start_response)
        head = request_head(environ)
        opened = self.engine.open(head)
        if isinstance(opened, Exchange):
            response = _Response(opened, start_response)
            return response.body_of(self.app(_inner_environ(environ, opened), response.start))
        if opened is None:
            return self.app(environ, start_response)
        if isinstance(opened, ReadForm):
            opened = self.engine.submit(opened, _read_body(environ, opened.limit_bytes))
        return _answer(opened, head, start_response)


class EnvironFields(Mapping[bytes, bytes]):
    """Request fields of a WSGI environ under their own names, each made when it is asked for."""

    __slots__ = ("_environ",)

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: bytes) -> bytes:
        value: str = self._environ[_environ_key(name)]
        return value.encode("latin-1", "replace")

    def __iter__(self) -> Iterator[bytes]:
        for key in self._environ:
            if key.startswith("HTTP_"):
                yield key[5:].replace("_", "-").lower().encode("latin-1", "replace")
            elif key in ("CONTENT_TYPE", "CONTENT_LENGTH") and self._environ[key]:
                yield key.replace("_", "-").lower().encode()

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _environ_key(name: bytes) -> str:
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + key


def request_head(environ: Mapping[str, Any]) -> RequestHead:
    """The request as a value. A missing Host is the server's name, a missing path the root."""
    return RequestHead(
        environ["REQUEST_METHOD"],
        environ.get("wsgi.url_scheme", "http"),
        (environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")).lower(),
        _text(environ.get("SCRIPT_NAME", "")),
        _text(environ.get("PATH_INFO", "")) or "/",
        environ.get("QUERY_STRING", "").encode("latin-1", "replace"),
        EnvironFields(environ),
    )


def _text(native: str) -> str:
    """PEP 3333's bytes in a str, as the UTF-8 they nearly always are."""
    return native if native.isascii() else native.encode("latin-1").decode("utf-8", "surrogateescape")


_EDITED_KEYS = tuple((_environ_key(name), name) for name in EDITED_FIELDS)


def _inner_environ(environ: WSGIEnvironment, exchange: Exchange) -> WSGIEnvironment:
    """A shallow copy with what is decided and without what was refused."""
    inner = dict(environ)
    hide_refused(inner, exchange)
    inner[ENVIRON_KEY] = RequestPrivacy(exchange)
    return inner


def hide_refused(environ: dict[str, Any], exchange: Exchange) -> None:
    """Edits an environ in place: without refused cookies, validators as the application knows them."""
    for key, name in _EDITED_KEYS:
        if key in environ:
            before = environ[key].encode("latin-1", "replace")
            after = exchange.request_value(name, before)
            if after is None:
                del environ[key]
            elif after is not before:
                environ[key] = after.decode("latin-1")


def _read_body(environ: WSGIEnvironment, limit_bytes: int) -> bytes:
    length = environ.get("CONTENT_LENGTH") or "0"
    wanted = min(int(length), limit_bytes + 1)
    body: bytes = environ["wsgi.input"].read(wanted) if wanted else b""
    return body


def _answer(reply: Reply, head: RequestHead, start_response: StartResponse) -> Iterable[bytes]:
    length = (b"content-length", b"%d" % len(reply.body))
    fields = [*headers.without(reply.fields, frozenset({length[0]})), length]
    start_response(_status_line(reply.status), _native(fields))
    return [] if head.method == "HEAD" else [reply.body]


def _status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _native(fields: headers.FieldList) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields]


class _Response:
    """The head of one response. It is kept while the application runs: what it returns tells whether
    the new length can be known."""

    def __init__(self, exchange: Exchange, server_start: StartResponse) -> None:
        self.exchange = exchange
        self.rewrites = False
        self._keeps_length = False
        self._server_start = server_start
        self._pending: tuple[str, headers.FieldList] | None = None
        self._declared_bytes: int | None = None
        self._is_sent = False
        self._is_late = False
        self._server_write: Callable[[bytes], object] | None = None

    def start(
        self, status: str, response_headers: list[tuple[str, str]], exc_info: ExcInfo = None, /
    ) -> Callable[[bytes], object]:
        """``start_response`` for the application. The decision about the body is taken here."""
        if exc_info is None and (self._pending is not None or self._is_sent):
            raise AssertionError("start_response was called a second time without exc_info")
        if exc_info is not None and self._is_sent:
            # The server raises the exception when bytes are out; when not, it takes the new head.
            self._server_start(status, response_headers, exc_info)
        code, fields = _read_head(status, response_headers)
        head = self.exchange.start_response(code, fields)
        self.rewrites = head.rewrites
        self._keeps_length = head.keeps_length
        self._declared_bytes = _declared_bytes(response_headers)
        line = status if head.status == code else _status_line(head.status)
        self._pending = (line, head.fields)
        if exc_info is not None or self._is_late:
            self._send_head(exc_info)
        return self.write

    def _send_head(self, exc_info: ExcInfo = None) -> None:
        if self._pending is None:
            return
        (line, fields), self._pending = self._pending, None
        self._is_sent = True
        if exc_info is None:
            self._server_write = self._server_start(line, _native(fields))
        else:
            self._server_write = self._server_start(line, _native(fields), exc_info)

    def write(self, data: bytes) -> None:
        """PEP 3333's imperative way out. Raises RuntimeError where the server has none."""
        self._send_head()
        if self._server_write is None:
            raise RuntimeError("this WSGI server has no write(); return an iterable instead")
        self._server_write(self.exchange.feed(_checked(data)))

    def body_of(self, app_iter: Iterable[bytes]) -> Iterable[bytes]:
        """What goes to the server for what the application returned."""
        self._is_late = True
        if self._pending is None and not self._is_sent:
            return _Stream(self, app_iter)
        if not self.rewrites:
            self._send_head()
            return app_iter
        if self._keeps_length:
            self._send_head()
            return _Stream(self, app_iter)
        if self._pending is None:
            return _Stream(self, app_iter)
        if isinstance(app_iter, list | tuple):
            return [self._whole(b"".join(map(_checked, app_iter)))]
        return self._body_of_one_item(app_iter)

    def _body_of_one_item(self, app_iter: Iterable[bytes]) -> Iterable[bytes]:
        """A first item as long as the application said the body is, is the body."""
        stream = _Stream(self, app_iter)
        if self._declared_bytes is None:
            self._send_head()
            return stream
        try:
            first = stream.pull()
            if first is not None and len(first) == self._declared_bytes:
                stream.hand_out(self._whole(first))
            else:
                self._send_head()
                stream.hand_out(b"" if first is None else self.exchange.feed(first))
        except BaseException:
            stream.close()
            raise
        return stream

    def _whole(self, body: bytes) -> bytes:
        """A complete body, rewritten, and its head with the exact length sent before it."""
        out = self.exchange.feed(body) + self.exchange.finish()
        if self._pending is not None:
            line, fields = self._pending
            self._pending = (line, [*fields, (b"Content-Length", b"%d" % len(out))])
        self._send_head()
        self.exchange.is_finished = True
        return out


def _read_head(status: str, response_headers: list[tuple[str, str]]) -> tuple[int, headers.FieldList]:
    """Raises ApplicationError for what PEP 3333 does not allow."""
    try:
        code = int(status[:3])
    except (TypeError, ValueError) as error:
        raise ApplicationError(f"the application gave the status {status!r} (PEP 3333)") from error
    try:
        return code, [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response_headers]
    except (AttributeError, TypeError, ValueError) as error:
        problem = "the application gave headers that are no pairs of latin-1 strings (PEP 3333)"
        raise ApplicationError(f"{problem}: {error}") from error


def _checked(item: object) -> bytes:
    if isinstance(item, bytes):
        return item
    raise ApplicationError(f"the application gave a {type(item).__name__} where PEP 3333 wants bytes")


_MOST_LENGTH_DIGITS = 19
"""What 2**63 has; ``int`` raises ValueError for more than 4300."""


def _declared_bytes(response_headers: list[tuple[str, str]]) -> int | None:
    for name, value in response_headers:
        if name.lower() == "content-length":
            return int(value) if value.isdecimal() and len(value) <= _MOST_LENGTH_DIGITS else None
    return None


def _iterator_of(app_iter: Iterable[bytes]) -> Iterator[bytes]:
    try:
        return iter(app_iter)
    except TypeError as error:
        problem = f"the application returned {app_iter!r:.200}, no iterable of bytes (PEP 3333)"
        raise ApplicationError(problem) from error


class _Stream:
    """The application's iterable, item by item through the exchange."""

    def __init__(self, response: _Response, app_iter: Iterable[bytes]) -> None:
        self._response = response
        self._app_iter = app_iter
        self._iterator: Iterator[bytes] | None = None
        self._ready: bytes | None = None
        self._is_done = False
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._ready is not None:
            ready, self._ready = self._ready, None
            return ready
        if self._is_done:
            raise StopIteration
        item = self.pull()
        exchange = self._response.exchange
        if item is not None:
            return b"" if exchange.is_finished else exchange.feed(item)
        self._is_done = True
        rest = b"" if exchange.is_finished or not self._response.rewrites else exchange.finish()
        if not rest:
            raise StopIteration
        return rest

    def pull(self) -> bytes | None:
        """The application's next item; None when there is none."""
        if self._iterator is None:
            self._iterator = _iterator_of(self._app_iter)
        item = next(self._iterator, None)
        return None if item is None else _checked(item)

    def hand_out(self, item: bytes) -> None:
        """The item to give before the next one is pulled."""
        self._ready = item

    def close(self) -> None:
        """Closes what the application returned, once."""
        if not self._is_closed:
            self._is_closed = True
            close = getattr(self._app_iter, "close", None)
            if close is not None:
                close()
