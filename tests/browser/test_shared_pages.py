"""Pages that are the same for everybody: the browser puts in what its visitor allows, and nothing else."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from privacy_mw import PrivacyConfig, Purpose
from privacy_mw.consent import Choice, ChoiceSigner
from privacy_mw.engine import PrivacyEngine
from privacy_mw.exchange import Exchange
from privacy_mw.messages import RequestHead
from privacy_mw.purposes import OPTIONAL
from tests.browser import kinds
from tests.browser.site import CACHED_HOST, TRACKERS_WITH_SCRIPT, UNPROTECTED_HOST
from tests.browser.visitor import CHOICE_COOKIE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

    from tests.browser.conftest import Arrive
    from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

# Tests may not send Sec-GPC without the browser saying so to scripts as well.
GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"
DNT = "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})"


def test_before_a_choice_only_the_site_is_contacted_and_the_banner_asks(arrive: Arrive) -> None:
    visitor = arrive(CACHED_HOST)

    visitor.open()

    assert visitor.contacted_hosts() == {CACHED_HOST}
    assert visitor.banner.is_visible()
    assert visitor.complaints() == []


def test_who_accepts_gets_the_same_bytes_and_the_browser_loads_what_waited_in_them(arrive: Arrive) -> None:
    visitor = arrive(CACHED_HOST)
    before = visitor.open("/bowls").body()
    visitor.accept()
    visitor.internet.forget()

    after = visitor.open("/bowls").body()

    assert after == before
    visitor.wait_for_foreign_hosts(TRACKERS_WITH_SCRIPT)
    assert visitor.foreign_hosts() >= TRACKERS_WITH_SCRIPT
    assert visitor.banner.is_hidden()
    visitor.assert_shop_works()
    assert visitor.page.locator("iframe[src*=youtube]").count() == 1


def test_who_refuses_is_sent_nobodys_content_and_is_not_asked_again(arrive: Arrive) -> None:
    visitor = arrive(CACHED_HOST)
    visitor.open()
    visitor.refuse()

    visitor.open("/bowls")

    assert visitor.contacted_hosts() == {CACHED_HOST}
    assert visitor.banner.is_hidden()


def test_one_purpose_brings_only_what_waits_for_it(arrive: Arrive) -> None:
    visitor = arrive(CACHED_HOST)
    visitor.open("/.privacy/")
    visitor.page.check("input[value=media]")
    visitor.press("button[value=save]")

    visitor.open()
    visitor.wait_for_foreign_hosts(frozenset({"www.youtube.com"}))

    assert visitor.foreign_hosts() == {"www.youtube.com"}


def test_what_the_application_kept_for_a_purpose_comes_with_its_scripts_in_their_order(
    arrive: Arrive,
) -> None:
    visitor = arrive(CACHED_HOST)
    visitor.open("/.privacy/")
    visitor.page.check("input[value=analytics]")
    visitor.press("button[value=save]")

    visitor.open("/kept")
    visitor.wait_until(lambda: visitor.page.title() != "Kept")

    assert visitor.page.title() == "ran before"
    assert visitor.page.locator("#kept").is_visible()
    assert visitor.page.locator("#other").count() == 0
    assert visitor.page.locator("template").count() == 1


def test_a_signal_of_the_browser_is_an_answer(arrive: Arrive) -> None:
    visitor = arrive(CACHED_HOST)
    visitor.page.add_init_script(GPC)

    visitor.open()

    assert visitor.contacted_hosts() == {CACHED_HOST}
    assert visitor.banner.is_hidden()


def test_without_javascript_nothing_loads_and_the_link_leads_to_the_choice(arrive: Arrive) -> None:
    visitor = arrive(CACHED_HOST, java_script_enabled=False)

    visitor.open()

    assert visitor.contacted_hosts() == {CACHED_HOST}
    assert visitor.banner.is_hidden()
    assert visitor.page.locator("#privacy-mw-link a").last.get_attribute("href") == "/.privacy/"


def test_under_a_strict_policy_the_script_runs_and_nothing_complains(arrive: Arrive) -> None:
    visitor = arrive(CACHED_HOST)

    visitor.open("/strict")

    assert visitor.banner.is_visible()
    assert visitor.complaints() == []


def test_every_kind_of_element_comes_to_life(arrive: Arrive) -> None:
    """But a picture that a lazy loader has passed by already: it looks once, while the page is read."""
    unprotected = arrive(UNPROTECTED_HOST)
    unprotected.open("/kinds")
    asked = _asked(unprotected)
    visitor = arrive(CACHED_HOST)
    visitor.open()
    visitor.accept()
    visitor.internet.forget()

    visitor.open("/kinds")
    visitor.wait_until(lambda: _asked(visitor) | {"/analytics.js/lazy"} >= asked)

    assert len(asked) > 20
    assert asked - _asked(visitor) == {"/analytics.js/lazy"}


def _asked(visitor: Visitor) -> set[str]:
    visitor.settle()
    asked = (each.path for each in visitor.internet.requests() if each.host == kinds.HOST)
    return {path for path in asked if path.startswith("/analytics.js/")}


@pytest.mark.slow
@pytest.mark.parametrize("regime", ["opt-in", "opt-out", "notice"])
def test_the_script_decides_as_the_server_does(browser: Browser, regime: str) -> None:
    """All signals with choices of all kinds: new, old, for another version, with words nobody knows."""
    settings: dict[str, Any] = {"secret_key": "x" * 40, "regime": regime, "policy_version": "2"}
    server = PrivacyEngine(PrivacyConfig(**settings, mode="personal"))
    page = _page_for_everybody(PrivacyEngine(PrivacyConfig(**settings, mode="uniform")))
    cookies = _choices(ChoiceSigner(["x" * 40]), server.now())
    decided: dict[tuple[str, ...], Any] = {}
    expected: dict[tuple[str, ...], Any] = {}
    for gpc, dnt in product((False, True), repeat=2):
        context = browser.new_context()
        for script in [GPC] * gpc + [DNT] * dnt:
            context.add_init_script(script)
        context.route("**/*", lambda route: _answer(route, page))
        tab = context.new_page()
        for name, value in cookies.items():
            context.clear_cookies()
            if value is not None:
                cookie = {
                    "name": CHOICE_COOKIE,
                    "value": value,
                    "url": "https://rules.example/",
                    "secure": True,
                }
                context.add_cookies([cookie])  # type: ignore[list-item]
            tab.goto("https://rules.example/")
            case = (name, *["gpc"] * gpc, *["dnt"] * dnt)
            waiting = tab.eval_on_selector_all("[data-privacy]", "all => all.map(e => e.dataset.privacy)")
            asks = tab.locator("#privacy-mw-banner").is_visible()
            decided[case] = ({*map(str, OPTIONAL)} - {*waiting}, asks)
            fields = {b"host": b"rules.example"}
            fields |= {b"sec-gpc": b"1"} if gpc else {}
            fields |= {b"dnt": b"1"} if dnt else {}
            fields |= {b"cookie": f"{CHOICE_COOKIE}={value}".encode()} if value is not None else {}
            decision = server.decide(RequestHead("GET", "https", "rules.example", "", "/", b"", fields))
            expected[case] = ({*map(str, decision.allowed)} - {"necessary"}, decision.banner_due)
        context.close()

    assert decided == expected


def _choices(signer: ChoiceSigner, now: float) -> dict[str, str | None]:
    def written(granted: set[Purpose], version: str, days_ago: float) -> str:
        return signer.write(Choice(frozenset(granted), version, int(now - days_ago * 86400))).decode()

    return {
        "none": None,
        "nonsense": "nonsense",
        "not json": "Zm9v.bar",
        "all": written(set(Purpose), "2", 1),
        "nothing": written(set(), "2", 1),
        "one": written({Purpose.ANALYTICS}, "2", 1),
        "two": written({Purpose.MEDIA, Purpose.FUNCTIONAL}, "2", 179),
        "too old": written(set(Purpose), "2", 181),
        "another version": written(set(Purpose), "1", 1),
    }


def _page_for_everybody(engine: PrivacyEngine) -> dict[str, bytes]:
    """Bodies by path, with an element that waits for each purpose."""
    head = RequestHead("GET", "https", "rules.example", "", "/", b"", {b"host": b"rules.example"})
    exchange = engine.open(head)
    assert isinstance(exchange, Exchange)
    exchange.start_response(200, [(b"content-type", b"text/html")])
    waiting = b"".join(
        b'<img alt="" data-privacy="%s" data-privacy-src="/p.png">' % purpose.encode() for purpose in OPTIONAL
    )
    page = exchange.feed(b"<!doctype html><title>x</title><body>" + waiting) + exchange.finish()
    script = engine.open(head._replace(path="/.privacy/static/privacy.js"))
    return {"/": page, "/.privacy/static/privacy.js": script.body}  # type: ignore[union-attr]


def _answer(route: Route, page: dict[str, bytes]) -> None:
    path = "/" + route.request.url.split("/", 3)[3].partition("?")[0]
    kind = "text/javascript" if path.endswith(".js") else "text/html"
    route.fulfill(status=200 if path in page else 404, body=page.get(path, b""), content_type=kind)
