"""The Django door: one middleware for sync and async projects, over the engine of the other doors."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Container, Iterable, Iterator
from http.cookies import Morsel, SimpleCookie
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from privacy_mw.config import PrivacyConfig
from privacy_mw.engine import PrivacyEngine
from privacy_mw.exchange import Exchange
from privacy_mw.messages import ReadForm, Reply, RequestHead
from privacy_mw.wsgi import EnvironFields, hide_refused

GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]

# Names that Django's own settings give to cookies it cannot do without.
_FRAMEWORK_COOKIES = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "LANGUAGE_COOKIE_NAME")


def read_settings() -> PrivacyConfig:
    """``settings.PRIVACY_MW`` with what Django itself knows: SECRET_KEY, DEBUG, its cookies' names."""
    own = {name.lower(): value for name, value in getattr(settings, "PRIVACY_MW", {}).items()}
    framework = [*(getattr(settings, name) for name in _FRAMEWORK_COOKIES), "messages"]
    keys = [*reversed(settings.SECRET_KEY_FALLBACKS), settings.SECRET_KEY]
    return PrivacyConfig.from_settings(
        {"secret_key": keys, "debug": settings.DEBUG, "framework_cookies": framework, **own}
    )


class PrivacyMiddleware:
    """In MIDDLEWARE behind GZipMiddleware and ConditionalGetMiddleware and before all that sets cookies.

    ``request.privacy`` is the Decision for the views.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        """Raises ConfigError for settings that cannot be used."""
        self.get_response = get_response
        self.engine = PrivacyEngine(read_settings())
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._is_async:
            return self._acall(request)
        answered, exchange = self._before(request)
        if answered is not None:
            return answered
        response = cast("HttpResponseBase", self.get_response(request))
        return self._after(request, exchange, response) if exchange else response

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        answered, exchange = self._before(request)
        if answered is not None:
            return answered
        response = await cast("Awaitable[HttpResponseBase]", self.get_response(request))
        return self._after(request, exchange, response) if exchange else response

    def _before(self, request: HttpRequest) -> tuple[HttpResponseBase | None, Exchange | None]:
        """Our own answer, or the exchange for the views; neither when the middleware is off."""
        head = request_head(request)
        opened = self.engine.open(head)
        if isinstance(opened, ReadForm):
            opened = self.engine.submit(opened, request.read(opened.limit_bytes + 1))
        if isinstance(opened, Reply):
            return _response_of(opened, head), None
        if opened is not None:
            _hide_refused(request, opened)
            request.privacy = opened.decision  # type: ignore[attr-defined]
        return None, opened

    @staticmethod
    def _after(request: HttpRequest, exchange: Exchange, response: HttpResponseBase) -> HttpResponseBase:
        for name, morsel in [*response.cookies.items()]:
            line = morsel.OutputString().encode("latin-1", "replace")
            kept = exchange.set_cookie_value(line)
            if kept is None:
                del response.cookies[name]
            elif kept is not line:
                _set_lifetime(morsel, kept.decode("latin-1"))
        fields = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in response.items()]
        head = exchange.start_response(response.status_code, fields)
        if head.fields is not fields:
            _set_fields(response, [field for field in head.fields if field[0] != b"set-cookie"])
            _add_cookies(response, [value for name, value in head.fields if name == b"set-cookie"])
        if not head.rewrites:
            return response
        if head.status != response.status_code:
            return _response_of(Reply(head.status, head.fields, exchange.finish()), request_head(request))
        if isinstance(response, StreamingHttpResponse):
            _rewrite_stream(response, exchange)
        elif isinstance(response, HttpResponse):
            response.content = exchange.feed(response.content) + exchange.finish()
            response["Content-Length"] = str(len(response.content))
        return response


def request_head(request: HttpRequest) -> RequestHead:
    """The request as a value; ``META`` is a WSGI environ, under ASGI too."""
    meta = request.META
    mount = meta.get("SCRIPT_NAME", "")
    return RequestHead(
        request.method or "GET",
        request.scheme or "http",
        (meta.get("HTTP_HOST") or meta.get("SERVER_NAME", "")).lower(),
        mount,
        request.path_info,
        meta.get("QUERY_STRING", "").encode("latin-1", "replace"),
        EnvironFields(meta),
    )


def _hide_refused(request: HttpRequest, exchange: Exchange) -> None:
    """Edits META in place, before ``request.COOKIES`` and ``request.headers`` are made from it."""
    hide_refused(request.META, exchange)
    for cached in ("COOKIES", "headers"):
        request.__dict__.pop(cached, None)


def _response_of(reply: Reply, head: RequestHead) -> HttpResponse:
    response = HttpResponse(b"" if head.method == "HEAD" else reply.body, status=reply.status)
    for name, value in reply.fields:
        if name != b"set-cookie":
            response[name.decode("latin-1")] = value.decode("latin-1")
    _add_cookies(response, [value for name, value in reply.fields if name == b"set-cookie"])
    response["Content-Length"] = str(len(reply.body))
    return response


class _Line(Morsel[str]):
    """A Set-Cookie line as it is."""

    def __init__(self, line: str) -> None:
        super().__init__()
        self.line = line

    def OutputString(self, attrs: Container[str] | None = None) -> str:
        return self.line


class _Cookies(SimpleCookie):
    """A response's cookies and, for those who send them, further lines: a deletion takes several of one name,
    and a dictionary holds one. Django's handlers send ``values()``; its test client takes the dictionary.
    """

    def __init__(self, cookies: SimpleCookie, more: list[_Line]) -> None:
        super().__init__()
        dict.update(self, cookies)
        self._more = more

    def values(self) -> Any:
        return [*super().values(), *self._more]


def _add_cookies(response: HttpResponseBase, lines: Iterable[bytes]) -> None:
    """The first line of a name stands in the dictionary."""
    more = []
    for line in lines:
        text = line.decode("latin-1")
        if text.partition("=")[0] in response.cookies:
            more.append(_Line(text))
        else:
            response.cookies.load(text)
    if more:
        response.cookies = _Cookies(response.cookies, more)


def _set_lifetime(morsel: Morsel[str], line: str) -> None:
    """Max-Age and Expires as the line has them."""
    for attribute in line.split("; ")[1:]:
        name, _, value = attribute.partition("=")
        if name.lower() in ("max-age", "expires"):
            morsel[name] = int(value) if value.isdecimal() else value


def _set_fields(response: HttpResponseBase, fields: Iterable[tuple[bytes, bytes]]) -> None:
    kept = {name.decode("latin-1"): value.decode("latin-1") for name, value in fields}
    for name in [name for name, _ in response.items() if name not in kept]:
        del response[name]
    for name, value in kept.items():
        response[name] = value


def _rewrite_stream(response: StreamingHttpResponse, exchange: Exchange) -> None:
    """Keeps the kind of iterator: Django decides by it how to serve the response."""
    content: Any = response.streaming_content
    if response.is_async:
        response.streaming_content = _rewritten_async(content, exchange)
    else:
        response.streaming_content = _rewritten(content, exchange)


def _rewritten(content: Iterable[bytes], exchange: Exchange) -> Iterator[bytes]:
    for chunk in content:
        yield exchange.feed(chunk)
    yield exchange.finish()


async def _rewritten_async(content: AsyncIterable[bytes], exchange: Exchange) -> AsyncIterator[bytes]:
    async for chunk in content:
        yield exchange.feed(chunk)
    yield exchange.finish()
