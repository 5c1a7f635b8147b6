"""Signals and cookies, at the functions and through both doors."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy_mw.cookies import cookie_name, edit_cookie_header, is_deletion, lifetime, set_cookie_name
from privacy_mw.headers import request_fields
from privacy_mw.signals import Signals, read_signals
from tests import cookie_store
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
    (" sid=1; _ga=1", " sid=1"),
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
        ("_ga=; Expires=Sat, 01 Feb 2020 00:00:00 GMT", True),
        ("_ga=1; Expires=Mon, 32 Jan 1970 00:00:00 GMT", False),
        ("_ga=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=Thu, 01 Jan 2099 00:00:00 GMT", False),
        ("_ga=1; Max-Age=0; Max-Age=60", False),
        ("_ga=1; Max-Age=" + "0" * 1025, False),
        ("_ga=" + "x" * 4094 + "; Max-Age=0", False),
        ("sid=" + "x" * 4094, True),
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


NOW = 1_795_392_000
"""2026-11-23."""
TRACKERS = frozenset({b"_ga", b"_fbp", b"\xff"})


def is_tracker(name: bytes) -> bool:
    return name in TRACKERS


def joined(*pieces: st.SearchStrategy[bytes], most: int = 12) -> st.SearchStrategy[bytes]:
    return st.lists(st.one_of(*pieces), max_size=most).map(b"".join)


def lengths(byte: bytes, *around: int) -> st.SearchStrategy[bytes]:
    return st.one_of(*(st.integers(each - 6, each + 3).map(lambda n: byte * n) for each in around))


DATE_PIECES = st.sampled_from(
    b"01 1 31 32 29 99 70 69 70x 1969 1970 2000 2026 2027 1600 1601 9999 10000 0 000 jan FEB March feb dec x "
    b"0:0:0 23:59:59 23:59:59z 24:0:0 0:60:0 0:0:60 1:2:345 1:2 :: \xff".split()
)
GAPS = st.sampled_from([b" ", b"-", b", ", b'"', b"\t", b"  ", b"/"])
DATES = st.one_of(
    joined(DATE_PIECES, GAPS),
    st.lists(DATE_PIECES, min_size=4, max_size=5).map(b" ".join),
    st.tuples(st.integers(0, 32), st.sampled_from([b"Feb", b"nov"]), st.integers(0, 9999)).map(
        lambda date: b"%d-%s-%02d 1:2:3" % date
    ),
)
MAX_AGES = st.one_of(
    st.sampled_from([b"-", b"--1", b"-0", b"+1", b"1x", b"0x1", b"1_0", b"\xb2", b"00", b"60", b"34560000"]),
    st.integers(-3, 10**9).map(b"%d".__mod__),
    lengths(b"0", 1024),
    lengths(b"9", 1024),
)
NAMES_OF_DATES = st.sampled_from([b"; Expires=", b";expires =", b"; EXPIRES= ", b";Expires"])
NAMES_OF_AGES = st.sampled_from([b"; Max-Age=", b";max-age =\t", b";MAX-AGE= ", b"; Max-Age"])
ATTRIBUTES = st.one_of(
    st.tuples(NAMES_OF_DATES, DATES).map(b"".join),
    st.tuples(NAMES_OF_AGES, MAX_AGES).map(b"".join),
    st.tuples(NAMES_OF_AGES, lengths(b" ", 1024), MAX_AGES, lengths(b"\t", 1024)).map(b"".join),
)
SCRAPS = st.sampled_from(
    [b"_ga", b"sid", b"=", b"==", b";", b" ", b"\t", b"\xff", b'"', b",", b"; Path=/", b"; a"]
)
PAIRS = joined(SCRAPS, st.binary(max_size=4), lengths(b"v", 4, 4090, 4096), most=5)
SET_COOKIES = st.one_of(
    st.binary(max_size=200),
    st.tuples(PAIRS, joined(ATTRIBUTES, SCRAPS, most=4)).map(b"".join),
    st.tuples(st.sampled_from([b"_ga=1", b"=1", b"_ga", b"=", b""]), joined(ATTRIBUTES, most=3)).map(
        b"".join
    ),
)


@settings(max_examples=1000, deadline=None)
@given(SET_COOKIES)
def test_a_set_cookie_line_is_read_as_a_browser_reads_it(line: bytes) -> None:
    match cookie_store.store(line, NOW):
        case "controls":
            assert set_cookie_name(line) is None
        case "size" | "nothing":
            assert (lifetime(line, NOW), is_deletion(line, NOW)) == (None, False)
        case stored:
            lives = lifetime(line, NOW)
            seconds = None if lives is None else int(min(max(lives, 0), cookie_store.LONGEST))
            assert (set_cookie_name(line), seconds) == stored
            assert is_deletion(line, NOW) is (seconds == 0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"Thu, 01 Jan 1970 00:00:01 GMT", 1),
        (b"Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        (b"Sun Nov  6 08:49:37 1994", 784111777),
        (b'"6 NOVEMBER 94 8:49:37 +0100"', 784111777),
        (b"08:49:37-1994-Nov-06th", 784111777),
        (b"29 Feb 2028 0:0:0", 1835395200),
        (b"31 Dec 9999 23:59:59", 253402300799),
        (b"1 Jan 1601 0:0:0", -11644473600),
        (b"1 Jan 69 0:0:0", 3124224000),
        (b"1 Jan 70 0:0:0", 0),
        (b"1 Jan 1600 0:0:0", None),
        (b"29 Feb 2027 0:0:0", None),
        (b"32 Jan 1970 0:0:0", None),
        (b"1 Jan 1970 24:0:0", None),
        (b"1 Jan 1970 0:0:60", None),
        (b"1 Jan 1970", None),
        (b"1970-01-01T00:00:00Z", None),
        (b"0", None),
        (b"", None),
    ],
)
def test_dates_in_every_spelling_that_browsers_put_up_with(value: bytes, seconds: int | None) -> None:
    assert (lifetime(b"a=b; Expires=" + value, 0), cookie_store.date(value)) == (seconds, seconds)


@pytest.mark.parametrize("byte", range(256))
def test_every_byte_parts_the_words_of_a_date_or_belongs_to_one(byte: int) -> None:
    value = b"1 Jan 1970 0:0:0".replace(b" ", bytes([byte]))
    seconds = None if value.count(b";") else cookie_store.date(value)

    assert lifetime(b"a=b; Expires=" + value, 0) == seconds


COOKIE_HEADERS = st.one_of(
    st.binary(max_size=200),
    joined(
        st.sampled_from([b"_ga", b"sid", b"_fbp", b"=", b"=1", b";", b"; ", b" ", b"\t", b"\xff", b"\x00"]),
        most=30,
    ),
)


@settings(max_examples=500, deadline=None)
@given(COOKIE_HEADERS)
def test_exactly_the_refused_pairs_are_cut_from_any_cookie_header(value: bytes) -> None:
    kept, refused = edit_cookie_header(value, lambda name: name if is_tracker(name) else None)

    assert edit_cookie_header(value, lambda name: None)[0] is value
    assert refused == [name for pair in value.split(b";") if is_tracker(name := cookie_name(pair))]
    assert kept == cookie_store.cut(value, is_tracker)
    assert kept is value or TRACKERS & {cookie_name(pair) for pair in value.split(b";")}
    assert TRACKERS.isdisjoint(cookie_name(pair) for pair in kept.split(b";"))
