"""What follows from the visitor's answer, on this page and on the next ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.site import (
    NECESSARY_COOKIES,
    PROTECTED_HOST,
    SCRIPTED_COOKIES,
    TRACKERS_WITH_SCRIPT,
    TRACKERS_WITHOUT_SCRIPT,
)
from tests.browser.visitor import CHOICE_COOKIE

if TYPE_CHECKING:
    from tests.browser.conftest import Arrive
    from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

WITH_AND_WITHOUT_SCRIPT = pytest.mark.parametrize(
    "java_script_enabled", [True, False], ids=["JavaScript", "no JavaScript"]
)


@WITH_AND_WITHOUT_SCRIPT
def test_after_a_refusal_the_banner_and_all_trackers_stay_away_and_the_jar_gains_just_the_choice(
    arrive: Arrive, java_script_enabled: bool
) -> None:
    visitor = arrive(java_script_enabled=java_script_enabled)
    visitor.open()

    visitor.refuse()
    visitor.settle()
    visitor.open("/bowls")
    visitor.settle()
    visitor.page.reload()

    assert visitor.banner.count() == 0
    assert visitor.contacted_hosts() == {PROTECTED_HOST}
    assert visitor.cookie_names() == NECESSARY_COOKIES | {CHOICE_COOKIE}


def test_after_an_acceptance_every_tracker_and_the_embed_work_and_the_banner_is_gone(
    visitor: Visitor,
) -> None:
    visitor.open()

    visitor.accept()
    visitor.wait_for_foreign_hosts(TRACKERS_WITH_SCRIPT)

    assert visitor.foreign_hosts() == TRACKERS_WITH_SCRIPT
    assert visitor.cookie_names() == NECESSARY_COOKIES | SCRIPTED_COOKIES | {CHOICE_COOKIE}
    assert _embed_text(visitor) == "Played from www.youtube.com"
    assert visitor.banner.count() == 0
    assert visitor.complaints() == []


def test_after_an_acceptance_without_javascript_the_noscript_trackers_and_the_embed_work(
    arrive: Arrive,
) -> None:
    visitor = arrive(java_script_enabled=False)
    visitor.open()

    visitor.accept()
    visitor.wait_for_foreign_hosts(TRACKERS_WITHOUT_SCRIPT)

    assert visitor.foreign_hosts() == TRACKERS_WITHOUT_SCRIPT
    assert visitor.cookie_names() == NECESSARY_COOKIES | {CHOICE_COOKIE}
    assert _embed_text(visitor) == "Played from www.youtube.com"
    assert visitor.banner.count() == 0


@pytest.mark.parametrize("answer", ["accept", "refuse"])
def test_an_answer_leads_back_to_the_page_it_was_given_on(visitor: Visitor, answer: str) -> None:
    visitor.open("/bowls?glaze=ash&size=2")

    visitor.press(f"#privacy-mw-banner button[value={answer}]")

    assert visitor.page.url == f"https://{PROTECTED_HOST}/bowls?glaze=ash&size=2"


@pytest.mark.parametrize("answer", ["accept", "refuse"])
def test_the_shops_own_parts_work_after_any_answer(visitor: Visitor, answer: str) -> None:
    visitor.open()

    visitor.press(f"#privacy-mw-banner button[value={answer}]")
    visitor.press("#buy")

    visitor.assert_shop_works()
    assert visitor.page.locator("#basket").inner_text() == "1"


def test_the_choice_cookie_is_bound_to_this_host(visitor: Visitor) -> None:
    visitor.open()

    visitor.refuse()

    cookie = visitor.choice_cookie()
    kept = {name: cookie[name] for name in ("domain", "path", "secure", "sameSite")}
    assert kept == {
        "domain": PROTECTED_HOST,
        "path": "/",
        "secure": True,
        "sameSite": "Lax",
    }


def test_going_back_after_a_refusal_does_not_ask_again(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.open("/bowls")

    visitor.refuse()
    visitor.page.goto(f"https://{PROTECTED_HOST}/")
    visitor.page.go_back()
    visitor.settle()

    assert visitor.banner.count() == 0


def test_a_choice_of_one_visitor_is_not_served_to_the_next(arrive: Arrive) -> None:
    first, second = arrive(), arrive()
    first.open()
    first.accept()
    first.settle()
    first.page.context.close()
    first.internet.wait_until_everybody_left()
    first.internet.forget()

    second.open()

    assert second.contacted_hosts() == {PROTECTED_HOST}
    assert second.banner.is_visible()


def _embed_text(visitor: Visitor) -> str:
    return visitor.page.frame_locator("main iframe").locator("p").inner_text()
