"""The settings page: a visitor changes the answer, purpose by purpose, whenever they like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.site import (
    NECESSARY_COOKIES,
    PROTECTED_HOST,
    TRACKERS_WITH_SCRIPT,
    UNPROTECTED_HOST,
)
from tests.browser.visitor import CHOICE_COOKIE

if TYPE_CHECKING:
    from tests.browser.conftest import Arrive
    from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

HOSTS_BY_PURPOSE = {
    "functional": {"fonts.googleapis.com", "fonts.gstatic.com"},
    "media": {"www.youtube.com"},
}


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["JavaScript", "no JavaScript"])
@pytest.mark.parametrize("purpose", HOSTS_BY_PURPOSE)
def test_one_allowed_purpose_lets_its_hosts_through_and_no_other(
    arrive: Arrive, purpose: str, java_script_enabled: bool
) -> None:
    visitor = arrive(java_script_enabled=java_script_enabled)
    visitor.open()
    visitor.press("#privacy-mw-banner >> text=Choose by purpose")

    visitor.page.check(f"input[name=purpose][value={purpose}]")
    visitor.press("button[name=choice][value=save]")
    visitor.open()

    assert visitor.foreign_hosts() == HOSTS_BY_PURPOSE[purpose]
    assert visitor.cookie_names() == NECESSARY_COOKIES | {CHOICE_COOKIE}


def test_the_settings_page_shows_the_answer_that_was_given(visitor: Visitor) -> None:
    visitor.open("/.privacy/")
    visitor.page.check("input[name=purpose][value=media]")

    visitor.press("button[name=choice][value=save]")

    boxes = visitor.page.locator("input[name=purpose]").all()
    assert {box.get_attribute("value") for box in boxes if box.is_checked()} == {"media"}
    assert visitor.complaints() == []


def test_after_a_withdrawal_only_the_shop_is_contacted(visitor: Visitor) -> None:
    _accept_then_withdraw(visitor)

    visitor.open()

    assert visitor.contacted_hosts() == {PROTECTED_HOST}


def test_going_back_after_a_withdrawal_does_not_bring_the_trackers_back(visitor: Visitor) -> None:
    """A page kept in the browser's history must not outlive the consent it was made with."""
    _accept_then_withdraw(visitor)

    while visitor.page.url != f"https://{PROTECTED_HOST}/":
        assert visitor.page.go_back() is not None
    visitor.settle()

    assert visitor.contacted_hosts() <= {PROTECTED_HOST}


def test_a_form_on_another_site_cannot_make_the_choice(visitor: Visitor) -> None:
    """The attacker here is the unprotected shop, whose page may run any script."""
    visitor.page.goto(f"https://{UNPROTECTED_HOST}/privacy")

    with visitor.page.expect_navigation():
        visitor.page.evaluate(
            "action => { const form = document.createElement('form');"
            " form.method = 'post'; form.action = action;"
            " form.innerHTML = '<input name=choice value=accept>';"
            " document.body.append(form); form.submit() }",
            f"https://{PROTECTED_HOST}/.privacy/choice",
        )

    assert CHOICE_COOKIE not in visitor.cookie_names()


def _accept_then_withdraw(visitor: Visitor) -> None:
    """Leaves the visitor on the settings page, with everything before it forgotten."""
    visitor.open()
    visitor.accept()
    visitor.wait_for_foreign_hosts(TRACKERS_WITH_SCRIPT)
    visitor.settle()
    visitor.press("#privacy-mw-link >> text=Cookie settings")
    visitor.press("main button[name=choice][value=refuse]")
    visitor.settle()
    visitor.internet.forget()
