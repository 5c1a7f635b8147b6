"""Fixtures: one Chromium and one internet for the session, one visitor for each test.

Without a browser the tests here are skipped; PRIVACY_MW_REQUIRE_BROWSER=1 (set where a skip would
go unseen, as in CI) makes that a failure. PRIVACY_MW_CHROMIUM names another Chromium.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import pytest

from tests.browser.site import (
    APP_HOST,
    CACHED_HOST,
    OLD_COOKIES,
    PROTECTED_HOST,
    UNPROTECTED_HOST,
    cached_shop,
    protected_shop,
    shop,
    shop_with_a_past,
)
from tests.browser.visitor import Visitor, find_chromium, user_agent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Playwright

    from tests.browser.internet import LoopbackInternet

# Debian's Chromium blocks third-party cookies, as every private window does. Most visitors'
# browsers let trackers set them, so the visitor with a profile does too.
LETS_TRACKERS_SET_COOKIES = {"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}


class Arrive(Protocol):
    """Makes a visitor; the settings are those of playwright's ``Browser.new_context``."""

    def __call__(self, host: str = ..., **settings: Any) -> Visitor: ...


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests run last, whatever the shuffle.

    While playwright's sync API is open, its event loop counts as running in this thread, and
    every asyncio.run() of another test would be refused.
    """
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = find_chromium()
    if path is None:
        _no_browser("neither PRIVACY_MW_CHROMIUM nor the PATH leads to a chromium")
    return path


@pytest.fixture(scope="session")
def playwright(chromium_path: str) -> Iterator[Playwright]:
    missing = [package for package in ("playwright", "cryptography") if not find_spec(package)]
    if missing:
        _no_browser(f"not installed: {', '.join(missing)}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def internet(playwright: Playwright) -> Iterator[LoopbackInternet]:
    """Asks for playwright only so that where nothing can run, nothing is served."""
    from tests.browser.internet import LoopbackInternet

    past = [f"{name}=1; {attributes}" for name, attributes in OLD_COOKIES.items()]
    sites = {
        PROTECTED_HOST: protected_shop(),
        UNPROTECTED_HOST: shop,
        CACHED_HOST: cached_shop(),
        APP_HOST: shop_with_a_past(past),
    }
    with LoopbackInternet(sites) as internet:
        yield internet


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium_path: str, internet: LoopbackInternet) -> Iterator[Browser]:
    with playwright.chromium.launch(
        executable_path=chromium_path, args=internet.chromium_arguments()
    ) as browser:
        yield browser


@pytest.fixture
def arrive(browser: Browser, internet: LoopbackInternet) -> Iterator[Arrive]:
    """A function that makes a visitor, for tests that say what kind of visitor it is."""
    with ExitStack() as contexts:

        def arrive(host: str = PROTECTED_HOST, **settings: Any) -> Visitor:
            context = browser.new_context(user_agent=user_agent(browser.version), **settings)
            contexts.enter_context(context)
            return Visitor(page=context.new_page(), internet=internet, host=host)

        internet.wait_until_everybody_left()
        internet.forget()
        yield arrive


@pytest.fixture
def visitor(arrive: Arrive) -> Visitor:
    """Somebody who has never been here, with no signal and with JavaScript."""
    return arrive()


@pytest.fixture
def arrive_with_profile(
    playwright: Playwright,
    chromium_path: str,
    browser: Browser,
    internet: LoopbackInternet,
    tmp_path: Path,
) -> Iterator[Arrive]:
    """As ``arrive``, with a Chromium of its own that is not in a private window.

    Only there does Chromium preconnect, and only there are third-party cookies kept. It takes a
    second more than ``arrive``.
    """
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(LETS_TRACKERS_SET_COOKIES))
    with ExitStack() as contexts:

        def arrive(host: str = PROTECTED_HOST, **settings: Any) -> Visitor:
            context = playwright.chromium.launch_persistent_context(
                tmp_path,
                executable_path=chromium_path,
                args=internet.chromium_arguments(),
                user_agent=user_agent(browser.version),
                **settings,
            )
            contexts.enter_context(context)
            return Visitor(page=context.new_page(), internet=internet, host=host)

        internet.wait_until_everybody_left()
        internet.forget()
        yield arrive


def _no_browser(reason: str) -> NoReturn:
    if os.environ.get("PRIVACY_MW_REQUIRE_BROWSER") == "1":
        pytest.fail(f"browser tests are required here, but {reason}", pytrace=False)
    pytest.skip(f"no browser tests: {reason}")
