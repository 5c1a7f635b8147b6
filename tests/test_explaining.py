"""Every cookie held back can be accounted for: in the decision, in counts, and for developers in a header."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from privacy_mw import ConfigError, PrivacyConfig
from privacy_mw.drops import Drop
from privacy_mw.engine import PrivacyEngine
from privacy_mw.exchange import Exchange
from privacy_mw.messages import RequestHead
from tests.shops import DOORS, SECRET, Answer, Shop, choice_cookie

Ask = Callable[..., Answer]
both_doors = pytest.mark.parametrize("ask", DOORS)
COOKIES = b"_ga=1; session=2; _fbp=3"
JSON = (b"content-type", b"application/json")


def opened(engine: PrivacyEngine, cookies: bytes = COOKIES) -> Exchange:
    fields = {b"host": b"shop.example", b"cookie": cookies, b"sec-gpc": b"1"}
    exchange = engine.open(RequestHead("GET", "https", "shop.example", "", "/", b"", fields))
    assert isinstance(exchange, Exchange)
    exchange.request_fields(fields.items())
    return exchange


def engine_of(**settings: Any) -> PrivacyEngine:
    return PrivacyEngine(PrivacyConfig.from_settings({"secret_key": SECRET} | settings))


def test_the_decision_says_which_cookies_the_application_does_not_see() -> None:
    decision = opened(engine_of()).decision

    assert decision.hidden == (("_ga", "analytics"), ("_fbp", "advertising"))
    assert decision.explain() == (
        "nothing besides the necessary, because the browser sent Sec-GPC: 1 (regime opt-in); "
        "hidden cookies: _ga (analytics), _fbp (advertising)"
    )
    assert opened(engine_of(), b"session=2").decision.hidden == ()


def test_what_is_held_back_is_counted_by_what_was_done_and_purpose() -> None:
    engine = engine_of()
    for _ in range(3):
        exchange = opened(engine)
        exchange.start_response(200, [JSON, (b"set-cookie", b"_gid=1"), (b"set-cookie", b"theme=dark")])
    opened(engine).start_response(200, [(b"content-type", b"text/html")])

    assert engine.drops.counts() == {
        (Drop.HIDDEN, "analytics"): 4,
        (Drop.HIDDEN, "advertising"): 4,
        (Drop.DROPPED, "analytics"): 3,
        (Drop.DELETED, "analytics"): 1,
        (Drop.DELETED, "advertising"): 1,
    }


def test_no_count_is_lost_between_threads() -> None:
    engine = engine_of()

    def work() -> None:
        for _ in range(5000):
            engine.drops.add(Drop.HIDDEN, ("_ga", "analytics"))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert engine.drops.counts() == {(Drop.HIDDEN, "analytics"): 20_000}


@both_doors
def test_developers_are_told_in_a_header_and_visitors_are_not(ask: Ask) -> None:
    shop = Shop(headers=(("Content-Type", "text/html"), ("Set-Cookie", "_gid=1")))
    headers = [("Cookie", choice_cookie(ask, "refuse")), ("Cookie", "_ga=1; _fbp=\u00e9")]

    assert ask(shop, headers).one("x-privacy") is None
    assert ask(shop, headers, settings={"debug": True}).one("x-privacy") == (
        "nothing besides the necessary, because the visitor chose so; "
        "hidden cookies: _ga (analytics), _fbp (advertising); dropped: _gid; deleted: _fbp, _ga"
    )


def test_the_sites_word_beats_the_frameworks_and_the_frameworks_the_catalogues() -> None:
    config = PrivacyConfig(
        debug=True,
        framework_cookies=["_ga", "_fbp"],
        cookies={"functional": ["_fbp"], "analytics": ["stats"]},
    )

    assert [config.purpose_of_cookie(name) for name in ("_ga", "_fbp", "_gid", "stats", "what")] == [
        "necessary",
        "functional",
        "analytics",
        "analytics",
        None,
    ]


def test_a_name_of_two_purposes_is_an_error() -> None:
    with pytest.raises(ConfigError, match="it is 'analytics' and 'functional'; leave it to one"):
        PrivacyConfig(debug=True, cookies={"analytics": ["a_*"], "functional": ["b", "a_*"]})


@pytest.mark.parametrize(
    ("cookies", "doubt"),
    [
        (
            {"analytics": ["a_*"], "functional": ["a_{id}"]},
            "'a_{id}' (functional) is never reached: 'a_*' (analytics)",
        ),
        ({"analytics": ["a_{id}"], "functional": ["a_*"]}, None),
        ({"analytics": ["a_*"], "functional": ["a_b*", "a_c"]}, None),
        ({"analytics": ["a_*"], "necessary": ["sess*"]}, None),
        ({"analytics": ["sess*"]}, "'sess*' gives the framework's cookie 'session' to analytics"),
        ({"analytics": ["sess*"], "necessary": ["session"]}, None),
    ],
)
def test_what_is_hardly_meant_is_said_while_the_app_starts(
    cookies: dict[str, list[str]], doubt: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    engine_of(cookies=cookies, framework_cookies=["session"])

    messages = [record.message for record in caplog.records]
    assert len(messages) == (doubt is not None)
    assert (doubt or "") in "".join(messages)
