"""The banner as a visitor meets it: two equal answers, by mouse or keyboard, and out of the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, Locator

    from tests.browser.conftest import Arrive
    from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# The narrowest window of WCAG 2.2, success criterion 1.4.10 (Reflow).
NARROWEST = {"width": 320, "height": 568}
VIEWPORTS = pytest.mark.parametrize(
    "viewport", [DESKTOP, PHONE, NARROWEST], ids=["desktop", "phone", "narrowest"]
)

# More than the page has places to tab to.
MANY_TABS = 30


@pytest.mark.parametrize("viewport", [DESKTOP, NARROWEST], ids=["desktop", "narrowest"])
def test_both_answers_have_the_same_size(arrive: Arrive, viewport: dict[str, int]) -> None:
    visitor = arrive(viewport=viewport)

    visitor.open()

    accept, refuse = _box(_button(visitor, "accept")), _box(_button(visitor, "refuse"))
    assert (accept["width"], accept["height"]) == (refuse["width"], refuse["height"])


def test_both_answers_have_the_same_style_in_every_property(visitor: Visitor) -> None:
    visitor.open()

    accept, refuse = (_computed_styles(_button(visitor, name)) for name in ("accept", "refuse"))
    assert accept == refuse


@pytest.mark.parametrize("answer", ["accept", "refuse"])
def test_tab_reaches_each_answer_and_enter_gives_it(visitor: Visitor, answer: str) -> None:
    visitor.open()

    reached = _tab_until_focused(visitor, _button(visitor, answer))
    assert reached
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")

    assert visitor.banner.count() == 0
    assert visitor.choice_cookie() is not None


def test_a_focused_answer_is_marked(visitor: Visitor) -> None:
    visitor.open()
    button = _button(visitor, "refuse")
    before = _computed_styles(button)

    _tab_until_focused(visitor, button)

    assert _computed_styles(button) != before


def test_the_banner_takes_no_focus_by_itself(visitor: Visitor) -> None:
    visitor.open()

    assert visitor.page.evaluate("document.activeElement === document.body")


@pytest.mark.parametrize("viewport", [DESKTOP, NARROWEST], ids=["desktop", "narrowest"])
def test_the_page_does_not_move_because_of_the_banner(arrive: Arrive, viewport: dict[str, int]) -> None:
    visitor = arrive(viewport=viewport)
    visitor.open()

    with_banner = _places(visitor)
    visitor.refuse()

    assert with_banner == _places(visitor)


def test_nothing_of_the_page_shifts_while_it_loads(visitor: Visitor) -> None:
    """By Chromium's own count, Layout Instability; the banner's growth as it arrives is its own."""
    visitor.open()

    shifted = visitor.page.evaluate(
        "new Promise(done => { const shifted = [];"
        " new PerformanceObserver(list => shifted.push(...list.getEntries()"
        "  .flatMap(entry => entry.sources)"
        "  .filter(source => !source.node?.closest?.('#privacy-mw-banner'))"
        "  .map(source => String(source.node?.outerHTML))))"
        "  .observe({type: 'layout-shift', buffered: true});"
        " setTimeout(() => done(shifted), 300) })"
    )
    assert shifted == []


@VIEWPORTS
def test_the_banner_leaves_room_to_read_and_makes_nothing_scroll_sideways(
    arrive: Arrive, viewport: dict[str, int]
) -> None:
    visitor = arrive(viewport=viewport)

    visitor.open()

    banner = _box(visitor.banner)
    page_width = visitor.page.evaluate("document.documentElement.scrollWidth")
    assert banner["height"] <= viewport["height"] * 0.6
    assert 0 <= banner["x"] <= banner["x"] + banner["width"] <= viewport["width"]
    assert page_width <= viewport["width"]


@VIEWPORTS
def test_the_end_of_the_page_can_be_read_and_clicked_with_the_banner_open(
    arrive: Arrive, viewport: dict[str, int]
) -> None:
    """Scrolled to the end, the privacy links are not buried below the banner (WCAG 2.4.11)."""
    visitor = arrive(viewport=viewport)
    visitor.open()

    visitor.page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")

    links = visitor.page.locator("#privacy-mw-link a").all()
    assert [_is_on_top(link) for link in [visitor.page.locator("footer p"), *links]] == [
        True for _ in range(3)
    ]


def test_the_banner_is_styled_and_works_under_a_strict_content_security_policy(
    visitor: Visitor,
) -> None:
    visitor.open("/strict")
    position = visitor.style("#privacy-mw-banner", "position")

    visitor.refuse()

    assert position in {"fixed", "sticky"}
    assert visitor.banner.count() == 0
    assert visitor.complaints() == []


def test_the_banner_is_a_labelled_region_of_the_page(visitor: Visitor) -> None:
    visitor.open()

    regions = visitor.page.get_by_role("region")
    assert [region.get_attribute("id") for region in regions.all()] == ["privacy-mw-banner"]


def _button(visitor: Visitor, answer: str) -> Locator:
    return visitor.banner.locator(f"button[name=choice][value={answer}]")


def _box(element: Locator) -> FloatRect:
    box = element.bounding_box()
    assert box is not None
    return box


def _is_on_top(element: Locator) -> bool:
    return bool(
        element.evaluate(
            "element => { const box = element.getBoundingClientRect();"
            " const hit = document.elementFromPoint(box.x + 5, box.y + box.height / 2);"
            " return element.contains(hit) }"
        )
    )


def _places(visitor: Visitor) -> list[FloatRect]:
    parts = ("header", "main", "h1", "#order", "footer")
    return [_box(visitor.page.locator(part).first) for part in parts]


def _computed_styles(element: Locator) -> dict[str, str]:
    styles: dict[str, str] = element.evaluate(
        "element => { const style = getComputedStyle(element);"
        " return Object.fromEntries([...style].map(name => [name, style.getPropertyValue(name)])) }"
    )
    return styles


def _tab_until_focused(visitor: Visitor, element: Locator) -> bool:
    for _ in range(MANY_TABS):
        visitor.page.keyboard.press("Tab")
        if element.evaluate("element => element === document.activeElement"):
            return True
    return False
