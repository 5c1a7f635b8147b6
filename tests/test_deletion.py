"""Refused cookies that are already in the browser: every scope is reached, a little at a time, and no other cookie."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy_mw.deletion import MAX_BYTES, Place, sweep
from privacy_mw.urls import cookie_domains
from tests.jar import Jar, Key
from tests.shops import DOORS, Answer, Pair, Shop, choice_cookie

Ask = Callable[..., Answer]
both_doors = pytest.mark.parametrize("ask", DOORS)

# The columns of the table of peers, and partitioned cookies, which none of them deletes.
KINDS = {
    "host-only": "k1=1; Path=/",
    "of the host's domain": "k2=1; Path=/; Domain=app.shop.example",
    "of the registrable domain": "k3=1; Path=/; Domain=shop.example",
    "host-only below a path": "k4=1; Path=/shop",
    "of the registrable domain below a path": "k5=1; Path=/shop; Domain=shop.example",
    "closed to scripts": "k6=1; Path=/; HttpOnly; Secure",
    "with a prefix": "__Host-k7=1; Path=/; Secure",
    "partitioned": "k8=1; Path=/; Secure; Partitioned",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_cookie_of_every_kind_is_gone_after_one_page(kind: str) -> None:
    jar = Jar()
    jar.receive(KINDS[kind], host="app.shop.example")

    sent = [name.encode() for name in jar.sent("app.shop.example", "/shop/cart")]

    for line in sweep(sent, Place("app.shop.example", "/shop/cart", is_https=True)):
        jar.receive(line.decode(), host="app.shop.example")

    left = [name for name in jar.sent("app.shop.example", "/shop/cart") if name != "privacy_mw_sweep"]
    assert (len(sent), left) == (1, [])


HOSTS = st.sampled_from(
    ["shop.example", "app.shop.example", "a.b.shop.example", "example.co.uk", "www.shop.example.co.uk"]
)
SEGMENTS = st.sampled_from(["shop", "cart", "a b", "\u00fc", "x;y", "%41", ""])
NAMES = st.sampled_from(
    ["_ga", "_gid", "t", "__Host-t", "__Secure-t", "__Http-t", "__host-http-t", "_hjSession_1"]
)


@given(
    host=HOSTS,
    segments=st.lists(SEGMENTS, max_size=3),
    chosen=st.lists(st.tuples(NAMES, st.integers(0, 5), st.integers(0, 6), st.booleans()), max_size=30),
)
def test_whatever_scope_cookies_have_a_few_pages_delete_them_all_and_no_other(
    host: str, segments: list[str], chosen: list[tuple[str, int, int, bool]]
) -> None:
    place = Place(host, "/" + "/".join(segments), is_https=True)
    paths = [scope.path.decode() for scope in place.scopes()]
    request_path = max(paths, key=len)
    jar = Jar()
    jar.receive("session=1; Path=/; Secure", host=host)
    for name, domain, path, is_partitioned in chosen:
        domains = ["", *(f"; Domain={each}" for each in cookie_domains(host))]
        line = f"{name}=1; Path={paths[path % len(paths)]}{domains[domain % len(domains)]}; Secure; HttpOnly"
        jar.receive(line + ("; Partitioned" if is_partitioned else ""), host=host)
    progress: bytes | None = None

    for _ in range(60):
        names = [name.encode() for name in jar.sent(host, request_path) if name != "session"]
        lines = [line.decode() for line in sweep(names, place, progress)]
        assert sum(len(line) + 14 for line in lines) <= MAX_BYTES + 120  # the line that says how far it came
        for line in lines:
            jar.receive(line, host=host)
            name, _, value = line.partition(";")[0].partition("=")
            if name == "privacy_mw_sweep":
                progress = value.encode() or None
        jar.keys.pop(Key("privacy_mw_sweep", host, True, "/", False), None)

    assert jar.sent(host, request_path) == ["session"]


@pytest.mark.parametrize(
    ("host", "domains"),
    [
        ("shop.example", ("shop.example",)),
        ("a.b.shop.example", ("shop.example", "b.shop.example", "a.b.shop.example")),
        ("www.shop.example.co.uk", ("example.co.uk", "shop.example.co.uk", "www.shop.example.co.uk")),
        ("co.uk", ()),
        ("localhost", ()),
        ("192.0.2.7", ()),
        ("[2001:db8::1]", ()),
        ("", ()),
    ],
)
def test_a_cookie_may_be_of_every_domain_down_to_the_registrable_one(
    host: str, domains: tuple[str, ...]
) -> None:
    assert cookie_domains(host) == domains


def test_a_name_with_a_prefix_is_deleted_in_the_one_scope_it_can_have() -> None:
    end = b"Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"

    assert sweep([b"__Host-t"], Place("www.shop.example", "/x", is_https=True)) == [
        b"__Host-t=; Path=/; Secure; " + end,
        b"__Host-t=; Path=/; Secure; Partitioned; " + end,
    ]
    assert sweep([b"__Host-t", b"__Secure-t"], Place("www.shop.example", "/x", is_https=False)) == []
    assert sweep([b"t"], Place("localhost", "/", is_https=False)) == [b"t=; Path=/; " + end]


@given(st.lists(st.binary(min_size=1, max_size=40)), st.text(), st.text(), st.binary())
def test_no_name_host_path_or_progress_is_too_odd(
    names: list[bytes], host: str, path: str, progress: bytes
) -> None:
    assert isinstance(sweep(names, Place(host, path, is_https=True), progress), list)


# --- through the doors ---

SENT: Pair = ("Cookie", "_ga=1; session=2; theme=dark; mystery=3")


def refused(ask: Ask) -> Pair:
    return ("Cookie", choice_cookie(ask, "refuse"))


def deleted(answer: Answer) -> set[str]:
    return {line.partition("=")[0] for line in answer.all("set-cookie") if "Max-Age=0" in line}


@both_doors
def test_who_has_refused_loses_what_is_refused_and_nothing_else(ask: Ask) -> None:
    answer = ask(Shop(), [refused(ask), SENT])

    assert deleted(answer) == {"_ga"}
    assert answer.one("cache-control") == "private"


@both_doors
def test_who_has_not_been_asked_yet_loses_nothing(ask: Ask) -> None:
    assert ask(Shop(), [SENT]).all("set-cookie") == []


@both_doors
@pytest.mark.parametrize("signal", [("Sec-GPC", "1"), ("DNT", "1")])
def test_a_signal_is_a_refusal(ask: Ask, signal: Pair) -> None:
    assert deleted(ask(Shop(), [signal, SENT])) == {"_ga"}


@both_doors
def test_only_documents_delete(ask: Ask) -> None:
    json = (("Content-Type", "application/json"),)

    assert ask(Shop(b"{}", json), [refused(ask), SENT]).all("set-cookie") == []
    assert ask(Shop(status=304), [refused(ask), SENT]).all("set-cookie") == []


@both_doors
def test_cookies_that_nobody_knows_are_hidden_where_the_site_says_so_but_never_deleted(ask: Ask) -> None:
    answer = ask(Shop(), [refused(ask), SENT], settings={"unknown_cookies": "deny"})

    assert deleted(answer) == {"_ga"}
    assert "mystery" not in answer.seen.get("HTTP_COOKIE", "")


@both_doors
def test_the_answer_to_a_refusal_deletes_at_once(ask: Ask) -> None:
    form = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin"), SENT]

    refused = ask(Shop(), form, method="POST", path="/.privacy/choice", body=b"choice=refuse")
    accepted = ask(Shop(), form, method="POST", path="/.privacy/choice", body=b"choice=accept")

    assert (refused.status, deleted(refused)) == (303, {"_ga"})
    assert (accepted.status, deleted(accepted)) == (303, set())


@both_doors
def test_what_is_left_over_goes_with_the_next_page(ask: Ask) -> None:
    many = ("Cookie", "; ".join(f"_hjSession_{n}=1" for n in range(12)))
    scopes: set[str] = set()
    progress: Pair | None = None
    for _ in range(14):
        answer = ask(Shop(), [refused(ask), many, *([progress] if progress else [])], path="/tea/moss")
        lines = answer.all("set-cookie")
        assert sum(map(len, lines)) < MAX_BYTES + 120
        scopes |= {line for line in lines if not line.startswith("privacy_mw_sweep")}
        progress = next(
            (("Cookie", line.partition(";")[0]) for line in lines if line.startswith("privacy_mw_sweep=")),
            None,
        )

    kinds = 2 * 2 * len(["/", "/tea", "/tea/", "/tea/moss"])
    assert len(scopes) == 12 * kinds
