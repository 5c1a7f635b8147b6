"""The decision, the signed choice, the settings, and the addresses that take the choice."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy_mw import ConfigError, PrivacyConfig, Purpose, classify_cookie
from privacy_mw.consent import MAX_AGE_SECONDS, Choice, ChoiceSigner, read_choice_cookie, set_choice_cookie
from privacy_mw.endpoint import safe_return_path
from privacy_mw.policy import Rule, decide
from privacy_mw.purposes import ALL, NECESSARY_ONLY, OPTIONAL
from privacy_mw.regimes import REGIMES
from privacy_mw.signals import Signals
from tests.shops import DOORS, SECRET, Answer, Pair, Shop, choice_cookie

Ask = Callable[..., Answer]
both_doors = pytest.mark.parametrize("ask", DOORS)
NOW = 1_800_000_000
FORM: Pair = ("Content-Type", "application/x-www-form-urlencoded")
SAME_ORIGIN: Pair = ("Sec-Fetch-Site", "same-origin")
NO_TRACKING = frozenset({Purpose.NECESSARY, Purpose.FUNCTIONAL})
ANALYTICS_ONLY = frozenset({Purpose.NECESSARY, Purpose.ANALYTICS})


def choice(granted: frozenset[Purpose]) -> Choice:
    return Choice(granted, "1", NOW)


@pytest.mark.parametrize(
    ("regime", "signals", "given_choice", "allowed", "rule", "banner_due"),
    [
        ("opt-in", Signals(), None, NECESSARY_ONLY, Rule.REGIME, True),
        ("opt-in", Signals(gpc=True), None, NECESSARY_ONLY, Rule.GPC, False),
        ("opt-in", Signals(dnt=True), None, NECESSARY_ONLY, Rule.DNT, False),
        ("opt-in", Signals(dnt=False), None, NECESSARY_ONLY, Rule.REGIME, True),
        ("opt-in", Signals(gpc=True), choice(ALL), ALL, Rule.CHOICE, False),
        ("opt-in", Signals(), choice(NECESSARY_ONLY), NECESSARY_ONLY, Rule.CHOICE, False),
        ("opt-out", Signals(), None, ALL, Rule.REGIME, False),
        ("opt-out", Signals(gpc=True), None, NO_TRACKING, Rule.GPC, False),
        ("opt-out", Signals(dnt=True), None, NO_TRACKING, Rule.DNT, False),
        ("opt-out", Signals(gpc=True), choice(ALL), NO_TRACKING, Rule.GPC, False),
        ("opt-out", Signals(dnt=True), choice(ALL), ALL, Rule.CHOICE, False),
        ("opt-out", Signals(), choice(NECESSARY_ONLY), NECESSARY_ONLY, Rule.CHOICE, False),
        ("notice", Signals(gpc=True), None, NO_TRACKING, Rule.GPC, False),
        ("notice", Signals(gpc=True), choice(ALL), ALL, Rule.CHOICE, False),
    ],
)
def test_the_decision_follows_child_choice_signal_and_regime(
    regime: str,
    signals: Signals,
    given_choice: Choice | None,
    allowed: frozenset[Purpose],
    rule: Rule,
    banner_due: bool,
) -> None:
    decision = decide(REGIMES[regime], signals, given_choice)

    assert (decision.allowed, decision.rule, decision.banner_due) == (allowed, rule, banner_due)
    assert decision.allows("necessary")
    assert not decision.allows("unknown")
    assert regime in decision.explain() or rule in (Rule.CHOICE,)


EVERYTHING = list(
    itertools.product(
        REGIMES.values(),
        [Signals(gpc, dnt) for gpc in (False, True) for dnt in (None, False, True)],
        [None, *(choice(granted) for granted in (NECESSARY_ONLY, ANALYTICS_ONLY, ALL))],
    )
)


@pytest.mark.parametrize(("regime", "signals", "given_choice"), EVERYTHING)
def test_no_denial_ever_allows_more(regime: Any, signals: Signals, given_choice: Choice | None) -> None:
    decided = decide(regime, signals, given_choice)
    with_denials = decide(regime, Signals(gpc=True, dnt=True), given_choice)
    refused = decide(regime, signals, choice(NECESSARY_ONLY))
    child = decide(regime, signals, given_choice, child_directed=True)

    assert with_denials.allowed <= decided.allowed
    assert refused.allowed == NECESSARY_ONLY
    assert child.allowed == NECESSARY_ONLY
    assert Purpose.NECESSARY in decided.allowed
    if given_choice is None:
        assert decided.allowed <= regime.allowed


def test_signals_count_only_where_the_site_honours_them() -> None:
    regime, signals = REGIMES["opt-out"], Signals(gpc=True, dnt=True)

    assert decide(regime, signals, None, honour_gpc=False).rule is Rule.DNT
    assert decide(regime, signals, None, honour_gpc=False, honour_dnt=False).allowed == ALL


# --- the signed choice ---


def test_a_choice_is_read_back_as_it_was_written() -> None:
    signer = ChoiceSigner([SECRET])
    value = signer.write(choice(ANALYTICS_ONLY))

    assert signer.read(value, policy_version="1", now=NOW + MAX_AGE_SECONDS) == choice(ANALYTICS_ONLY)
    assert signer.read(value, policy_version="1", now=NOW + MAX_AGE_SECONDS + 1) is None
    assert signer.read(value, policy_version="2", now=NOW) is None


def test_older_keys_still_read_and_the_last_one_signs() -> None:
    old, new = "o" * 40, "n" * 40
    value = ChoiceSigner([old]).write(choice(ALL))

    assert ChoiceSigner([old, new]).read(value, policy_version="1", now=NOW) == choice(ALL)
    assert ChoiceSigner([new]).read(value, policy_version="1", now=NOW) is None
    rotated = ChoiceSigner([old, new]).write(choice(ALL))
    assert ChoiceSigner([new]).read(rotated, policy_version="1", now=NOW) == choice(ALL)


@pytest.mark.parametrize(
    "damage",
    [
        lambda value: value[:-1],
        lambda value: value[1:],
        lambda value: value[:-4] + b"AAAA",
        lambda value: b"eyJnIjpbImFuYWx5dGljcyJdfQ",
        lambda value: value + b"\xff",
        lambda value: value * 20,
        lambda value: b"",
        lambda value: ChoiceSigner(["x" * 40]).write(choice(ALL)),
    ],
)
def test_a_damaged_choice_is_no_choice_yet(damage: Callable[[bytes], bytes]) -> None:
    signer = ChoiceSigner([SECRET])

    assert signer.read(damage(signer.write(choice(ALL))), policy_version="1", now=NOW) is None


@given(st.binary(max_size=300))
def test_no_bytes_but_ours_are_a_choice(value: bytes) -> None:
    assert ChoiceSigner([SECRET]).read(value, policy_version="1", now=NOW) is None
    assert read_choice_cookie(value) is None or isinstance(read_choice_cookie(value), bytes)


def test_the_cookie_is_bound_to_the_host_on_https_and_has_no_identifier() -> None:
    assert set_choice_cookie(b"v", is_https=True) == (
        b"__Host-privacy_choice=v; Path=/; Max-Age=15552000; SameSite=Lax; Secure"
    )
    assert set_choice_cookie(b"v", is_https=False) == (
        b"privacy_choice=v; Path=/; Max-Age=15552000; SameSite=Lax"
    )
    assert read_choice_cookie(b"privacy_choice=a; __Host-privacy_choice=b") == b"b"
    same = {ChoiceSigner([SECRET]).write(choice(ALL)) for _ in range(3)}
    assert len(same) == 1


# --- the address that takes the choice ---


@both_doors
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_accepting_sets_the_cookie_and_goes_back(ask: Ask, scheme: str) -> None:
    answer = ask(
        Shop(),
        [FORM, SAME_ORIGIN],
        method="POST",
        path="/.privacy/choice",
        scheme=scheme,
        body=b"choice=accept&return=/tea%3Fa%3D1",
    )

    assert (answer.status, answer.one("location"), answer.one("cache-control")) == (
        303,
        "/tea?a=1",
        "no-store",
    )
    name = "__Host-privacy_choice=" if scheme == "https" else "privacy_choice="
    assert [line.startswith(name) for line in answer.all("set-cookie")] == [True]


@both_doors
@pytest.mark.parametrize(
    ("headers", "request_parts", "status"),
    [
        ([FORM, SAME_ORIGIN], {"method": "GET"}, 405),
        ([FORM, SAME_ORIGIN], {"method": "PUT"}, 405),
        ([FORM, ("Sec-Fetch-Site", "cross-site")], {}, 403),
        ([FORM, ("Sec-Fetch-Site", "same-site")], {}, 403),
        ([FORM, ("Sec-Fetch-Site", "none")], {}, 403),
        ([FORM, ("Sec-Fetch-Site", "cross-site"), ("Origin", "https://shop.example")], {}, 403),
        ([FORM, ("Origin", "https://evil.example")], {}, 403),
        ([FORM, ("Origin", "https://shop.example.evil.example")], {}, 403),
        ([FORM, ("Origin", "https://shop.example:8443")], {}, 403),
        ([FORM, ("Origin", "null")], {}, 403),
        ([FORM, ("Origin", "https://[")], {}, 403),
        ([FORM], {}, 403),
        ([FORM, ("Origin", "https://shop.example")], {}, 303),
        ([SAME_ORIGIN], {}, 415),
        ([("Content-Type", "application/json"), SAME_ORIGIN], {}, 415),
        ([("Content-Type", "multipart/form-data; boundary=x"), SAME_ORIGIN], {}, 415),
        ([FORM, SAME_ORIGIN], {"body": b"choice=accept&x=" + b"y" * 9000}, 413),
        ([FORM, SAME_ORIGIN], {"body": b"choice=maybe"}, 400),
        ([FORM, SAME_ORIGIN], {"body": b"\xff\xfe"}, 400),
        ([FORM, SAME_ORIGIN], {"body": b"&a=1" * 100}, 400),
        ([FORM, SAME_ORIGIN], {"path": "/.privacy/other"}, 404),
    ],
)
def test_a_choice_that_no_page_of_the_site_sent_changes_nothing(
    ask: Ask, headers: list[Pair], request_parts: dict[str, Any], status: int
) -> None:
    parts = {"method": "POST", "path": "/.privacy/choice", "body": b"choice=accept"} | request_parts
    answer = ask(Shop(), headers, **parts)

    assert answer.status == status
    assert (answer.all("set-cookie") == []) is (status != 303)
    assert answer.one("allow") == ("POST" if status == 405 else None)


@both_doors
def test_saving_grants_the_purposes_that_were_ticked_and_no_others(ask: Ask) -> None:
    body = b"choice=save&purpose=analytics&purpose=everything&return=/"
    answer = ask(Shop(), [FORM, SAME_ORIGIN], method="POST", path="/.privacy/choice", body=body)
    cookie = (answer.one("set-cookie") or "").partition(";")[0]
    shop = Shop(b"{}", (("Content-Type", "text/plain"), ("Set-Cookie", "_ga=1"), ("Set-Cookie", "_fbp=1")))

    assert ask(shop, [("Cookie", cookie)]).all("set-cookie") == ["_ga=1"]


@both_doors
@pytest.mark.parametrize(
    ("earlier", "tracked"),
    [(None, ["_fbp=1"]), ("refuse", ["_fbp=1"]), ("save&purpose=analytics", ["_ga=1", "_fbp=1"])],
)
def test_allowing_one_purpose_adds_it_to_what_was_granted_and_grants_no_other(
    ask: Ask, earlier: str | None, tracked: list[str]
) -> None:
    cookies = [("Cookie", choice_cookie(ask, earlier))] if earlier else []
    body = b"choice=allow&purpose=advertising&return=/"
    answer = ask(
        Shop(),
        [FORM, SAME_ORIGIN, ("Sec-GPC", "1"), *cookies],
        method="POST",
        path="/.privacy/choice",
        body=body,
    )
    cookie = (answer.one("set-cookie") or "").partition(";")[0]
    shop = Shop(b"{}", (("Content-Type", "text/plain"), ("Set-Cookie", "_ga=1"), ("Set-Cookie", "_fbp=1")))

    assert ask(shop, [("Cookie", cookie)]).all("set-cookie") == tracked


@both_doors
def test_a_refusal_is_remembered_and_nobody_is_asked_again(ask: Ask) -> None:
    refused = ask(Shop(), [("Cookie", choice_cookie(ask, "refuse"))])

    assert b"privacy-mw-banner" in ask(Shop()).body
    assert b"privacy-mw-banner" not in refused.body
    assert b'data-privacy="analytics"' in refused.body


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        ("/tea?a=1&b=%20", "/tea?a=1&b=%20"),
        ("/caf\u00e9", "/caf%C3%A9"),
        ("", "/"),
        ("tea", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/" + "a" * 3000, "/"),
    ],
)
def test_the_way_back_never_leaves_the_site(path: str, safe: str) -> None:
    assert safe_return_path(path) == safe


@both_doors
def test_the_settings_page_and_the_stylesheet_are_served(ask: Ask) -> None:
    page = ask(Shop(), path="/.privacy/")
    head = ask(Shop(), path="/.privacy/", method="HEAD")
    css = ask(Shop(), path="/.privacy/static/privacy.css")

    assert (page.status, page.one("cache-control")) == (200, "no-store")
    assert b'value="refuse"' in page.body
    assert page.body.isascii()
    assert (head.body, head.one("content-length")) == (b"", str(len(page.body)))
    assert (css.status, css.one("content-type")) == (200, "text/css; charset=utf-8")


@both_doors
def test_gpc_support_is_stated_unless_the_application_states_it_itself(ask: Ask) -> None:
    missing = Shop(b"not here", (("Content-Type", "text/plain"), ("Set-Cookie", "a=b")), 404)
    own = Shop(b'{"gpc": false}', (("Content-Type", "application/json"),))
    path = "/.well-known/gpc.json"

    ours = ask(missing, path=path)
    assert (ours.status, json.loads(ours.body)) == (200, {"gpc": True, "lastUpdate": "2026-11-23"})
    assert (ours.one("content-type"), ours.all("set-cookie")) == ("application/json", [])
    assert ask(missing, path=path, method="HEAD").body == b""
    assert ask(own, path=path).body == own.body
    assert ask(missing, path=path, settings={"honour_gpc": False}).status == 404
    assert ask(missing, path="/elsewhere").body == b"not here"


# --- settings ---


@pytest.mark.parametrize(
    ("settings", "code", "named"),
    [
        ({"secrt_key": SECRET}, "privacy_mw.E001", "did you mean 'secret_key'?"),
        ({"colour": 1}, "privacy_mw.E001", "known are"),
        ({"secret_key": SECRET, "banner": "yes"}, "privacy_mw.E002", "use True or False"),
        ({"secret_key": SECRET, "enabled": 1}, "privacy_mw.E002", "callable"),
        ({"secret_key": SECRET, "exempt_paths": "/api"}, "privacy_mw.E002", "['/api']"),
        ({"secret_key": SECRET, "policy_version": 2}, "privacy_mw.E002", "short text"),
        ({}, "privacy_mw.E003", "is missing"),
        ({"secret_key": "short"}, "privacy_mw.E003", "has 5 characters"),
        ({"secret_key": [SECRET, "short"]}, "privacy_mw.E003", "secrets.token_urlsafe"),
        ({"secret_key": []}, "privacy_mw.E003", "is missing"),
        ({"secret_key": SECRET, "regime": "optin"}, "privacy_mw.E004", "did you mean 'opt-in'?"),
        ({"secret_key": SECRET, "unknown_hosts": "block"}, "privacy_mw.E004", "'deny'"),
        (
            {"secret_key": SECRET, "cookies": {"analytic": ["a"]}},
            "privacy_mw.E005",
            "mean 'analytics'?",
        ),
        ({"secret_key": SECRET, "cookies": {"analytics": "a"}}, "privacy_mw.E005", "{'analytics': ['a']}"),
        ({"secret_key": SECRET, "services": {"hotjr": "media"}}, "privacy_mw.E006", "did you mean 'hotjar'?"),
        ({"secret_key": SECRET, "services": {"zzzzzz": "media"}}, "privacy_mw.E006", "no such service"),
        ({"secret_key": SECRET, "services": {"hotjar": "ads"}}, "privacy_mw.E006", "advertising"),
        ({"secret_key": SECRET, "path_prefix": "privacy/"}, "privacy_mw.E007", "begins with a slash"),
        ({"secret_key": SECRET, "exempt_paths": ["api"]}, "privacy_mw.E007", "'/api'"),
        ({"secret_key": SECRET, "policy_url": "javascript:x"}, "privacy_mw.E007", "/privacy"),
        ({"secret_key": SECRET, "cookie_days": 395}, "privacy_mw.E008", "{'analytics': 395}"),
        ({"secret_key": SECRET, "cookie_days": {"analytic": 1}}, "privacy_mw.E008", "mean 'analytics'?"),
        *[
            ({"secret_key": SECRET, "cookie_days": {"media": days}}, "privacy_mw.E008", "from 1 to 400")
            for days in (0, -1, 401, 1.5, "30", True, None)
        ],
    ],
)
def test_a_wrong_setting_fails_at_start_with_its_name_and_the_repair(
    settings: dict[str, Any], code: str, named: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        PrivacyConfig.from_settings(settings)

    assert caught.value.code == code
    assert named in str(caught.value)
    assert "short" not in str(caught.value) or code == "privacy_mw.E002"


def test_settings_may_be_in_capitals_and_a_short_key_passes_in_debug() -> None:
    config = PrivacyConfig.from_settings({"SECRET_KEY": "short", "DEBUG": True, "REGIME": "notice"})

    assert config == PrivacyConfig(secret_key="short", debug=True, regime="notice")


def test_the_sites_own_word_on_a_cookie_wins_over_the_catalogue() -> None:
    config = PrivacyConfig(
        secret_key=SECRET,
        cookies={
            "necessary": ["_ga", "basket_{hash}"],
            "analytics": ["seen-{time}-[UID]"],
        },
        services={"hotjar": "necessary"},
    )

    names = [
        "_ga",
        "_gid",
        "basket_ab",
        "basket_",
        "seen-1-2",
        "_hjid",
        "mine",
    ]
    assert [config.purpose_of_cookie(name) for name in names] == [
        "necessary", "analytics", "necessary", None, "analytics", "necessary", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("sessionid", Purpose.NECESSARY),
        ("csrftoken", Purpose.NECESSARY),
        ("PHPSESSID", Purpose.NECESSARY),
        ("wordpress_logged_in_0123", Purpose.NECESSARY),
        ("__stripe_mid", Purpose.NECESSARY),
        ("_ga", Purpose.ANALYTICS),
        ("_ga_ABC123", Purpose.ANALYTICS),
        ("__Host-_ga", Purpose.ANALYTICS),
        ("_hjSessionUser_1", Purpose.ANALYTICS),
        ("_clck", Purpose.ANALYTICS),
        ("_pk_id.1.1fff", Purpose.ANALYTICS),
        ("_fbp", Purpose.ADVERTISING),
        ("_gcl_au", Purpose.ADVERTISING),
        ("_uetsid", Purpose.ADVERTISING),
        ("_ttp", Purpose.ADVERTISING),
        ("id", None),
        ("uid", None),
        ("lang", None),
        ("_GA", None),
        ("", None),
    ],
)
def test_well_known_cookies_are_known_and_generic_names_are_nobodys(
    name: str, purpose: Purpose | None
) -> None:
    assert classify_cookie(name) == purpose
    assert set(OPTIONAL) == ALL - NECESSARY_ONLY
