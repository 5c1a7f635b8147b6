"""What the middleware adds to a request whose response is not HTML, beside its neighbours.

``python -m benchmarks.requests``: an ASGI application answering JSON, a request with four cookies and
Sec-GPC, called without a server. Printed is the median added to the bare application.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import Response

from benchmarks.clock import machine, medians
from privacy_mw.asgi import PrivacyMiddleware

REQUESTS = 2000
SCOPE: dict[str, Any] = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "method": "GET",
    "scheme": "https",
    "path": "/api/items",
    "raw_path": b"/api/items",
    "root_path": "",
    "query_string": b"page=2",
    "client": ("127.0.0.1", 50000),
    "server": ("127.0.0.1", 443),
    "headers": [
        (b"host", b"shop.example"),
        (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"),
        (b"accept", b"application/json"),
        (b"accept-language", b"en"),
        (b"accept-encoding", b"gzip, deflate, br"),
        (b"sec-gpc", b"1"),
        (b"cookie", b"session=abc; csrftoken=def; _ga=GA1.2.3.4; theme=dark"),
        (b"sec-fetch-dest", b"empty"),
        (b"sec-fetch-site", b"same-origin"),
    ],
}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """A JSON answer of one message."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"13")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"items": []}'})


class Empty(BaseHTTPMiddleware):
    """Hands on and does nothing."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(request)


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message: Any) -> None:
    return None


def _batch(wrapped: Callable[[Any, Any, Any], Awaitable[None]]) -> Callable[[], None]:
    async def many() -> None:
        for _ in range(REQUESTS):
            await wrapped(dict(SCOPE), _receive, _send)

    return lambda: asyncio.run(many())


def main() -> None:
    """Prints the table."""
    seconds = medians(
        {
            "bare application": _batch(app),
            "SessionMiddleware": _batch(SessionMiddleware(app, secret_key="k" * 32)),
            "empty BaseHTTPMiddleware": _batch(Empty(app)),
            "privacy_mw": _batch(PrivacyMiddleware(app, secret_key="k" * 32)),
        },
        rounds=15,
    )
    bare = seconds.pop("bare application")
    added = {name: (value - bare) / REQUESTS * 1e6 for name, value in seconds.items()}
    print(f"Added to a JSON response, microseconds a request ({machine()})")
    for name, value in added.items():
        print(f"  {name:28} {value:7.2f}   privacy_mw is {added['privacy_mw'] / value:5.2f} times that")


if __name__ == "__main__":
    main()
