"""Set-Cookie lines at the doors: how long the cookies of a purpose may live, and which responses are judged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy_mw.asgi import PrivacyMiddleware
from privacy_mw.cookies import cap_lifetime, lifetime
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
