"""Frames that wait keep their place whatever their style, and odd spellings load nothing, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser import frames, kinds
from tests.browser.conftest import Arrive
from tests.browser.site import PROTECTED_HOST, UNPROTECTED_HOST
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def boxes(visitor: Visitor) -> dict[str, Any]:
    """Where each frame, and what holds it, stands in the page, by the name of its style."""
    script = (
        "Object.fromEntries([...document.querySelectorAll('[data-style]')].map(e => [e.dataset.style,"
        " [e, e.querySelector('iframe, object, embed')].map(e => { const box = e.getBoundingClientRect();"
        " return [box.x, box.y + scrollY, box.width, box.height] })]))"
    )
    found: dict[str, Any] = visitor.page.evaluate(script)
    return found


def test_whatever_their_style_refused_frames_stand_where_accepted_ones_do(arrive: Arrive) -> None:
    visitor = arrive()
    visitor.open("/frames")
    refused = boxes(visitor)
    assert visitor.foreign_hosts() == frozenset()

    visitor.accept()
    visitor.wait_for_foreign_hosts(frozenset({frames.VIDEO_HOST}))

    assert visitor.foreign_hosts() == {frames.VIDEO_HOST}
    assert refused == boxes(visitor)


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("style", ["attributes", "named"])
def test_a_placeholder_works_under_a_strict_policy_and_in_a_sandboxed_frames_stead(
    arrive: Arrive, style: str, javascript: bool
) -> None:
    visitor = arrive(java_script_enabled=javascript)
    visitor.open("/frames/strict")
    placeholder = visitor.page.frame_locator(f"[data-style={style}] iframe")

    assert placeholder.locator("strong").inner_text() == "Kiln & fire"
    assert visitor.foreign_hosts() == frozenset()

    with visitor.page.expect_navigation():
        placeholder.get_by_role("button", name="Allow: Embedded media").click()
    visitor.wait_for_foreign_hosts(frozenset({frames.VIDEO_HOST}))

    assert visitor.page.url == f"https://{PROTECTED_HOST}/frames/strict"
    assert visitor.foreign_hosts() == {frames.VIDEO_HOST}


def paths_asked(visitor: Visitor) -> frozenset[str]:
    visitor.settle()
    return frozenset(
        request.path for request in visitor.internet.requests() if request.host.rstrip(".") == kinds.HOST
    )


def test_an_oddly_written_address_is_asked_where_nothing_protects(arrive: Arrive) -> None:
    visitor = arrive(UNPROTECTED_HOST)
    visitor.open("/spellings")
    visitor.wait_until(lambda: len(paths_asked(visitor)) == len(frames.PATHS))

    assert paths_asked(visitor) == frozenset(frames.PATHS.values())


@pytest.mark.parametrize("javascript", [True, False])
def test_no_oddly_written_address_is_asked_for_a_visitor_who_has_not_agreed(
    arrive: Arrive, javascript: bool
) -> None:
    visitor = arrive(java_script_enabled=javascript)
    visitor.open("/spellings")

    assert visitor.foreign_hosts() == frozenset()
