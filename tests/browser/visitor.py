"""A visitor: one fresh browser context with one page, and what the world learned from it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import ConsoleMessage, Locator, Page, Response

    from tests.browser.internet import LoopbackInternet

CHOICE_COOKIE = "__Host-privacy_choice"

# A tag that is going to load does so within a fraction of this; it only bounds a failing test.
PATIENCE_SECONDS = 5.0


def find_chromium() -> str | None:
    """PRIVACY_MW_CHROMIUM, or else the chromium on the PATH, if it can be run."""
    return shutil.which(os.environ.get("PRIVACY_MW_CHROMIUM", "chromium"))


def user_agent(version: str) -> str:
    """Chromium's own line without the word Headless, which no visitor's browser sends."""
    major = version.partition(".")[0]
    return (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{major}.0.0.0 Safari/537.36"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    page: Page
    internet: LoopbackInternet
    host: str
    _complaints: list[str] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_SECONDS * 1000)
        # Lambdas, as playwright sets an attribute on the owner of a method it is given.
        self.page.on("console", lambda message: self._note_console(message))
        self.page.on("pageerror", lambda error: self._complaints.append(str(error)))

    def open(self, path: str = "/") -> Response:
        """Go there and wait for the page's load event."""
        response = self.page.goto(f"https://{self.host}{path}")
        assert response is not None
        return response

    def press(self, selector: str) -> None:
        """Click on something that leads to another page, as every button here does."""
        with self.page.expect_navigation():
            self.page.click(selector)

    def settle(self) -> None:
        """Wait until the page has asked for nothing for half a second, prefetches included."""
        self.page.wait_for_load_state("networkidle")

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Look again every 50 ms; a condition that never holds is left to the test's assert."""
        for _ in range(round(PATIENCE_SECONDS / 0.05)):
            if condition():
                return
            self.page.wait_for_timeout(50)

    def contacted_hosts(self) -> frozenset[str]:
        self.settle()
        return self.internet.contacted_hosts()

    def foreign_hosts(self) -> frozenset[str]:
        return self.contacted_hosts() - {self.host}

    def wait_for_foreign_hosts(self, hosts: frozenset[str]) -> None:
        self.wait_until(lambda: hosts <= self.internet.contacted_hosts())

    def cookie_names(self) -> frozenset[str]:
        """Every cookie in the jar, of the site and of everybody else."""
        self.settle()
        return frozenset(cookie["name"] for cookie in self.page.context.cookies())

    def complaints(self) -> list[str]:
        """Errors of the console and of scripts, with the address they came from."""
        self.settle()
        return list(self._complaints)

    def choice_cookie(self) -> Any:
        """The cookie with all its attributes as the browser stored it, or None."""
        jar = self.page.context.cookies()
        return next((cookie for cookie in jar if cookie["name"] == CHOICE_COOKIE), None)

    @property
    def banner(self) -> Locator:
        return self.page.locator("#privacy-mw-banner")

    def accept(self) -> None:
        self.press("#privacy-mw-banner button[name=choice][value=accept]")

    def refuse(self) -> None:
        self.press("#privacy-mw-banner button[name=choice][value=refuse]")

    def style(self, selector: str, name: str) -> str:
        script = "(element, name) => getComputedStyle(element).getPropertyValue(name)"
        return str(self.page.locator(selector).evaluate(script, name))

    def assert_shop_works(self) -> None:
        """The shop's own script ran, its stylesheet applied and its picture was drawn."""
        assert self.page.locator("html").get_attribute("data-shop-script") == "ran"
        self.assert_shop_looks_right()

    def assert_shop_looks_right(self) -> None:
        assert self.style("h1", "color") == "rgb(181, 84, 43)"
        assert self.page.locator("#logo").evaluate("picture => picture.naturalWidth") == 48

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complaints.append(f"{message.text} ({message.location.get('url')})")
