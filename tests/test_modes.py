"""For whom a page is made: for its visitor, or for everybody, whose browser then puts in what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from privacy_mw.caching import is_shared
from tests.shops import DOORS, PAGE, SECRET, Answer, Pair, Shop, ask_wsgi, choice_cookie

Ask = Callable[..., Answer]
both_doors = pytest.mark.parametrize("ask", DOORS)
HTML: Pair = ("Content-Type", "text/html")
PUBLIC: Pair = ("Cache-Control", "public, max-age=600")
TAG: Pair = ("ETag", '"v1"')
NAVIGATION: Pair = ("Sec-Fetch-Dest", "document")
CROWD: list[list[Pair]] = [
    [],
    [("Sec-GPC", "1")],
    [("DNT", "1")],
    [("Accept-Language", "de"), ("User-Agent", "Googlebot")],
    [("Sec-Fetch-Dest", "iframe")],
]


def crowd(ask: Ask) -> list[list[Pair]]:
    """Visitors with all signals and choices."""
    return [*CROWD, *([("Cookie", choice_cookie(ask, word))] for word in ("accept", "refuse"))]


@both_doors
@pytest.mark.parametrize(
    ("mode", "cache_control"), [("auto", "public, max-age=600"), ("auto", "s-maxage=60"), ("uniform", None)]
)
def test_a_page_for_everybody_is_the_same_for_everybody(
    ask: Ask, mode: str, cache_control: str | None
) -> None:
    said = (("Cache-Control", cache_control),) if cache_control else ()
    shop = Shop(PAGE, (HTML, TAG, *said, ("Vary", "Accept-Encoding")))

    answers = [ask(shop, headers, settings={"mode": mode}) for headers in crowd(ask)]

    first = answers[0]
    assert [(answer.headers, answer.body) for answer in answers] == [(first.headers, first.body)] * len(
        answers
    )
    assert first.one("cache-control") == cache_control
    assert first.all("vary") == ["Accept-Encoding"]
    assert first.all("set-cookie") == []
    assert b"data-privacy-src" in first.body
    assert b'<section id="privacy-mw-banner"' in first.body
    assert re.search(rb'<section id="privacy-mw-banner"[^>]* hidden="">', first.body)
    assert first.body.count(b"/.privacy/static/privacy.js?v=") == 1


@both_doors
@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Cache-Control", "private, max-age=600")],
        [("Cache-Control", "no-cache")],
        [("Cache-Control", "max-age=0")],
        [PUBLIC, ("Set-Cookie", "basket=1")],
        [PUBLIC, ("Vary", "Accept, cookie")],
        [PUBLIC, ("Vary", "*")],
    ],
    ids=str,
)
def test_any_other_page_is_made_for_its_visitor(ask: Ask, headers: list[Pair]) -> None:
    answer = ask(Shop(PAGE, (HTML, *headers)))

    assert "private" in (answer.one("cache-control") or "")
    assert b"privacy.js" not in answer.body
    assert b" hidden" not in answer.body


@both_doors
def test_a_refused_cookie_does_not_make_a_page_private_and_a_granted_one_does(ask: Ask) -> None:
    shop = Shop(PAGE, (HTML, PUBLIC, ("Set-Cookie", "_ga=1")))

    refused = ask(shop, [("Cookie", choice_cookie(ask, "refuse"))])
    granted = ask(shop, [("Cookie", choice_cookie(ask, "accept"))])

    assert (refused.one("cache-control"), refused.all("set-cookie")) == (PUBLIC[1], [])
    assert (granted.one("cache-control"), granted.all("set-cookie")) == ("private, max-age=600", ["_ga=1"])


@both_doors
def test_personal_pages_are_so_whatever_caches_may(ask: Ask) -> None:
    answer = ask(Shop(PAGE, (HTML, PUBLIC)), settings={"mode": "personal"})

    assert answer.one("cache-control") == "private, max-age=600"


@pytest.mark.parametrize(
    ("cache_control", "is_authorized", "shared"),
    [
        ("public", True, True),
        ("s-maxage=9", True, True),
        ("max-age=9", False, True),
        ("max-age=9", True, False),
        ("max-age=9, must-revalidate", True, True),
        ('max-age="9"', False, True),
        ("max-age=00", False, False),
        ("max-age=x, s-maxage=", False, False),
        ("PUBLIC, Max-Age=9", False, True),
        ("public, private", False, False),
        ("public, no-store", False, False),
        ("", False, False),
    ],
)
def test_caches_are_shared_when_the_application_says_so(
    cache_control: str, is_authorized: bool, shared: bool
) -> None:
    fields = [(b"Cache-Control", cache_control.encode())]

    assert is_shared(fields, is_authorized=is_authorized) is shared


def test_a_network_of_caches_is_a_shared_cache() -> None:
    assert is_shared([(b"Surrogate-Control", b"max-age=60")], is_authorized=False)


@both_doors
def test_the_tag_of_a_page_for_everybody_comes_back_as_the_applications(ask: Ask) -> None:
    shop = Shop(PAGE, (HTML, PUBLIC, TAG))
    unmodified = Shop(b"", (PUBLIC, TAG), 304)
    tag = ask(shop).one("etag") or ""

    for headers in crowd(ask):
        again = ask(unmodified, [*headers, ("If-None-Match", tag)])
        assert again.seen["HTTP_IF_NONE_MATCH"] == '"v1"'
        assert again.status == 304
        assert (again.one("etag"), again.one("cache-control"), again.all("vary")) == (tag, PUBLIC[1], [])


@both_doors
def test_a_copy_made_for_its_visitor_stays_so_when_it_is_confirmed(ask: Ask) -> None:
    """The application's 304 says public, but what the browser keeps was made for one."""
    cookie = ("Cookie", choice_cookie(ask, "accept"))
    mine = ask(Shop(PAGE, (HTML, TAG)), [cookie]).one("etag") or ""

    again = ask(Shop(b"", (PUBLIC, TAG), 304), [cookie, ("If-None-Match", mine)])

    assert (again.one("etag"), again.one("cache-control")) == (mine, "private, max-age=600")


@both_doors
def test_what_protects_a_write_is_never_taken_away(ask: Ask) -> None:
    other = ask(Shop(PAGE, (HTML, TAG)), [("Cookie", choice_cookie(ask, "accept"))]).one("etag") or ""

    seen = ask(Shop(), [NAVIGATION, ("If-Match", f'"v0", {other}')], method="PUT").seen

    assert seen["HTTP_IF_MATCH"] == '"v0", "v1"'


@both_doors
@pytest.mark.parametrize(
    ("destination", "path", "is_hidden"),
    [
        ("document", "/film.mp4", True),
        ("iframe", "/page", True),
        (None, "/page", True),
        (None, "/page.html", True),
        (None, "/film.mp4", False),
        ("video", "/watch", False),
        ("empty", "/paper", False),
    ],
)
def test_ranges_of_pages_are_hidden(ask: Ask, destination: str | None, path: str, is_hidden: bool) -> None:
    said = [("Sec-Fetch-Dest", destination)] if destination else []

    seen = ask(Shop(), [*said, ("Range", "bytes=0-99"), ("If-Range", '"v1"')], path=path).seen

    assert seen.keys() & {"HTTP_RANGE", "HTTP_IF_RANGE"} == (
        set() if is_hidden else {"HTTP_RANGE", "HTTP_IF_RANGE"}
    )


@both_doors
def test_a_page_that_must_not_be_transformed_is_left_alone_where_the_site_wants_it(ask: Ask) -> None:
    shop = Shop(PAGE, (HTML, ("Cache-Control", "public, No-Transform"), ("Set-Cookie", "_ga=1")))

    by_default = ask(shop)
    wanted = ask(shop, settings={"honour_no_transform": True})

    assert by_default.body != PAGE
    assert (wanted.body, wanted.all("set-cookie")) == (PAGE, [])


@both_doors
@pytest.mark.parametrize(
    ("policy", "script", "style"),
    [
        ("script-src 'nonce-abc' 'strict-dynamic'; style-src 'nonce-def'", b"abc", b"def"),
        ("default-src 'nonce-abc'", b"abc", b"abc"),
        ("default-src 'nonce-abc'; script-src-elem 'self'", None, b"abc"),
        ("script-src 'self'", None, None),
        ("script-src 'nonce-a\"b'", None, None),
        ("script-src 'self', default-src 'NONCE-x/+_-9=='", b"x/+_-9==", b"x/+_-9=="),
    ],
)
def test_what_is_put_in_carries_the_nonce_that_the_page_demands(
    ask: Ask, policy: str, script: bytes | None, style: bytes | None
) -> None:
    answer = ask(Shop(PAGE, (HTML, PUBLIC, ("Content-Security-Policy", policy))))

    scripts = re.findall(rb'<script (?:nonce="([^"]*)" )?src="/.privacy/', answer.body)
    links = re.findall(rb'<link (?:nonce="([^"]*)" )?rel="stylesheet" href="/.privacy/', answer.body)
    assert (scripts, links) == ([script or b""], [style or b""])
    assert answer.all("content-security-policy") == [policy]


@both_doors
def test_a_site_for_children_needs_no_script_because_nothing_is_ever_allowed(ask: Ask) -> None:
    answer = ask(Shop(PAGE, (HTML, PUBLIC)), settings={"child_directed": True})

    assert b"privacy.js" not in answer.body
    assert b"data-privacy-src" in answer.body


@both_doors
def test_without_a_banner_the_script_comes_alone(ask: Ask) -> None:
    answer = ask(Shop(PAGE, (HTML, PUBLIC)), settings={"banner": False, "privacy_link": False})

    assert b"privacy.js" in answer.body
    assert b"privacy-mw-banner" not in answer.body


@both_doors
def test_the_script_is_a_file_for_ever(ask: Ask) -> None:
    page = ask(Shop(PAGE, (HTML, PUBLIC))).body
    address = re.search(rb'src="(/.privacy/static/privacy.js)\?(v=[0-9a-f]+)"', page)
    assert address is not None

    answer = ask(Shop(), path=address[1].decode(), query=address[2].decode())

    assert answer.status == 200
    assert answer.one("content-type") == "text/javascript; charset=utf-8"
    assert answer.one("cache-control") == "public, max-age=31536000, immutable"
    assert all(word not in answer.body for word in (b"innerHTML", b"eval(", b"document.write"))


def test_the_tag_changes_with_what_everybody_gets() -> None:
    shop = Shop(PAGE, (HTML, PUBLIC, TAG))
    different: list[dict[str, Any]] = [
        {},
        {"policy_version": "2"},
        {"regime": "opt-out"},
        {"policy_url": "/datenschutz"},
        {"language": "en", "path_prefix": "/p"},
    ]

    tags = {ask_wsgi(shop, settings={"secret_key": SECRET, **each}).one("etag") for each in different}

    assert len(tags) == len(different)
