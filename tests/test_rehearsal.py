"""report_only changes nothing and tells what would be done; the kill switch leaves everything alone."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable
from typing import Any

import pytest

from privacy_mw import PrivacyConfig
from privacy_mw.engine import PrivacyEngine
from privacy_mw.exchange import Exchange
from privacy_mw.messages import RequestHead
from privacy_mw.setup import KILL_SWITCH
from tests.shops import DOORS, PAGE, SECRET, Answer, Pair, Shop

Ask = Callable[..., Answer]
both_doors = pytest.mark.parametrize("ask", DOORS)
REPORT_ONLY: dict[str, Any] = {"report_only": True}
HEADERS: tuple[Pair, ...] = (
    ("content-type", "text/html"),
    ("content-length", str(len(PAGE))),
    ("etag", '"v1"'),
    ("cache-control", "public"),
    ("link", "<https://www.google-analytics.com/a.js>; rel=preload; as=script"),
    ("set-cookie", "_ga=1; Path=/"),
)


@both_doors
def test_a_rehearsal_changes_nothing_in_either_direction(ask: Ask) -> None:
    request = [("Cookie", "_ga=1; a=b"), ("If-None-Match", '"v1"'), ("Range", "bytes=0-9")]

    answer = ask(Shop(PAGE, HEADERS), request, settings=REPORT_ONLY)

    assert (answer.status, answer.headers, answer.body) == (200, [*HEADERS], PAGE)
    assert {name: answer.seen[name] for name in ("HTTP_COOKIE", "HTTP_IF_NONE_MATCH", "HTTP_RANGE")} == {
        "HTTP_COOKIE": "_ga=1; a=b",
        "HTTP_IF_NONE_MATCH": '"v1"',
        "HTTP_RANGE": "bytes=0-9",
    }


def test_a_rehearsal_tells_each_thing_once(caplog: pytest.LogCaptureFixture) -> None:
    engine = PrivacyEngine(PrivacyConfig(secret_key=SECRET, **REPORT_ONLY))
    head = RequestHead("GET", "https", "shop.example", "", "/tea", b"", {b"cookie": b"_fbp=1"})

    with caplog.at_level(logging.INFO):
        for _ in range(3):
            exchange = engine.open(head)
            assert isinstance(exchange, Exchange)
            exchange.request_fields([(b"cookie", b"_fbp=1")])
            exchange.start_response(200, [(n.encode(), v.encode()) for n, v in HEADERS])
            assert exchange.feed(PAGE) + exchange.finish() == PAGE

    told = [record.message for record in caplog.records if record.message.startswith("report only")]
    assert sorted(told) == [
        "report only: would drop the cookie _ga that the application sets (analytics), first seen at /tea",
        "report only: would hide the cookie _fbp from the application (advertising), first seen at /tea",
        "report only: would hold back <script src> https://www.google-analytics.com/analytics.js (analytics), "
        "first seen at /tea",
    ]
    assert engine.drops.counts() == {}


@both_doors
def test_a_coded_page_is_looked_at_in_a_rehearsal(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    body = gzip.compress(PAGE)
    headers = (("content-type", "text/html"), ("content-encoding", "gzip"))

    with caplog.at_level(logging.INFO):
        answer = ask(Shop(body, headers), settings=REPORT_ONLY)

    assert (answer.headers, answer.body) == ([*headers], body)
    assert "would hold back <script src>" in caplog.text


@both_doors
@pytest.mark.parametrize("value", ["1", "true", " YES ", "off"])
def test_the_kill_switch_leaves_everything_alone(
    ask: Ask, value: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(KILL_SWITCH, value)

    answer = ask(Shop(PAGE, HEADERS), [("Cookie", "_ga=1")])

    assert (answer.headers, answer.body, answer.seen["HTTP_COOKIE"]) == ([*HEADERS], PAGE, "_ga=1")
    assert f"{KILL_SWITCH} is set: the middleware is off" in caplog.text


@pytest.mark.parametrize("value", ["", "0", "false", "No"])
def test_a_kill_switch_that_says_no_is_none(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KILL_SWITCH, value)

    assert DOORS[0](Shop(PAGE, HEADERS)).body != PAGE
