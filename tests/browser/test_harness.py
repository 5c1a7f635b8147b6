"""The unprotected twin: what the harness sees when nothing protects the shop.

A first visit on which nothing is contacted means something only because these tests are green.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.site import (
    NECESSARY_COOKIES,
    SCRIPTED_COOKIES,
    TRACKERS_WITH_SCRIPT,
    TRACKERS_WITHOUT_SCRIPT,
    UNPROTECTED_HOST,
)

if TYPE_CHECKING:
    from tests.browser.conftest import Arrive

pytestmark = pytest.mark.browser


def test_without_the_middleware_every_tracker_is_contacted_and_fills_the_jar(arrive: Arrive) -> None:
    visitor = arrive(UNPROTECTED_HOST)

    visitor.open()

    assert visitor.foreign_hosts() == TRACKERS_WITH_SCRIPT
    assert visitor.cookie_names() == NECESSARY_COOKIES | SCRIPTED_COOKIES
    visitor.assert_shop_works()
    assert visitor.complaints() == []


def test_without_the_middleware_and_javascript_noscript_trackers_are_contacted(
    arrive: Arrive,
) -> None:
    visitor = arrive(UNPROTECTED_HOST, java_script_enabled=False)

    visitor.open()

    assert visitor.foreign_hosts() == TRACKERS_WITHOUT_SCRIPT


def test_in_a_lasting_profile_a_preconnect_is_seen_though_it_sends_no_request(
    arrive_with_profile: Arrive,
) -> None:
    visitor = arrive_with_profile(UNPROTECTED_HOST)

    visitor.open("/preconnect")
    visitor.wait_for_foreign_hosts(frozenset({"fonts.gstatic.com"}))

    assert visitor.foreign_hosts() == {"fonts.gstatic.com"}
    assert {request.host for request in visitor.internet.requests()} == {UNPROTECTED_HOST}


def test_in_a_lasting_profile_third_parties_set_cookies_too(arrive_with_profile: Arrive) -> None:
    visitor = arrive_with_profile(UNPROTECTED_HOST)

    visitor.open()

    third_party = {"visitor"}
    assert visitor.cookie_names() == NECESSARY_COOKIES | SCRIPTED_COOKIES | third_party


def test_the_browser_asks_for_nothing_on_its_own_account(arrive: Arrive) -> None:
    visitor = arrive(UNPROTECTED_HOST)

    visitor.open("/privacy")

    assert visitor.contacted_hosts() == {UNPROTECTED_HOST}
