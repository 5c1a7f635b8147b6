"""Picture the demo shop for the docs, its first visit and a placeholder: ``python -m tests.browser.screenshot``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import ViewportSize, sync_playwright

from examples.flask_app.app import create_app
from tests.browser.internet import LoopbackInternet
from tests.browser.visitor import Visitor, find_chromium, user_agent

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOST = "fernleaf.example"
IMAGES = Path(__file__).parents[2] / "docs" / "images"
VIEWPORTS: dict[str, ViewportSize] = {
    "banner.png": {"width": 1280, "height": 800},
    "banner-phone.png": {"width": 390, "height": 844},
}


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        LoopbackInternet({HOST: create_app()}) as internet,
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=find_chromium(), args=internet.chromium_arguments()
        ) as browser,
    ):
        for name, viewport in VIEWPORTS.items():
            _take(browser, internet, name, viewport)
        _take_placeholder(browser, internet)


def _take(browser: Browser, internet: LoopbackInternet, name: str, viewport: ViewportSize) -> None:
    context = browser.new_context(viewport=viewport, user_agent=user_agent(browser.version))
    visitor = Visitor(page=context.new_page(), internet=internet, host=HOST)
    visitor.open()
    visitor.banner.wait_for()
    visitor.settle()
    visitor.page.screenshot(path=IMAGES / name)
    context.close()


def _take_placeholder(browser: Browser, internet: LoopbackInternet) -> None:
    """What stands where a film would, for a visitor who has refused."""
    context = browser.new_context(
        viewport={"width": 1100, "height": 900}, user_agent=user_agent(browser.version)
    )
    visitor = Visitor(page=context.new_page(), internet=internet, host=HOST)
    visitor.open("/teas/moss-garden")
    visitor.refuse()
    visitor.page.locator("iframe").first.scroll_into_view_if_needed()
    visitor.settle()
    visitor.page.screenshot(path=IMAGES / "placeholder.png")
    context.close()


if __name__ == "__main__":
    main()
