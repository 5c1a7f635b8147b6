"""Set-Cookie lines at the doors: how long the cookies of a purpose may live, and which responses are judged."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy_mw.asgi import PrivacyMiddleware
from privacy_mw.cookies import cap_lifetime, lifetime
from privacy_mw.wsgi import PrivacyMiddleware as WsgiMiddleware
from tests.shops import DOORS, SECRET, Answer, Pair, Shop, engine_at

Ask = Callable[..., Answer]
both_doors = pytest.mark.parametrize("ask", DOORS)
NOW = 1_795_392_000
"""2026-11-23."""
DAY = 86400
JSON: Pair = ("Content-Type", "application/json")
CAPPED = {"regime": "notice", "cookies": {"functional": ["view"]}, "cookie_days": {"analytics": 30}}
LONG, IN_30_DAYS = "Thu, 01 Jan 2099 00:00:00 GMT", "Wed, 23 Dec 2026 00:00:00 GMT"
LIVES: list[tuple[str, str]] = [
    ("_ga=1; Max-Age=63072000", "_ga=1; Max-Age=2592000"),
    (f"_ga=1; Expires={LONG}", f"_ga=1; Expires={IN_30_DAYS}"),
    (
        f"_ga=1; max-age=2592001;expires={LONG}; Secure",
        f"_ga=1; max-age=2592000;expires={IN_30_DAYS}; Secure",
    ),
    (
        f'__Host-_ga = "\xff" ;\tMAX-AGE =\t99999999 ; Priority=High;; Path=/; Expires = {LONG} ;Partitioned; ',
        f'__Host-_ga = "\xff" ;\tMAX-AGE =\t2592000 ; Priority=High;; Path=/; Expires = {IN_30_DAYS} ;Partitioned; ',
    ),
    ("_ga=1; Expires=Thursday, 01-Jan-69 00:00:00 GMT", f"_ga=1; Expires={IN_30_DAYS}"),
    (f"_ga=1; Max-Age=99999999; Expires={IN_30_DAYS}", f"_ga=1; Max-Age=2592000; Expires={IN_30_DAYS}"),
    (f"_ga=1; Max-Age=1x; Expires={LONG}", f"_ga=1; Max-Age=1x; Expires={IN_30_DAYS}"),
    (
        "_ga=1; Max-Age=60; Max-Age=99999999; Max-Age=88888888",
        "_ga=1; Max-Age=60; Max-Age=2592000; Max-Age=2592000",
    ),
    ("_ga=Max-Age=99999999; Max-Age=" + "9" * 1024, "_ga=Max-Age=99999999; Max-Age=2592000"),
]
KEPT = [
    "_ga=1",
    "_ga=1; Path=/; Secure",
    "_ga=1; Max-Age=2592000",
    f"_ga=1; Expires={IN_30_DAYS}",
    f"_ga=1; Max-Age=60; Expires={LONG}",
    "_ga=1; Max-Age=99999999; Max-Age=60",
    "_ga=; Max-Age=0",
    "_ga=1; Max-Age=" + "9" * 1025,
    "_ga=1; Expires=tomorrow",
    "_ga=" + "x" * 4094 + "; Max-Age=99999999",
    "view=1; Max-Age=99999999",
    "mine=1; Max-Age=99999999",
    "=_ga; Max-Age=99999999",
    "",
]


@both_doors
@pytest.mark.parametrize(("line", "left"), [*LIVES, *((line, line) for line in KEPT)])
def test_a_life_that_is_too_long_is_cut_short_and_no_other_byte_changes(
    ask: Ask, line: str, left: str
) -> None:
    around = [JSON, ("Set-Cookie", "sid=1; Max-Age=99999999"), ("X-Odd", "_ga=1; Max-Age=99999999")]
    shop = Shop(b"{}", (*around, ("Set-Cookie", line)))

    answer = ask(shop, settings=CAPPED, now=NOW)

    assert [(name.lower(), value) for name, value in answer.headers] == [
        *((name.lower(), value) for name, value in around),
        ("set-cookie", left),
    ]


@both_doors
def test_a_page_whose_cookies_are_cut_short_is_rewritten_like_others(ask: Ask) -> None:
    html = ("Content-Type", "text/html")
    plain = ask(Shop(headers=(html,)), settings=CAPPED, now=NOW)
    shop = Shop(headers=(("Set-Cookie", "_ga=1; Max-Age=63072000"), html))

    answer = ask(shop, settings=CAPPED, now=NOW)

    assert (answer.body, answer.one("vary")) == (plain.body, plain.one("vary"))
    assert answer.all("set-cookie") == ["_ga=1; Max-Age=2592000"]


@both_doors
def test_beside_a_refused_cookie_others_are_cut_short_too(ask: Ask) -> None:
    lines = ("_fbp=1; Max-Age=60", "view=1; Max-Age=99999999", "sid=1; Max-Age=99999999")
    shop = Shop(b"{}", (JSON, *(("Set-Cookie", line) for line in lines)))
    days = {"cookies": {"necessary": ["view"]}, "cookie_days": {"necessary": 1, "advertising": 1}}

    answer = ask(shop, settings=days, now=NOW)

    assert answer.all("set-cookie") == ["view=1; Max-Age=86400", "sid=1; Max-Age=99999999"]


def test_websockets_and_their_denials_cut_lives_short() -> None:
    start = {
        "headers": [(b"set-cookie", b"_ga=1; Max-Age=63072000"), (b"Set-Cookie", b"a=b; Max-Age=63072000")]
    }
    left = [(b"set-cookie", b"_ga=1; Max-Age=2592000"), (b"Set-Cookie", b"a=b; Max-Age=63072000")]

    for kind in ("websocket.accept", "websocket.http.response.start"):
        assert through_websocket({"type": kind, **start}, CAPPED) == {"type": kind, "headers": left}


HTML: Pair = ("Content-Type", "text/html; charset=utf-8")
KINDS = {
    "page": Shop(headers=(HTML,)),
    "JSON": Shop(b"{}", (JSON,)),
    "created": Shop(b"", (("Location", "/new"),), 201),
    "no content": Shop(b"", (), 204),
    "redirect": Shop(b"<a>moved</a>", (HTML, ("Location", "/login")), 302),
    "redirect that keeps the method": Shop(b"", (("Location", "/login"),), 307),
    "not modified": Shop(b"", (("ETag", '"v1"'),), 304),
    "not found": Shop(b"nothing here", (("Content-Type", "text/plain"),), 404),
    "page not found": Shop(headers=(HTML,), status=404),
    "failure": Shop(b"sorry", (("Content-Type", "text/plain"),), 500),
    "page about a failure": Shop(headers=(HTML,), status=500),
    "part of a page": Shop(b"<p>", (HTML, ("Content-Range", "bytes 0-2/9")), 206),
    "download": Shop(b"<p>", (HTML, ("Content-Disposition", "attachment"))),
}
JUDGED: list[tuple[str, bool]] = [
    ("sid=1; path=/;HttpOnly", True),
    ("_ga=1; Path=/", False),
    ("__Host-_ga=1; Path=/; Secure", False),
    ("__Host-sid=2; Path=/; Secure", True),
    ("__Secure-_fbp=1; Secure", False),
    ("__Host-Http-_ga=1; Path=/; Secure; HttpOnly", False),
    ("__Http-_ga=1; Secure; HttpOnly", False),
    ("__Host-_GA=1; Path=/; Secure", True),
    ("sid=_ga=1", True),
    ("a=1, _ga=2; Path=/", True),
    ("_ga\t=\t1", False),
    ("_ga=; Max-Age=0", True),
    ("sid=1; path=/;HttpOnly", True),
    ('z="\xff";Unknown', True),
]


@both_doors
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("kind", KINDS)
def test_on_responses_of_every_kind_each_line_is_judged_and_the_kept_ones_stay_in_order(
    ask: Ask, kind: str, method: str
) -> None:
    shop = KINDS[kind]
    lines = [("Set-Cookie" if is_kept else "SET-COOKIE", line) for line, is_kept in JUDGED]

    answer = ask(shop._replace(headers=(*lines[:5], *shop.headers, *lines[5:])), method=method)

    assert answer.status == shop.status
    assert answer.all("set-cookie") == [line for line, is_kept in JUDGED if is_kept]
    assert answer.all("vary") == ["Sec-GPC, DNT, Cookie, Sec-Fetch-Dest"]


@both_doors
@pytest.mark.parametrize("kind", KINDS)
def test_lines_that_nobody_refuses_leave_a_response_of_any_kind_as_it_is_without_them(
    ask: Ask, kind: str
) -> None:
    shop = KINDS[kind]
    lines = tuple(("Set-Cookie", line) for line, is_kept in JUDGED if is_kept)

    answer = ask(shop._replace(headers=(*lines, *shop.headers)))

    plain = ask(shop)
    lowered = [(name.lower(), value) for name, value in answer.headers]
    expected = [
        *(("set-cookie", line) for _, line in lines),
        *((name.lower(), value) for name, value in plain.headers),
    ]
    assert (answer.status, answer.body, lowered) == (plain.status, plain.body, expected)


def test_websockets_and_their_denials_lose_refused_cookies_and_keep_the_others_in_order() -> None:
    lines = [(b"set-cookie", line.encode("latin-1")) for line, _ in JUDGED]
    kept = [(b"set-cookie", line.encode("latin-1")) for line, is_kept in JUDGED if is_kept]
    vary = (b"vary", b"Sec-GPC, DNT, Cookie, Sec-Fetch-Dest")

    for message in (
        {"type": "websocket.accept", "subprotocol": "chat"},
        {"type": "websocket.http.response.start", "status": 403},
    ):
        assert through_websocket({**message, "headers": lines}, {}) == {**message, "headers": [*kept, vary]}


def test_a_head_that_takes_the_place_of_another_after_an_error_is_judged_too() -> None:
    told: list[Any] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Set-Cookie", "sid=1")])
        try:
            raise ValueError("of the application")
        except ValueError:
            fields = [("Set-Cookie", "_ga=1"), ("Set-Cookie", "sid=2")]
            start_response("500 Sorry", fields, sys.exc_info())
        return [b"sorry"]

    def server_start(status: str, fields: Any, exc_info: Any = None, /) -> Any:
        told.append((status, fields))

    middleware = WsgiMiddleware(app, secret_key=SECRET)
    assert list(middleware({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, server_start)) == [b"sorry"]
    vary = ("vary", "Sec-GPC, DNT, Cookie, Sec-Fetch-Dest")
    assert told == [("500 Sorry", [("Set-Cookie", "sid=2"), vary])]


@both_doors
@pytest.mark.parametrize("control", [*map(chr, range(9)), *map(chr, range(10, 32)), "\x7f"])
def test_a_line_with_a_control_is_dropped_and_reported(
    ask: Ask, control: str, caplog: pytest.LogCaptureFixture
) -> None:
    line = f"sid=1; Path=/{control}x"
    shop = Shop(b"{}", (JSON, ("Set-Cookie", line), ("Set-Cookie", "tab=\t1\t2")))

    assert ask(shop, settings={"regime": "notice"}).all("set-cookie") == ["tab=\t1\t2"]
    assert {record.getMessage() for record in caplog.records if record.levelname == "WARNING"} == {
        f"a Set-Cookie line with control characters was dropped: {line.encode()!r}"
    }


ATTRIBUTES = st.one_of(
    st.integers(-5, 10**9).map(b";Max-Age=%d".__mod__),
    st.integers(1970, 9999).map(b"; expires = 1 feb %d 0:0:0 ".__mod__),
    st.sampled_from([b"; Path=/", b";", b" ", b"; Max-Age", b"; Expires=x", b";\tMAX-AGE\t=\t60\t"]),
    st.binary(max_size=6),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(ATTRIBUTES, max_size=6).map(b"".join), st.integers(1, 400 * DAY))
def test_no_line_lives_longer_than_its_bound_and_shorter_ones_are_the_same(rest: bytes, most: int) -> None:
    line = b"_ga=1" + rest
    before = lifetime(line, NOW)

    capped = cap_lifetime(line, most, NOW)

    if before is None or before <= most:
        assert capped is line
    else:
        assert lifetime(capped, NOW) == most
        assert cap_lifetime(capped, most, NOW) is capped
        names = [part.partition(b"=")[:2] for part in line.split(b";")]
        assert [part.partition(b"=")[:2] for part in capped.split(b";")] == names


def through_websocket(message: Any, given: dict[str, Any]) -> Any:
    """What the server gets for the first message of a websocket application."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(message)

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    middleware = PrivacyMiddleware(app, secret_key=SECRET, **given)
    middleware.engine = engine_at(NOW, {"secret_key": SECRET} | given)
    scope = {"type": "websocket", "path": "/", "headers": [(b"host", b"shop.example")]}
    asyncio.run(middleware(scope, receive, send))
    return sent[0]
