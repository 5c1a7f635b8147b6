"""Before anybody has chosen anything: nobody but the shop hears of the visit.

The twin of each of these is in test_harness.py, where the same shop is unprotected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.site import NECESSARY_COOKIES, PROTECTED_HOST

if TYPE_CHECKING:
    from tests.browser.conftest import Arrive
    from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

GPC = {"Sec-GPC": "1"}
DNT = {"DNT": "1"}
TAGGED_PAGES = ["/", "/bowls"]
PAGES = [*TAGGED_PAGES, "/privacy"]


@pytest.mark.parametrize("signal", [{}, GPC, DNT], ids=["no signal", "GPC", "DNT"])
def test_on_a_first_visit_only_the_shop_is_contacted_and_only_necessary_cookies_are_set(
    arrive: Arrive, signal: dict[str, str]
) -> None:
    visitor = arrive(extra_http_headers=signal)

    for page in TAGGED_PAGES:
        visitor.open(page)
        visitor.settle()

    assert visitor.contacted_hosts() == {PROTECTED_HOST}
    assert visitor.cookie_names() == NECESSARY_COOKIES


def test_in_a_lasting_profile_the_first_visit_makes_no_preconnect_and_no_foreign_cookie(
    arrive_with_profile: Arrive,
) -> None:
    visitor = arrive_with_profile()

    visitor.open()

    assert visitor.contacted_hosts() == {PROTECTED_HOST}
    assert visitor.cookie_names() == NECESSARY_COOKIES


def test_without_javascript_the_noscript_pixel_waits_for_consent(arrive: Arrive) -> None:
    visitor = arrive(java_script_enabled=False)

    visitor.open()

    assert visitor.contacted_hosts() == {PROTECTED_HOST}
    assert visitor.cookie_names() == NECESSARY_COOKIES


def test_a_visitor_without_a_signal_sees_the_banner(visitor: Visitor) -> None:
    visitor.open()

    assert visitor.banner.is_visible()


@pytest.mark.parametrize("signal", [GPC, DNT], ids=["GPC", "DNT"])
def test_a_visitor_whose_browser_has_answered_sees_no_banner(arrive: Arrive, signal: dict[str, str]) -> None:
    visitor = arrive(extra_http_headers=signal)

    visitor.open()

    assert visitor.banner.count() == 0


def test_every_page_has_a_visible_way_to_the_privacy_policy_and_the_settings(visitor: Visitor) -> None:
    visitor.open()

    link = visitor.page.locator("#privacy-mw-link")
    assert link.get_by_role("link", name="Privacy").first.is_visible()
    assert link.get_by_role("link", name="Cookie settings").get_attribute("href") == "/.privacy/"


@pytest.mark.parametrize("page", PAGES)
def test_the_shops_own_parts_work_before_any_choice_with_no_error_in_the_console(
    visitor: Visitor, page: str
) -> None:
    visitor.open(page)

    visitor.assert_shop_works()
    assert visitor.complaints() == []


def test_the_shops_own_form_works_before_any_choice(visitor: Visitor) -> None:
    visitor.open()

    visitor.press("#buy")

    assert visitor.page.locator("#basket").inner_text() == "1"


def test_no_address_of_a_tracker_is_left_where_the_browser_would_follow_it(
    visitor: Visitor,
) -> None:
    """dns-prefetch reaches no server of ours, so the document itself is asked for it."""
    visitor.open()

    followed = visitor.page.evaluate(
        "[...document.querySelectorAll('[src], [srcset], link[href]')]"
        ".flatMap(e => [e.getAttribute('src'), e.getAttribute('srcset'), e.getAttribute('href')])"
        ".filter(address => address && /^(https?:)?\\/\\//.test(address))"
    )
    assert followed == []
