"""Applications that break the rules of WSGI or ASGI are named in the error; odd input breaks nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from privacy_mw.asgi import PrivacyMiddleware as AsgiMiddleware
from privacy_mw.errors import ApplicationError
from privacy_mw.wsgi import PrivacyMiddleware as WsgiMiddleware
from tests.shops import DOORS, PAGE, SECRET, Answer, Pair, Shop

Ask = Callable[..., Answer]
both_doors = pytest.mark.parametrize("ask", DOORS)
HTML = [("Content-Type", "text/html")]


def run_wsgi(result: Any, status: Any = "200 OK", fields: Any = HTML, written: Any = None) -> bytes:
    def app(environ: dict[str, Any], start_response: Any) -> Any:
        write = start_response(status, fields)
        if written is not None:
            write(written)
        return result

    middleware = WsgiMiddleware(app, secret_key=SECRET)
    environ: Any = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_HOST": "shop.example"}
    return b"".join(middleware(environ, lambda *head: lambda data: None))


@pytest.mark.parametrize(
    ("app", "complaint"),
    [
        ({"result": None}, "returned None, no iterable of bytes"),
        ({"result": 5}, "returned 5, no iterable of bytes"),
        ({"result": ["text"]}, "gave a str where PEP 3333 wants bytes"),
        ({"result": iter(["text"])}, "gave a str where PEP 3333 wants bytes"),
        ({"result": [], "written": "text"}, "gave a str where PEP 3333 wants bytes"),
        ({"result": [], "status": "OK"}, "gave the status 'OK'"),
        ({"result": [], "status": None}, "gave the status None"),
        ({"result": [], "fields": [("X-Name", "\u20ac")]}, "no pairs of latin-1 strings"),
        ({"result": [], "fields": [("X-Name", 5)]}, "no pairs of latin-1 strings"),
        ({"result": [], "fields": [("X-Name",)]}, "no pairs of latin-1 strings"),
        ({"result": [], "fields": None}, "no pairs of latin-1 strings"),
    ],
)
def test_a_wsgi_application_that_breaks_the_rules_is_named(app: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ApplicationError, match="^the application .*" + re.escape(complaint)):
        run_wsgi(**app)


START: dict[str, Any] = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/html")],
}


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([{}], "sent a message without a type"),
        ([None], "sent a message without a type"),
        ([{"type": "http.response.start"}], "started a response with the status None"),
        ([START | {"status": "200"}], "started a response with the status '200'"),
        ([START | {"headers": [("content-type", "text/html")]}], "no pairs of byte strings"),
        ([START | {"headers": [b"content-type"]}], "no pairs of byte strings"),
        ([START | {"headers": None}], "no pairs of byte strings"),
        ([START, {"type": "http.response.body", "body": "text"}], "sent a body of type str"),
    ],
)
def test_an_asgi_application_that_breaks_the_rules_is_named(messages: list[Any], complaint: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    async def ignore(message: Any) -> None:
        pass

    scope: Any = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with pytest.raises(ApplicationError, match="^the application .*" + re.escape(complaint)):
        asyncio.run(AsgiMiddleware(app, secret_key=SECRET)(scope, ignore, ignore))  # type: ignore[arg-type]


@both_doors
def test_odd_header_names_and_values_pass_in_both_directions(ask: Ask) -> None:
    fields: tuple[Pair, ...] = (("Content-Type", "text/html"), ("", "x"), ("X-\xe9", "\xff\xfe"), ("X-E", ""))

    answer = ask(Shop(PAGE, fields), [("X-Odd", "\xff"), ("Cookie", "\xff=\xfe; =; ;;; a")])

    assert [(name.lower(), value) for name, value in fields][1:] == [
        (name.lower(), value) for name, value in answer.headers if name.lower() in ("", "x-\xe9", "x-e")
    ]
    assert answer.seen["HTTP_COOKIE"] == "\xff=\xfe; =; ;;; a"
    assert answer.seen["HTTP_X_ODD"] == "\xff"


@both_doors
def test_thousands_of_cookies_are_judged_one_by_one(ask: Ask) -> None:
    sent = "; ".join(f"c{number}=1; _ga_{number}=1" for number in range(5000))
    lines = tuple(("Set-Cookie", f"{name}{number}=1") for number in range(2000) for name in ("c", "_ga_"))

    answer = ask(Shop(PAGE, (("Content-Type", "text/html"), *lines)), [("Cookie", sent)])

    assert answer.seen["HTTP_COOKIE"] == "; ".join(f"c{number}=1" for number in range(5000))
    assert answer.all("set-cookie") == [f"c{number}=1" for number in range(2000)]


@both_doors
@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nSet-Cookie: b=1", "a\x00b"])
def test_nothing_of_a_request_comes_into_a_header_of_ours(ask: Ask, value: str) -> None:
    form = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")]
    escaped = value.replace("\r", "%0D").replace("\n", "%0A").replace("\x00", "%00").replace(" ", "+")

    answer = ask(
        Shop(), form, method="POST", path="/.privacy/choice", body=f"choice=refuse&return=/{escaped}".encode()
    )
    debugged = ask(Shop(), [("Cookie", "_ga=1; _ga_" + value + "=1")], settings={"debug": True})

    assert (answer.status, answer.one("location")) == (303, "/")
    assert all(value.isprintable() for _, value in [*answer.headers, *debugged.headers])
