"""Header fields of pages, and what is put into them: the same through both doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from privacy_mw.blocking import LOADS
from tests.editing import edited
from tests.shops import DOORS, HELD_SCRIPT, PAGE, Answer, Pair, Shop, choice_cookie

Ask = Callable[..., Answer]
both_doors = pytest.mark.parametrize("ask", DOORS)
PLAIN: dict[str, Any] = {"banner": False, "privacy_link": False}
HTML: Pair = ("Content-Type", "text/html")
NAVIGATION: Pair = ("Sec-Fetch-Dest", "document")
HELD = PAGE.replace(b'<script src="https://www.google-analytics.com/analytics.js">', HELD_SCRIPT)


@both_doors
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, "Sec-GPC, DNT, Cookie"),
        ("accept-encoding, cookie", "accept-encoding, cookie, Sec-GPC, DNT"),
        ("*", "*"),
        ("dnt,SEC-GPC , Cookie", "dnt,SEC-GPC , Cookie"),
    ],
)
def test_vary_is_merged_once_and_a_star_stays_alone(ask: Ask, given: str | None, expected: str) -> None:
    headers = (HTML, *((("Vary", given),) if given else ()))

    assert ask(Shop(PAGE, headers), settings=PLAIN).all("vary") == [expected]


@both_doors
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, "private"),
        ("public, s-maxage=600, max-age=60", "private, max-age=60"),
        ("no-store", "no-store"),
        ("private, max-age=5", "private, max-age=5"),
        ("no-cache", "private, no-cache"),
    ],
)
def test_no_shared_cache_keeps_a_page_made_for_one(ask: Ask, given: str | None, expected: str) -> None:
    headers = (HTML, *((("Cache-Control", given),) if given else ()))

    settings = PLAIN | {"mode": "personal"}

    assert ask(Shop(PAGE, headers), settings=settings).all("cache-control") == [expected]


@both_doors
def test_fields_about_the_old_bytes_go_and_all_others_stay(ask: Ask) -> None:
    kept = (
        ("Content-Security-Policy", "script-src 'self'"),
        ("Cross-Origin-Embedder-Policy", "require-corp"),
        ("X-Odd", "\xff"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2; Partitioned"),
    )
    gone = ("Last-Modified", "Accept-Ranges", "Content-MD5", "Digest", "Repr-Digest", "Content-Digest")
    shop = Shop(PAGE, (HTML, *((name, "x") for name in gone), *kept))

    answer = ask(shop, settings=PLAIN)

    assert {name.lower() for name, _ in answer.headers}.isdisjoint(name.lower() for name in gone)
    for name in {name for name, _ in kept}:
        assert answer.all(name.lower()) == [value for key, value in kept if key == name]


@both_doors
def test_what_is_no_page_keeps_every_field_and_every_byte(ask: Ask) -> None:
    headers = (
        ("content-type", "application/json"),
        ("content-length", "2"),
        ("etag", '"v1"'),
        ("cache-control", "public"),
        ("last-modified", "x"),
    )

    answer = ask(Shop(b"{}", headers))

    assert (answer.headers, answer.body) == ([*headers], b"{}")


@both_doors
def test_validators_of_a_page_are_those_of_its_variant(ask: Ask) -> None:
    shop = Shop(PAGE, (HTML, ("ETag", '"v1"')))
    unmodified = Shop(b"", (("ETag", '"v1"'),), 304)
    refused = [("Cookie", choice_cookie(ask, "refuse")), NAVIGATION]
    accepted = [("Cookie", choice_cookie(ask, "accept")), NAVIGATION]
    first, second = ask(shop, refused), ask(shop, accepted)
    tag, other = first.one("etag") or "", second.one("etag") or ""

    assert tag.startswith('W/"v1;pm-')
    assert tag != other
    assert ask(shop, refused).one("etag") == tag

    again = ask(unmodified, [*refused, ("If-None-Match", f"{other}, {tag}")])
    assert again.seen["HTTP_IF_NONE_MATCH"] == '"v1"'
    assert (again.status, again.one("etag"), again.body) == (304, tag, b"")
    assert again.one("vary") == first.one("vary")
    assert again.one("cache-control") == "private"

    changed = ask(shop, [*accepted, ("If-None-Match", tag)])
    assert "HTTP_IF_NONE_MATCH" not in changed.seen


@both_doors
def test_copies_from_before_the_middleware_are_not_confirmed_to_a_navigation(ask: Ask) -> None:
    conditions = [("If-None-Match", '"v1"'), ("If-Modified-Since", "Thu, 01 Jan 2026 00:00:00 GMT")]

    navigation = ask(Shop(), [NAVIGATION, *conditions]).seen
    script = ask(Shop(), [("Sec-Fetch-Dest", "script"), *conditions]).seen
    star = ask(Shop(), [NAVIGATION, ("If-None-Match", "*")]).seen

    assert navigation.keys() & {"HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"} == set()
    assert script["HTTP_IF_NONE_MATCH"] == '"v1"'
    assert script["HTTP_IF_MODIFIED_SINCE"].startswith("Thu")
    assert star["HTTP_IF_NONE_MATCH"] == "*"


@both_doors
def test_a_tag_that_is_none_is_not_passed_on(ask: Ask) -> None:
    assert ask(Shop(PAGE, (HTML, ("ETag", "nonsense")))).all("etag") == []


JAPANESE = "実実は〈茶〉<p title='実'>実験"  # with bytes that would be "<B" and "%"
TRACKED = "<body>{}<script src=https://www.google-analytics.com/ga.js></script>{}"


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("head", ["", "<meta charset=ISO-2022-JP>"])
def test_a_page_in_iso_2022_jp_is_edited_between_its_escape_sequences(head: str, size: int) -> None:
    page = (head + TRACKED.format(JAPANESE, JAPANESE)).encode("iso2022_jp")
    kind = b"text/html" if head else b"text/html; charset=ISO-2022-JP"
    expected = page.replace(
        b"<script src", b'<script data-privacy="analytics" type="text/plain" data-privacy-src'
    )

    assert edited(*(page[at : at + size] for at in range(0, len(page), size)), kind=kind) == expected


def test_a_page_that_only_says_it_is_in_iso_2022_jp_keeps_every_byte() -> None:
    page = TRACKED.format("<meta charset=iso-2022-jp>", JAPANESE).encode()
    mark = b"\xef\xbb\xbf"

    assert edited(page) == page
    assert b"data-privacy-src" in edited(mark + page)  # it is UTF-8
    assert edited(b"<p>\x1b", b"$B<B", kind=b"text/html;charset=iso-2022-jp") == b"<p>\x1b$B<B"
    assert edited(b"<p>\x1b", kind=b"text/html;charset=iso-2022-jp") == b"<p>\x1b"


@both_doors
@pytest.mark.parametrize("status", [200, 404, 500])
def test_error_pages_are_treated_like_all_pages(ask: Ask, status: int) -> None:
    answer = ask(Shop(PAGE, (HTML,), status))

    assert answer.status == status
    assert HELD_SCRIPT in answer.body
    assert answer.body.count(b'id="privacy-mw-banner"') == 1
    assert answer.body.count(b'id="privacy-mw-link"') == 1


@both_doors
def test_a_redirect_keeps_its_way_and_loses_the_trackers_cookie(ask: Ask) -> None:
    shop = Shop(b"<a>moved</a>", (HTML, ("Location", "https://x.example/?a"), ("Set-Cookie", "_ga=1")), 302)

    answer = ask(shop)

    assert (answer.one("location"), answer.body) == ("https://x.example/?a", b"<a>moved</a>")
    assert answer.all("set-cookie") == []
    assert answer.one("vary") == "Sec-GPC, DNT, Cookie, Sec-Fetch-Dest"


@both_doors
@pytest.mark.parametrize("destination", ["iframe", "frame", "embed", "object"])
def test_a_page_in_a_frame_is_blocked_but_gets_no_second_banner(ask: Ask, destination: str) -> None:
    assert ask(Shop(), [("Sec-Fetch-Dest", destination)]).body == HELD


@both_doors
def test_caches_are_told_that_a_page_in_a_frame_is_another(ask: Ask) -> None:
    assert "Sec-Fetch-Dest" in (ask(Shop(), [("Sec-Fetch-Dest", "iframe")]).one("vary") or "")


@both_doors
@pytest.mark.parametrize(
    "body",
    [b"", b"OK", b"42", b" \n", b'{"a": "<b>"}', b"<p>Teas</p>", b"<!-- c -->Teas", b"\xef\xbb\xbf<p>"],
)
@pytest.mark.parametrize("status", [200, 404])
def test_html_that_is_no_document_keeps_every_byte_and_says_its_length(
    ask: Ask, body: bytes, status: int
) -> None:
    answer = ask(Shop(body, (HTML, ("Content-Length", str(len(body)))), status))

    assert (answer.body, answer.all("content-length")) == (body, [str(len(body))])


@both_doors
@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/htmlx",
        "text/html5",
        'application/json; x="text/html"',
        "text/vnd.turbo-stream.html",
        "text/event-stream",
        "multipart/x-mixed-replace",
        "image/svg+xml",
    ],
)
def test_what_is_not_called_html_keeps_every_field_and_byte(ask: Ask, content_type: str | None) -> None:
    headers = (("X-Odd", "1"), *((("Content-Type", content_type),) if content_type is not None else ()))

    answer = ask(Shop(PAGE, headers))

    assert answer.body == PAGE
    assert [(name.lower(), value) for name, value in answer.headers] == [
        (name.lower(), value) for name, value in headers
    ]


@both_doors
def test_a_full_document_gets_the_banner_whoever_fetched_it(ask: Ask) -> None:
    assert b"privacy-mw-banner" in ask(Shop(), [("Sec-Fetch-Dest", "empty"), ("HX-Request", "true")]).body


@both_doors
def test_exempt_paths_get_neither_banner_nor_link_but_are_blocked(ask: Ask) -> None:
    settings = {"exempt_paths": ["/embed"]}

    assert ask(Shop(), path="/embed/film", settings=settings).body == HELD
    assert b"privacy-mw-banner" in ask(Shop(), path="/embedded", settings=settings).body


@both_doors
@pytest.mark.parametrize(
    ("headers", "is_asked"),
    [([], True), ([("Sec-GPC", "1")], False), ([("DNT", "1")], False), ([("DNT", "0")], True)],
)
def test_a_signal_is_an_answer_and_nobody_is_asked_again(
    ask: Ask, headers: list[Pair], is_asked: bool
) -> None:
    body = ask(Shop(), headers).body

    assert (b"privacy-mw-banner" in body) is is_asked
    assert b"privacy-mw-link" in body


@both_doors
def test_crawlers_are_blocked_like_everybody_but_shown_no_banner(ask: Ask) -> None:
    robot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    answer = ask(Shop(), [("User-Agent", robot)])

    assert b"privacy-mw-banner" not in answer.body
    assert HELD_SCRIPT in answer.body


@both_doors
def test_the_banner_goes_back_to_the_page_it_was_on(ask: Ask) -> None:
    body = ask(Shop(), path="/caf\u00e9" if ask is DOORS[1] else "/caf\u00c3\u00a9", query='a=1&b="x').body

    assert b'name="return" value="/caf%C3%A9?a=1&amp;b=%22x"' in body


@both_doors
def test_a_page_with_a_privacy_link_gets_only_the_way_to_the_settings(ask: Ask) -> None:
    own = PAGE.replace(b"<p>Teas</p>", b'<a href="/p">Privacy</a>')

    with_own, without = ask(Shop(own)).body, ask(Shop()).body
    assert b">Privacy</a>" in without.partition(b'id="privacy-mw-link"')[2]
    assert b">Privacy</a>" not in with_own.partition(b'id="privacy-mw-link"')[2]
    assert b'<a href="/.privacy/">Cookie settings</a>' in with_own


GTM = (
    b"(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':1});var j=d.createElement(s);"
    b"j.src='https://www.googletagmanager.com/gtm.js?id='+i;})(window,document,'script','dataLayer','X');"
)
PIXEL = b"!function(f,b,e,v){}(window,document,'script','https://connect.facebook.net/en_US/fbevents.js');"
GA = b"(function(i,s,o,g,r){})(window,document,'script','//www.google-analytics.com/analytics.js','ga');"


@pytest.mark.parametrize(
    ("markup", "held"),
    [
        (b"<script>" + GTM + b"</script>", b'<script data-privacy="advertising" type="text/plain">' + GTM),
        (
            b"<script type=module>" + PIXEL,
            b'<script data-privacy="advertising" type="text/plain" data-privacy-',
        ),
        (b"<script>" + GA, b'<script data-privacy="analytics" type="text/plain">'),
        (b"<script type='application/json'>" + GA + b"</script>", None),
        (b"<script type=text/template>" + GTM + b"</script>", None),
        (b"<script>// www.googletagmanager.com/gtm.js\nx = 'gtm'</script>", None),
        (
            b"<script>x = 'https:\\/\\/connect.facebook.net\\/en_US\\/fbevents.js'",
            b'<script data-privacy="adv',
        ),
        (b"<SCRIPT SRC=//www.googletagmanager.com/gtag/js?id=G-1>", b'<SCRIPT data-privacy="analytics"'),
        (b"<script src='//www.googletagmanager.com/gtag/js?id=AW-1'>", b'<script data-privacy="advertising"'),
        (b"<script src=https://shop.example/gtag/js></script>", None),
        (b"<script src=/gtm.js></script>", None),
        (b"<script src=https://cdn.example/?u=https://www.google-analytics.com/ga.js></script>", None),
        (b"<script src=https://www.google-analytics.com.evil.example/ga.js></script>", None),
        (
            b"<script src=https:&#x2F;&sol;www&period;google-analytics&period;com/ga.js>",
            b"<script data-privacy",
        ),
        (b"<script src='\nhttps:\\\\www.GOOGLE-analytics.com./ga.js'>", b"<script data-privacy"),
        (
            b"<iframe src=https://www.youtube.com/embed/x></iframe>",
            b'<iframe data-privacy="media" name="privacy-mw-refused" srcdoc="&lt;!DOCTYPE html&gt;',
        ),
        (
            b"<img src=https://www.facebook.com/tr?id=1>",
            b'<img data-privacy="advertising" src="data:image/gif;base64,',
        ),
        (b"<img src=https://www.facebook.com/travel.png>", None),
        (b"<img src=/a.png srcset='/a.png 1x, https://www.facebook.com/tr 2x'>", b"<img data-privacy="),
        (b"<img src=data:image/gif;base64,AAAA>", None),
        (
            b"<link rel=preconnect href=//www.google-analytics.com>",
            b'<link data-privacy="analytics" rel=preconne',
        ),
        (b"<link rel=canonical href=https://www.youtube.com/watch>", None),
        (b"<link rel=stylesheet href=https://fonts.googleapis.com/css>", None),
        (b"<a href=https://www.facebook.com/tr>a</a>", None),
        (b"<video poster=https://www.facebook.com/tr src=/a.mp4>", b"<video data-privacy="),
        (b"<object data=https://www.youtube.com/v/x>", b'<iframe data-privacy-placeholder="" srcdoc="'),
        (b"<input type=image src=https://www.facebook.com/tr>", b"<input data-privacy="),
        (b"<embed src=https://www.youtube.com/v/x>", b'<iframe data-privacy-placeholder="" srcdoc="'),
    ],
)
@both_doors
def test_what_loads_a_refused_service_is_made_inert_and_nothing_else_is_touched(
    ask: Ask, markup: bytes, held: bytes | None
) -> None:
    answer = ask(Shop(markup, (HTML,)), settings=PLAIN).body
    accepted = ask(Shop(markup, (HTML,)), [("Cookie", choice_cookie(ask))], settings=PLAIN).body

    assert answer.startswith(held) if held else answer == markup
    assert accepted == markup


@both_doors
def test_fonts_pass_until_the_site_gives_them_a_purpose(ask: Ask) -> None:
    shop = Shop(b"<link rel=stylesheet href=https://fonts.googleapis.com/css>", (HTML,))
    named = ask(shop, settings={"services": {"google-fonts": "functional"}}).body
    strict = ask(shop, settings={"unknown_hosts": "deny"}).body

    assert ask(shop).body == shop.body
    assert named.startswith(b'<link data-privacy="functional" rel=stylesheet data-privacy-href=')
    assert strict.startswith(b'<link data-privacy="unknown" ')


@both_doors
def test_what_nobody_knows_passes_unless_the_site_has_it_denied(ask: Ask) -> None:
    shop = Shop(b"<img src=https://nobody.example/x>", (HTML, ("Set-Cookie", "odd=1")))
    strict = {"unknown_hosts": "deny", "unknown_cookies": "deny"}

    passed, denied = ask(shop), ask(shop, settings=strict)
    allowed = ask(
        shop, settings=strict | {"allowed_hosts": ["nobody.example"], "cookies": {"necessary": ["odd"]}}
    )
    assert (passed.body, passed.all("set-cookie")) == (shop.body, ["odd=1"])
    assert (denied.body[:28], denied.all("set-cookie")) == (b'<img data-privacy="unknown" ', [])
    assert (allowed.body, allowed.all("set-cookie")) == (shop.body, ["odd=1"])


@pytest.mark.parametrize(
    ("tag", "beginning"),
    [
        (b"script", b'<script data-privacy="unknown" type="text/plain" alt='),
        (
            b"iframe",
            b'<iframe data-privacy="unknown" src="about:blank" srcdoc="" name="privacy-mw-refused" alt=',
        ),
        (b"link", b'<link data-privacy="unknown" rel="" alt='),
        (b"img", b"<img alt="),
    ],
)
def test_an_active_tag_whose_address_is_too_far_away_is_neutralised(tag: bytes, beginning: bytes) -> None:
    page = b"<" + tag + b" alt='" + b"x" * 70_000 + b"' src=https://www.google-analytics.com/ga.js>"

    out = edited(page)

    assert out.startswith(beginning)
    assert out.endswith(page[-200:])
    assert tag in LOADS
