"""Signals and cookies, at the functions and through both doors."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy_mw.cookies import cookie_name, edit_cookie_header, is_deletion, set_cookie_name
from privacy_mw.headers import request_fields
from privacy_mw.signals import Signals, read_signals
from tests.shops import DOORS, HELD_SCRIPT, PAGE, Answer, Pair, Shop, choice_cookie

Ask = Callable[..., Answer]
both_doors = pytest.mark.parametrize("ask", DOORS)
JSON = Shop(b"{}", (("Content-Type", "application/json"),))
# W3C GPC, "The Sec-GPC Header Field": lines of one request, and whether the signal is on.
GPC_LINES: list[tuple[list[str], bool]] = [
    (["1"], True),
    (["\t1 "], True),
    (["1", "1"], True),
    (["0", "1"], True),
    (["1", "0"], True),
    ([], False),
    (["0"], False),
    ([""], False),
    *[
        ([word], False)
        for word in ("true", "TRUE", "yes", "?1", "01", "1.0", "11", "1;q=1", '"1"', "\xef\xbc\x91")
    ],
]


@pytest.mark.parametrize(("lines", "is_on"), GPC_LINES)
def test_gpc_is_on_when_any_line_is_exactly_one(lines: list[str], is_on: bool) -> None:
    separate = request_fields([(b"Sec-GPC", line.encode("latin-1")) for line in lines])
    joined = {b"sec-gpc": ",".join(lines).encode("latin-1")} if lines else {}

    assert read_signals(separate) == Signals(gpc=is_on)
    assert read_signals(joined) == Signals(gpc=is_on)


@pytest.mark.parametrize("name", [b"gpc", b"x-gpc", b"sec-gpc-x"])
def test_gpc_under_another_name_is_nothing(name: bytes) -> None:
    assert read_signals({name: b"1"}) == Signals()


@both_doors
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_gpc_counts_on_any_method_and_the_application_sees_it_untouched(ask: Ask, method: str) -> None:
    shop = Shop(b"{}", (("Content-Type", "application/json"), ("Set-Cookie", "_ga=1")))

    answer = ask(shop, [("Sec-GPC", "1"), ("DNT", "1")], method=method, settings={"regime": "opt-out"})

    assert answer.all("set-cookie") == []
    assert (answer.seen["HTTP_SEC_GPC"], answer.seen["HTTP_DNT"]) == ("1", "1")


# W3C TPE section 5.2 and its extensions: DNT lines, regime, other headers, accepted before -> held back?
DNT_VECTORS: list[tuple[list[str], str, list[Pair], bool, bool]] = [
    (["1"], "opt-out", [], False, True),
    (["0"], "opt-out", [], False, False),
    (["0"], "opt-in", [], False, True),
    ([], "opt-in", [], False, True),
    ([], "opt-out", [], False, False),
    (["1"], "opt-in", [], True, False),
    (["1xyz"], "opt-out", [], False, True),
    (["0abc"], "opt-out", [], False, False),
    (["10"], "opt-out", [], False, True),
    (["01"], "opt-out", [], False, False),
    (["2"], "opt-out", [], False, False),
    (["yes"], "opt-out", [], False, False),
    ([""], "opt-out", [], False, False),
    (["1", "0"], "opt-out", [], False, True),
    (["0", "1"], "opt-out", [], False, True),
    (["0"], "opt-out", [("Sec-GPC", "1")], False, True),
]


@both_doors
@pytest.mark.parametrize(("lines", "regime", "more", "has_accepted", "is_held"), DNT_VECTORS)
def test_dnt_is_followed(
    ask: Ask, lines: list[str], regime: str, more: list[Pair], has_accepted: bool, is_held: bool
) -> None:
    headers = [*(("DNT", line) for line in lines), *more]
    if has_accepted:
        headers.append(("Cookie", choice_cookie(ask, settings={"regime": regime})))

    answer = ask(Shop(), headers, settings={"regime": regime, "privacy_link": False, "banner": False})

    assert answer.body == (_held() if is_held else PAGE)
    vary = {name.strip() for name in (answer.one("vary") or "").split(",")}
    assert {"Sec-GPC", "DNT", "Cookie"} <= vary


def _held() -> bytes:
    return PAGE.replace(b'<script src="https://www.google-analytics.com/analytics.js">', HELD_SCRIPT)


# rfc6265bis section 5.8 and 4.2: the Cookie header as sent -> as the application sees it (None: no header).
COOKIE_VECTORS: list[tuple[str, str | None]] = [
    ("sid=1; _ga=GA1.2.3; theme=dark", "sid=1; theme=dark"),
    ("_ga=1", None),
    ("_ga=1; sid=1", "sid=1"),
    ("a=1;_ga=2;b=3", "a=1;b=3"),
    ('a="x;y"; _fbp=1', 'a="x;y"'),
    ("_ga; sid=1", "_ga; sid=1"),
    ("=_ga=1; sid=1", "=_ga=1; sid=1"),
    ("_GA=1", "_GA=1"),
    ("n=\xff\xfe; _ga=1", "n=\xff\xfe"),
    (" _ga = 1 ; sid=1", "sid=1"),
    ("sid=_ga=1", "sid=_ga=1"),
    ("", ""),
]


@both_doors
@pytest.mark.parametrize(("sent", "seen"), COOKIE_VECTORS)
def test_refused_cookies_never_reach_the_application_and_others_keep_every_byte(
    ask: Ask, sent: str, seen: str | None
) -> None:
    assert ask(JSON, [("Cookie", sent)]).seen.get("HTTP_COOKIE") == seen


@both_doors
def test_of_several_cookie_lines_each_is_edited(ask: Ask) -> None:
    assert ask(JSON, [("Cookie", "sid=1"), ("Cookie", "_ga=2")]).seen["HTTP_COOKIE"] == "sid=1"


@both_doors
def test_more_names_than_are_remembered_are_judged_like_the_first(ask: Ask) -> None:
    names = [f"n{number}" for number in range(1500)] + ["n" * 300]
    sent = [pair for name in names for pair in (f"{name}=1", "_ga=1")]
    kept = "; ".join(f"{name}=1" for name in names)

    assert ask(JSON, [("Cookie", "; ".join(sent))]).seen["HTTP_COOKIE"] == kept


@both_doors
@pytest.mark.parametrize(
    ("line", "is_kept"),
    [
        ("_ga=1; Domain=.example.com; Path=/", False),
        ("_ga = 1 ;Path=/", False),
        ("__Secure-_ga=1; Secure", False),
        ("sid=_ga=1", True),
        ("a=1, _ga=2", True),
        ("_GA=1", True),
        ("_ga", True),
        ("x=\xff; Priority=High; Partitioned; SameSite=None", True),
        ("_ga=; Max-Age=0", True),
        ("_ga=; Max-Age=-1", True),
        ("_ga=; Max-Age=0000", True),
        ("_ga=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", True),
        ("_ga=; expires=Thursday, 01-Jan-70 00:00:01 GMT", True),
        ("_ga=; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", False),
        ("_ga=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT", False),
        ("a=b\r\nSet-Cookie: c=d", False),
    ],
)
def test_refused_set_cookie_lines_are_dropped_and_deletions_pass(ask: Ask, line: str, is_kept: bool) -> None:
    first, last = ("Set-Cookie", "session=1; Path=/; HttpOnly"), ("set-cookie", 'z="q;"')
    shop = Shop(b"{}", (("Content-Type", "application/json"), first, ("Set-Cookie", line), last))

    kept = [first[1], line, last[1]] if is_kept else [first[1], last[1]]
    assert ask(shop).all("set-cookie") == kept


@both_doors
def test_a_visitor_who_accepted_gets_every_cookie(ask: Ask) -> None:
    shop = Shop(b"{}", (("Content-Type", "application/json"), ("Set-Cookie", "_ga=1")))
    cookie = choice_cookie(ask)

    answer = ask(shop, [("Cookie", cookie + "; _ga=1")])

    assert answer.all("set-cookie") == ["_ga=1"]
    assert answer.seen["HTTP_COOKIE"] == cookie + "; _ga=1"
    assert answer.one("vary") is None


@given(st.binary(max_size=200))
def test_any_bytes_are_a_cookie_header(value: bytes) -> None:
    assert edit_cookie_header(value, lambda name: False) is value
    kept = edit_cookie_header(value, lambda name: name == b"a")
    assert b"a" not in {cookie_name(pair) for pair in kept.split(b";")}
    assert isinstance(is_deletion(value), bool)
    assert set_cookie_name(value) is None or isinstance(set_cookie_name(value), bytes)


@given(st.lists(st.sampled_from([b"a=1", b"b=2", b" c = 3", b"", b"d", b'e="x']), max_size=8))
def test_removing_a_pair_leaves_all_others(pairs: list[bytes]) -> None:
    kept = edit_cookie_header(b";".join(pairs), lambda name: name == b"a")

    assert kept == b";".join(pair for pair in pairs if pair != b"a=1").lstrip(b" ") or b"a=1" not in pairs
