"""What stands in place of what was refused, and that nothing of it is asked for, in a real browser."""

from __future__ import annotations

import re

import pytest

from tests.browser import kinds
from tests.browser.conftest import Arrive
from tests.browser.site import PROTECTED_HOST, UNPROTECTED_HOST
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
VIDEO_HOST = "www.youtube.com"


def paths_asked(visitor: Visitor) -> frozenset[str]:
    visitor.settle()
    asked = (request.path for request in visitor.internet.requests() if request.host == kinds.HOST)
    return frozenset(asked) & frozenset(kinds.PATHS.values())


def test_every_kind_of_element_asks_its_host_where_nothing_protects(arrive: Arrive) -> None:
    visitor = arrive(UNPROTECTED_HOST)
    visitor.open("/kinds")
    visitor.wait_until(lambda: len(paths_asked(visitor)) == len(kinds.PATHS))

    assert paths_asked(visitor) == frozenset(kinds.PATHS.values())


@pytest.mark.parametrize("javascript", [True, False])
def test_no_kind_of_element_asks_it_for_a_visitor_who_has_not_agreed(
    arrive: Arrive, javascript: bool
) -> None:
    visitor = arrive(java_script_enabled=javascript)
    visitor.open("/kinds")

    assert visitor.foreign_hosts() == frozenset()


def test_a_pixel_takes_no_place(visitor: Visitor) -> None:
    visitor.open("/kinds")

    assert visitor.page.locator("#pixel").bounding_box() is None


def test_a_placeholder_has_the_size_of_what_it_stands_for(arrive: Arrive) -> None:
    visitor = arrive()
    visitor.open()
    refused = visitor.page.locator("main iframe").bounding_box()
    visitor.accept()
    visitor.wait_for_foreign_hosts(frozenset({VIDEO_HOST}))

    assert refused == visitor.page.locator("main iframe").bounding_box()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_placeholder_says_whose_it_is_and_its_button_allows_that_purpose_alone(
    arrive: Arrive, javascript: bool
) -> None:
    visitor = arrive(java_script_enabled=javascript)
    visitor.open("/bowls")
    placeholder = visitor.page.frame_locator("main iframe")

    assert "comes from YouTube" in placeholder.locator("body").inner_text()
    assert re.match(rf"https://{VIDEO_HOST}/embed/", placeholder.locator("a").get_attribute("href") or "")
    assert visitor.foreign_hosts() == frozenset()

    with visitor.page.expect_navigation():
        placeholder.get_by_role("button", name="Allow: Embedded media").click()
    visitor.wait_for_foreign_hosts(frozenset({VIDEO_HOST}))

    assert visitor.page.url == f"https://{PROTECTED_HOST}/bowls"
    assert visitor.foreign_hosts() == {VIDEO_HOST}
    assert visitor.banner.count() == 0


def test_widgets_that_scripts_would_have_filled_say_what_is_missing_and_can_be_allowed(
    arrive: Arrive,
) -> None:
    visitor = arrive()
    visitor.open("/widgets")
    placeholders = visitor.page.locator("iframe[data-privacy-placeholder]")
    texts = [placeholders.nth(n).content_frame.locator("body").inner_text() for n in range(2)]

    assert placeholders.count() == 2
    assert "comes from Facebook plugins" in texts[0]
    assert "comes from Disqus comments" in texts[1]
    assert visitor.foreign_hosts() == frozenset()

    with visitor.page.expect_navigation():
        placeholders.nth(1).content_frame.get_by_role("button", name="Allow: Embedded media").click()
    visitor.wait_for_foreign_hosts(frozenset({"connect.facebook.net", "tea.disqus.com"}))

    assert placeholders.count() == 0
