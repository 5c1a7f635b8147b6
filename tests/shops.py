"""Small real applications and ways to ask them, for the tests of the doors."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from privacy_mw import PrivacyConfig
from privacy_mw.asgi import PrivacyMiddleware as AsgiMiddleware
from privacy_mw.engine import PrivacyEngine
from privacy_mw.wsgi import PrivacyMiddleware as WsgiMiddleware

SECRET = "k" * 40
PAGE = (
    b"<!doctype html><html><head><title>Shop</title>"
    b'<script src="https://www.google-analytics.com/analytics.js"></script></head>'
    b"<body><p>Teas</p></body></html>"
)
HELD_SCRIPT = (
    b'<script data-privacy="analytics" type="text/plain" '
    b'data-privacy-src="https://www.google-analytics.com/analytics.js">'
)
Pair = tuple[str, str]


class Answer(NamedTuple):
    """A whole response, and what the application saw of the request."""

    status: int
    headers: list[Pair]
    body: bytes
    seen: dict[str, str]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def one(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)


class Shop(NamedTuple):
    """What an application answers to everything."""

    body: bytes = PAGE
    headers: tuple[Pair, ...] = (("Content-Type", "text/html; charset=utf-8"),)
    status: int = 200


def engine_at(now: float, settings: Any) -> PrivacyEngine:
    """An engine whose clock stands still at ``now``, Unix seconds."""
    return PrivacyEngine(PrivacyConfig(**settings), clock=lambda: now)


def ask_wsgi(shop: Shop, headers: Iterable[Pair] = (), **request: Any) -> Answer:
    """The shop behind the WSGI door; repeated headers are joined as servers do."""
    settings = {"secret_key": SECRET} | request.pop("settings", {})
    seen: dict[str, str] = {}
    started: list[tuple[str, list[Pair]]] = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.update((key, value) for key, value in environ.items() if key.startswith("HTTP_"))
        start_response(f"{shop.status} X", list(shop.headers))
        return [shop.body]

    body = request.get("body", b"")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.get("method", "GET"),
        "SCRIPT_NAME": "",
        "PATH_INFO": request.get("path", "/"),
        "QUERY_STRING": request.get("query", ""),
        "HTTP_HOST": "shop.example",
        "SERVER_NAME": "shop.example",
        "SERVER_PORT": "443",
        "wsgi.url_scheme": request.get("scheme", "https"),
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
    }
    for name, value in headers:
        key = name.upper().replace("-", "_")
        key = key if key == "CONTENT_TYPE" else "HTTP_" + key
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = environ[key] + joint + value if key in environ else value

    def started_with(status: str, fields: list[Pair], exc_info: Any = None, /) -> Callable[[bytes], object]:
        started.append((status, fields))
        return lambda data: None

    middleware = WsgiMiddleware(app, **settings)
    if "now" in request:
        middleware.engine = engine_at(request["now"], settings)
    iterable = middleware(environ, started_with)
    out = b"".join(iterable)
    status, fields = started[-1]
    return Answer(int(status[:3]), fields, out, seen)


def ask_asgi(shop: Shop, headers: Iterable[Pair] = (), **request: Any) -> Answer:
    """The shop behind the ASGI door; every header its own line."""
    settings = {"secret_key": SECRET} | request.pop("settings", {})
    seen: dict[str, str] = {}
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for name, value in scope["headers"]:
            key = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
            joint = "; " if key == "HTTP_COOKIE" else ","
            text = value.decode("latin-1")
            seen[key] = seen[key] + joint + text if key in seen else text
        fields = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in shop.headers]
        await send({"type": "http.response.start", "status": shop.status, "headers": fields})
        await send({"type": "http.response.body", "body": shop.body, "more_body": False})

    async def receive() -> Any:
        return {"type": "http.request", "body": request.get("body", b""), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": request.get("method", "GET"),
        "scheme": request.get("scheme", "https"),
        "path": request.get("path", "/"),
        "query_string": request.get("query", "").encode(),
        "headers": [
            (b"host", b"shop.example"),
            *((name.lower().encode(), value.encode("latin-1")) for name, value in headers),
        ],
    }
    middleware = AsgiMiddleware(app, **settings)
    if "now" in request:
        middleware.engine = engine_at(request["now"], settings)
    asyncio.run(middleware(scope, receive, send))
    head = next(message for message in sent if message["type"] == "http.response.start")
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head["headers"]]
    return Answer(head["status"], fields, b"".join(message.get("body", b"") for message in sent), seen)


DOORS = [ask_wsgi, ask_asgi]


def choice_cookie(ask: Callable[..., Answer], choice: str = "accept", **request: Any) -> str:
    """What a browser sends after the banner's button: ``name=value``."""
    answer = ask(
        Shop(),
        [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")],
        method="POST",
        path="/.privacy/choice",
        body=f"choice={choice}&return=/".encode(),
        **request,
    )
    return (answer.one("set-cookie") or "").partition(";")[0]
