"""What an application is told, and what it may say of its own response."""

from __future__ import annotations

from typing import Any

import pytest

from privacy_mw import PrivacyConfig, Purpose
from privacy_mw.engine import PrivacyEngine
from privacy_mw.exchange import Exchange
from privacy_mw.messages import RequestHead
from privacy_mw.policy import Rule
from privacy_mw.request_privacy import NO_REQUEST, RequestPrivacy
from tests.shops import PAGE, SECRET, choice_cookie
from tests.shops import ask_wsgi as ask
from tests.test_exchange import HELD

HTML = (b"content-type", b"text/html")
PUBLIC = (b"cache-control", b"public")


class Visit:
    """One request to an application that has a word to say."""

    def __init__(self, choice: str | None = None, **settings: Any) -> None:
        engine = PrivacyEngine(PrivacyConfig(secret_key=SECRET, **settings))
        fields = {b"host": b"shop.example"}
        if choice:
            fields[b"cookie"] = choice_cookie(ask, choice).encode()
        exchange = engine.open(RequestHead("GET", "https", "shop.example", "", "/tea", b"a=1", fields))
        assert isinstance(exchange, Exchange)
        self.exchange = exchange
        self.privacy = RequestPrivacy(exchange)

    def answer(self, *fields: tuple[bytes, bytes], page: bytes = PAGE) -> tuple[dict[bytes, bytes], bytes]:
        head = self.exchange.start_response(200, [HTML, *fields])
        return dict(head.fields), self.exchange.feed(page) + self.exchange.finish()


@pytest.mark.parametrize(("choice", "allowed"), [("accept", True), ("refuse", False), (None, False)])
def test_each_purpose_can_be_asked_for_by_name(choice: str | None, allowed: bool) -> None:
    privacy = Visit(choice).privacy

    asked = [privacy.functional, privacy.analytics, privacy.advertising, privacy.media]
    assert asked == [allowed] * 4
    assert privacy.allows("necessary")
    assert not privacy.allows("necesary")


def test_the_parts_of_the_decision_are_there() -> None:
    visit = Visit("refuse")
    decision = visit.exchange.decision

    privacy = visit.privacy

    read = (
        privacy.allowed,
        privacy.rule,
        privacy.regime,
        privacy.signals,
        privacy.choice,
        privacy.banner_due,
        privacy.hidden,
    )
    assert read == decision
    assert privacy.explain() == decision.explain()


def test_a_page_of_which_the_application_went_by_the_decision_is_its_visitors_alone() -> None:
    read, unread = Visit("refuse"), Visit("refuse")

    assert not read.privacy.analytics

    assert read.answer(PUBLIC)[0][b"cache-control"] == b"private"
    assert unread.answer(PUBLIC)[0][b"cache-control"] == b"public"


def test_where_everybody_gets_the_same_the_application_is_told_of_nobody() -> None:
    privacy = Visit("accept", mode="uniform").privacy

    assert (privacy.analytics, privacy.rule) == (False, Rule.UNIFORM)
    assert "everybody gets the same page" in privacy.explain()


def test_an_exempt_page_gets_nothing_put_in_but_is_judged() -> None:
    visit = Visit()

    visit.privacy.exempt()

    assert visit.answer()[1] == HELD


def test_a_page_exempt_from_blocking_leaves_byte_for_byte_with_its_cookies_judged() -> None:
    visit = Visit()
    link = (b"link", b"<https://www.google-analytics.com/a.js>; rel=preload; as=script")

    visit.privacy.exempt(blocking=True)
    visit.privacy.exempt()
    fields, body = visit.answer((b"etag", b'"v1"'), link, (b"set-cookie", b"_ga=1"))

    assert body == PAGE
    assert (fields[b"etag"], fields[b"link"]) == (b'"v1"', link[1])
    assert b"set-cookie" not in fields


def test_links_that_the_application_places_are_not_put_in_once_more() -> None:
    placed, unplaced = Visit(), Visit()

    links = placed.privacy.links()

    assert links.count("<nav") == 1
    assert b"<nav" not in placed.answer()[1]
    assert unplaced.answer()[1].count(b"<nav") == 1


def test_what_is_kept_for_a_purpose_is_there_for_those_who_allow_it() -> None:
    markup = "<script src=/stats.js></script>"

    assert Visit("accept").privacy.keeps("analytics", markup) == markup
    assert Visit("refuse").privacy.keeps("analytics", markup) == ""
    assert Visit("accept", mode="uniform").privacy.keeps(Purpose.ANALYTICS, markup) == (
        f'<template data-privacy="analytics">{markup}</template>'
    )
    with pytest.raises(ValueError, match="analytic"):
        Visit().privacy.keeps("analytic", markup)


def test_a_page_that_needs_a_purpose_is_replaced_by_one_that_asks_for_it() -> None:
    visit = Visit("refuse")

    reply = visit.privacy.permission_page("media")

    assert reply is not None
    assert (reply.status, dict(reply.fields)[b"cache-control"]) == (403, b"no-store")
    assert b'name="purpose" value="media"' in reply.body
    assert b'name="return" value="/tea?a=1"' in reply.body
    assert b'value="allow"' in reply.body
    assert Visit("accept").privacy.permission_page("media") is None


def test_the_page_that_asks_is_not_asked_upon() -> None:
    visit = Visit()
    reply = visit.privacy.permission_page("media")
    assert reply is not None

    head = visit.exchange.start_response(reply.status, reply.fields)

    assert visit.exchange.feed(reply.body) + visit.exchange.finish() == reply.body
    assert dict(head.fields)[b"cache-control"] == b"no-store"


def test_where_the_middleware_is_off_nothing_optional_is_allowed_and_nothing_fails() -> None:
    NO_REQUEST.exempt()

    assert (NO_REQUEST.analytics, NO_REQUEST.rule, NO_REQUEST.links()) == (False, Rule.OFF, "")
    assert NO_REQUEST.keeps("analytics", "x") == ""
    assert (
        NO_REQUEST.explain()
        == "nothing besides the necessary, because the middleware is off for this request"
    )
    reply = NO_REQUEST.permission_page("media")
    assert reply is not None
    assert reply.status == 403


@pytest.mark.parametrize(
    ("said", "spoken"),
    [(None, "en"), ("en-GB", "en"), ("xx", "en")],
)
def test_a_banner_speaks_the_pages_language_where_it_can(said: str | None, spoken: str) -> None:
    fields = [(b"content-language", said.encode())] if said else []

    _, body = Visit().answer(*fields)

    assert f'lang="{spoken}" dir="ltr"'.encode() in body
