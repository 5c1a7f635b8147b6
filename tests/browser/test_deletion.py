"""Refused cookies leave a real browser's jar, of every kind there is, and the session stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.site import APP_HOST, OLD_COOKIES, OLD_TRACKERS

if TYPE_CHECKING:
    from tests.browser.conftest import Arrive
    from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def names(visitor: Visitor) -> set[str]:
    jar: list[Any] = visitor.page.context.cookies()
    return {cookie["name"] for cookie in jar}


def test_all_eight_kinds_are_gone_after_one_refusal_and_one_page(arrive: Arrive) -> None:
    visitor = arrive(APP_HOST)
    visitor.open("/before")
    visitor.open("/shop/cart")
    before = names(visitor)

    visitor.refuse()

    assert before == {*OLD_COOKIES}
    assert visitor.page.url == f"https://{APP_HOST}/shop/cart"
    assert names(visitor) & {*OLD_COOKIES} == {*OLD_COOKIES} - {*OLD_TRACKERS}
    assert visitor.page.locator("#basket").inner_text() == "1"  # the session is the one from before


def test_who_accepts_keeps_them(arrive: Arrive) -> None:
    visitor = arrive(APP_HOST)
    visitor.open("/before")
    visitor.open("/shop/cart")

    visitor.accept()

    assert names(visitor) >= {*OLD_COOKIES}


def test_a_withdrawal_deletes_what_was_allowed_before(arrive: Arrive) -> None:
    visitor = arrive(APP_HOST)
    visitor.open("/before")
    visitor.open("/shop/cart")
    visitor.accept()

    visitor.open("/.privacy/")
    visitor.press("button[value=refuse]")
    visitor.open("/shop/cart")

    assert names(visitor).isdisjoint(OLD_TRACKERS)
