"""W3C Tracking Preference Expression: what a site answers to DNT, in Tk and in its resources."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from privacy_mw import ConfigError, PrivacyConfig
from privacy_mw.engine import PrivacyEngine
from privacy_mw.exchange import Exchange
from privacy_mw.messages import RequestHead
from privacy_mw.request_privacy import RequestPrivacy
from tests.shops import DOORS, PAGE, SECRET, Answer, Pair, Shop, choice_cookie
from tests.test_exchange import HELD

Ask = Callable[..., Answer]
both_doors = pytest.mark.parametrize("ask", DOORS)
ON: dict[str, Any] = {"tracking_status": True, "banner": False, "privacy_link": False}
OPT_OUT = ON | {"regime": "opt-out"}
DNT = ("DNT", "1")


@both_doors
@pytest.mark.parametrize(
    ("request_fields", "settings", "tk", "is_held"),
    [
        ([DNT], ON, "N", True),
        ([("DNT", "0")], OPT_OUT, "T", False),
        ([("DNT", "0")], ON, "N", True),
        ([], ON, "N", True),
        ([], OPT_OUT, "T", False),
        ([("DNT", "1xyz")], OPT_OUT, "N", True),
        ([("DNT", "0abc")], OPT_OUT, "T", False),
        ([("DNT", "10")], OPT_OUT, "N", True),
        ([("DNT", "01")], OPT_OUT, "T", False),
        ([("DNT", "2")], OPT_OUT, "T", False),
        ([("DNT", "yes")], OPT_OUT, "T", False),
        ([("DNT", "")], OPT_OUT, "T", False),
        ([DNT, ("DNT", "0")], OPT_OUT, "N", True),
        ([("DNT", "0"), ("Sec-GPC", "1")], OPT_OUT, "N", True),
    ],
)
def test_a_page_says_whether_it_tracks(
    ask: Ask, request_fields: list[Pair], settings: dict[str, Any], tk: str, is_held: bool
) -> None:
    answer = ask(Shop(PAGE), request_fields, settings=settings)

    assert (answer.all("tk"), answer.body) == ([tk], HELD if is_held else PAGE)
    assert "DNT" in (answer.one("vary") or "")


@both_doors
def test_consent_given_here_beats_the_signal_and_says_where_it_is_taken_back(ask: Ask) -> None:
    cookie = ("Cookie", choice_cookie(ask, "accept"))

    answer = ask(Shop(PAGE), [DNT, cookie], settings=ON)
    resource = ask(Shop(), [DNT, cookie], settings=ON, path="/.well-known/dnt/c")

    assert (answer.all("tk"), answer.body) == (["C;c"], PAGE)
    assert json.loads(resource.body) == {"tracking": "C", "config": "/.privacy/"}


@both_doors
@pytest.mark.parametrize("status", [200, 204, 302, 304, 404, 500])
@pytest.mark.parametrize("kind", ["application/json", "text/html"])
def test_every_response_carries_one_status_and_it_is_ours(ask: Ask, status: int, kind: str) -> None:
    headers = (("Content-Type", kind), ("Tk", "T"), ("TK", "G"))

    assert ask(Shop(b"", headers, status), [DNT], settings=ON).all("tk") == ["N"]


@both_doors
def test_the_resource_of_the_site_is_the_same_for_everybody_and_sets_nothing(ask: Ask) -> None:
    settings = ON | {"policy_url": "/privacy"}
    answers = [
        ask(Shop(), headers, settings=settings, path="/.well-known/dnt/")
        for headers in ([], [DNT], [("Cookie", "_ga=1; " + choice_cookie(ask, "refuse"))])
    ]

    first = answers[0]
    assert [(each.status, each.headers, each.body) for each in answers] == [
        (200, first.headers, first.body)
    ] * 3
    assert first.all("content-type") == ["application/tracking-status+json"]
    assert (first.one("cache-control"), first.all("set-cookie")) == ("public, max-age=86400", [])
    assert json.loads(first.body) == {"tracking": "?", "config": "/.privacy/", "policy": "/privacy"}


@both_doors
@pytest.mark.parametrize(
    ("method", "path", "status", "field"),
    [
        ("GET", "/.well-known/dnt", 301, ("location", "/.well-known/dnt/")),
        ("GET", "/.well-known/dnt/nope", 404, ("content-type", "text/plain")),
        ("HEAD", "/.well-known/dnt/", 200, ("content-type", "application/tracking-status+json")),
        ("POST", "/.well-known/dnt/", 405, ("allow", "GET, HEAD")),
    ],
)
def test_around_the_resource(ask: Ask, method: str, path: str, status: int, field: Pair) -> None:
    answer = ask(Shop(), [DNT], settings=ON, method=method, path=path)

    assert (answer.status, answer.one(field[0])) == (status, field[1])
    assert answer.all("set-cookie") == []
    assert bool(answer.body) == (method == "GET" and status == 404)


@both_doors
@pytest.mark.parametrize("path", ["/.well-known/dnt-policy.txt", "/.well-known/dntx", "/dnt/"])
def test_other_addresses_are_the_applications(ask: Ask, path: str) -> None:
    assert ask(Shop(b"x"), settings=ON, path=path).body == b"x"


@both_doors
def test_the_choice_says_that_the_status_has_changed(ask: Ask) -> None:
    answer = ask(
        Shop(),
        [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")],
        method="POST",
        path="/.privacy/choice",
        body=b"choice=refuse&return=/",
        settings=ON,
    )

    assert (answer.status, answer.all("tk"), answer.one("cache-control")) == (303, ["U"], "no-store")


@pytest.mark.parametrize(("dnt", "status"), [(b"1", 409), (b"0", 403), (None, 403)])
def test_a_page_that_demands_tracking_is_in_conflict_with_the_signal(dnt: bytes | None, status: int) -> None:
    engine = PrivacyEngine(PrivacyConfig(secret_key=SECRET, **ON))
    fields = {b"host": b"shop.example"} | ({b"dnt": dnt} if dnt else {})
    exchange = engine.open(RequestHead("GET", "https", "shop.example", "", "/films", b"", fields))
    assert isinstance(exchange, Exchange)

    reply = RequestPrivacy(exchange).permission_page("media")

    assert reply is not None
    assert reply.status == status


@both_doors
def test_without_the_setting_nobody_claims_anything(ask: Ask) -> None:
    answer = ask(Shop(b"{}", (("Content-Type", "application/json"), ("Tk", "N"))), [DNT])

    assert answer.all("tk") == ["N"]
    assert ask(Shop(b"x"), path="/.well-known/dnt/").body == b"x"


def test_who_answers_the_signal_has_to_follow_it() -> None:
    with pytest.raises(ConfigError, match="set honour_dnt to True"):
        PrivacyConfig(secret_key=SECRET, tracking_status=True, honour_dnt=False)
