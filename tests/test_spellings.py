"""One address in many spellings, in every element that loads: what is odd is not overlooked."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy_mw import PrivacyConfig
from privacy_mw.blocking import LOADS, How
from privacy_mw.engine import PrivacyEngine
from privacy_mw.exchange import View
from privacy_mw.html.rewriter import Rewriter
from privacy_mw.messages import RequestHead
from privacy_mw.refusals import Held
from tests.editing import HOST, edited
from tests.shops import SECRET
from tests.test_blocking import NEEDS, OURS, value_of

REST = b"www.google-analytics.com/ga.js"
SPELLINGS = [
    b"https://" + REST,
    b"//" + REST,
    b"https:&#x2F&#x2F" + REST,
    b"https:&#47&#47" + REST,
    b"https:&#0047;&#x00002f;" + REST,
    b"https:&#X2F;/" + REST,
    b"https&colon;&sol;&sol;" + REST,
    b"https&colon;&bsol;&bsol;" + REST,
    b"&#x68;ttps:" + REST,
    b"https:" + REST,
    b"http:/" + REST,
    b"https:////" + REST,
    b"https:///\\/" + REST,
    b"/\\" + REST,
    b"\\\\" + REST,
    b"https:\\/\\/" + REST,
    b"https:\\" + REST,
    b"HTTPS://" + REST.upper(),
    b"wss://" + REST,
    b"https://@" + REST,
    b"https://a@b@" + REST,
    b"https://a&commat;" + REST,
    b"https://shop.example:80@" + REST,
    b"https://www&#46google-analytics&#x2E;com/ga.js",
    b"https://www.google&#45;analytics.com&sol;ga.js",
    b"https://www.google-analytics&period;com?a",
    b"https://www.google-analytics.com#a",
    b"https://www.google-analytics.com.:443/ga.js",
    b"https://www.google-analytics.com&#58;443/ga.js",
    b"https://www%2Egoogle-%61nalytics.com/ga.js",
    "https://www。google-analytics.com/ga.js".encode(),
]
# What ends an address in a list of them; a URL parser leaves it out.
BLANK_SPELLINGS = [
    b" \n" + b"https://" + REST + b" ",
    b"ht&#10;tps:/&#9;/" + REST,
    b"https:&NewLine;&NewLine;//" + REST,
    b"/&Tab;/" + REST,
    b"\x01https://" + REST,
    b"https://www.google-\n\tanalytics.com/ga.js",
]
# In these an address is only seen when it is written plainly (blocking.RUNS).
SEEN_WHEN_PLAIN = {b"a", b"area", b"table", b"thead", b"tbody", b"tfoot", b"tr", b"td", b"th"}
LOOKED_AT = [
    (element, attribute, how)
    for element, loads in LOADS.items()
    if element not in SEEN_WHEN_PLAIN
    for attribute, how in loads.items()
    if how is not How.HTML
]
QUOTES = {"double": b'"%s"', "single": b"'%s'", "none": b"%s", "blanks": b'\n"%s"\t'}


def page_of(element: bytes, attribute: bytes, how: How, quoted: bytes, spelling: bytes) -> bytes:
    tag = b"<" + element + NEEDS.get(element, b"") + b" " + attribute
    value = quoted.replace(b"%s", value_of(how, spelling))
    return b"<p>text" + tag + b"=" + value + b" data-x></p>"


@pytest.mark.parametrize("quoted", QUOTES.values(), ids=QUOTES)
@pytest.mark.parametrize("spelling", SPELLINGS, ids=range(len(SPELLINGS)))
def test_in_every_loading_element_an_address_is_known_however_it_is_written(
    quoted: bytes, spelling: bytes
) -> None:
    rows = [row for row in LOOKED_AT if quoted != b"%s" or row[2] is How.URL]
    pages = [page_of(*row, quoted, spelling) for row in rows]
    held = [edited(page) for page in pages]

    assert [page for page, out in zip(pages, held, strict=True) if page == out] == []
    assert [OURS.sub(b"", out) for out in held] == pages


@pytest.mark.parametrize("spelling", BLANK_SPELLINGS, ids=range(len(BLANK_SPELLINGS)))
def test_blanks_and_controls_that_a_browser_leaves_out_hide_no_address(spelling: bytes) -> None:
    pages = [page_of(*row, b"'%s'", spelling) for row in LOOKED_AT if row[2] is How.URL]

    assert [page for page in pages if edited(page) == page] == []


@pytest.mark.parametrize("quoted", QUOTES.values(), ids=QUOTES)
@pytest.mark.parametrize(
    "address",
    [
        b"https://www.google-analytics.com.example/ga.js",
        b"https://notgoogle-analytics.com/ga.js",
        b"https://cdn.example/www.google-analytics.com/ga.js",
        b"https:cdn.example/?a=https://www.google-analytics.com/ga.js",
        b"/\\cdn.example/\\www.google-analytics.com/ga.js",
        b"https://www.google-analytics.com@cdn.example/ga.js",
        b"https:&#47;&#47;shop.example/www.google-analytics.com",
        b"/https://www.google-analytics.com/ga.js",
        b"mailto:a@www.google-analytics.com",
    ],
)
def test_in_no_element_is_an_address_held_back_for_looking_like_one(quoted: bytes, address: bytes) -> None:
    rows = [row for row in LOOKED_AT if quoted != b"%s" or row[2] is How.URL]
    pages = [page_of(*row, quoted, address) for row in rows]

    assert [page for page in pages if edited(page) != page] == []


STYLED = [
    b"url(@)",
    b"URL( '@' )",
    b"src(@)",
    b"url(&quot;@&quot;)",
    b"url(&#39;@&#39;)",
    b"url(&#34;@&apos;)",
]


@pytest.mark.parametrize("styled", STYLED)
@pytest.mark.parametrize(
    "spelling",
    [
        b"//" + REST,
        b"\\2f\\2f " + REST,
        b"\\00002F\\00002f" + REST,
        b"https\\3a//" + REST,
        b"\\68ttps:\\/\\/" + REST,
        b"https:\\/\\/www\\.google-analytics.com/ga.js",
        b"\\\\\\\\" + REST,
        b"http:" + REST,
        b"HTTPS:/" + REST,
    ],
)
def test_in_a_style_an_address_is_known_however_it_is_written(styled: bytes, spelling: bytes) -> None:
    declarations = b"a: " + styled.replace(b"@", spelling)
    put = b"about:invalid#privacy-mw=analytics,"
    attribute = b"<p>text<p style=\"b: url(/x); %s; c: url('/x')\">" % declarations
    pages = [attribute]
    if b"&" not in styled:
        pages += [
            b"<p>text<style>@import url(/x); e { %s }</style>" % declarations,
            b"<p>text<style>@import/* a */'%s';</style>" % spelling,
        ]

    assert [edited(page) for page in pages] == [page.replace(spelling, put + spelling) for page in pages]


@pytest.mark.parametrize(
    "page",
    [
        b"<p>text<style>@font-face { src: url(/a.woff) } a::before { content: '\\2f\\2f\\f101' }</style>",
        b"<p>text<p style='a: url(\\2f a.png); b: url(http:shop.example/a.png)'>",
        b"<p>text<style>a { b: url('\\2f\\2f cdn.example/a') } c { d: url(https:cdn.example) }</style>",
        b"<p>url(\\2f\\2f www.google-analytics.com/ga.js) @import '\\2f\\2f www.google-analytics.com'</p>",
    ],
)
def test_a_style_of_the_sites_own_stays_however_it_is_written(page: bytes) -> None:
    assert edited(page) == page


@pytest.mark.parametrize(
    "document",
    [
        b"<script src=https://%s></script>",
        b"<img src=/\\%s>",
        b"&lt;&#115;cript src=&#47;/%s>",
        b'&lt;p style="a:url(&amp;quot;//%s)">',
        b"<p><p style=a:url(\\2f\\2f%s)>",
        b'<style>@import "//%s";</style>',
        b"<noscript><img src=//%s></noscript>",
        b"<base href=https://%s><script src=a.js></script>",
        b"<svg><image xlink:href=//%s></svg>",
        b'<script>s = document.createElement("script"); s.src = "//%s"</script>',
        b'<iframe srcdoc="<img src=//%s>"></iframe>',
    ],
)
def test_a_document_in_an_attribute_that_loads_a_tracker_waits_as_a_whole(document: bytes) -> None:
    frame = b"<p>text<iframe width=9 srcdoc='%s'></iframe>"
    page = frame % document.replace(b"%s", b"www.google-analytics.com/analytics.js")
    held = edited(page)

    assert b" data-privacy-srcdoc='" in held
    assert OURS.sub(b"", held) == page
    assert edited(page, regime="notice") == page
    own = frame % document.replace(b"%s", b"shop.example/analytics.js")
    assert edited(own) == own


@pytest.mark.parametrize(
    "document",
    [
        b"<a href=//www.google-analytics.com>a</a>",
        b"<!-- <img src=//www.google-analytics.com> -->",
        b"<textarea><img src=//www.google-analytics.com></textarea>",
        b'<p title="<img src=//www.google-analytics.com>">',
        b"&amp;lt;img src=//www.google-analytics.com&amp;gt;",
        b'<script type=application/json>{"a": "//www.google-analytics.com/ga.js"}</script>',
    ],
)
def test_a_document_in_an_attribute_that_only_speaks_of_one_stays(document: bytes) -> None:
    page = b"<p>text<iframe srcdoc='%s'></iframe>" % document

    assert edited(page) == page


def test_what_stands_behind_an_open_script_in_a_drawing_is_looked_at() -> None:
    picture = b"<img src=//www.google-analytics.com/ga.js>"
    page = b"<p>text<svg><script href=/a.js>" + picture + b"<p>text" + picture

    assert edited(page).count(b"<img data-privacy=") == 2
    assert {edited(page[:cut], page[cut:]) for cut in range(len(page))} == {edited(page)}


ENGINE = PrivacyEngine(PrivacyConfig(secret_key=SECRET, banner=False, privacy_link=False))
HEAD = RequestHead("GET", "https", HOST, "", "/", b"", {b"host": HOST.encode()})


def looked_at(*chunks: bytes, thorough: bool = False) -> tuple[bytes, list[Held]]:
    """The page and all that was held back. Reporting, so that nothing comes from memory."""
    held: list[Held] = []
    editor = ENGINE.editor(HEAD, View(ENGINE.decide(HEAD)), held.append)
    editor.sees_every_tag = thorough
    rewriter = Rewriter(editor, None)
    return b"".join([*map(rewriter.feed, chunks), rewriter.finish()]), held


HARMLESS = [
    b"/a.js",
    b"https://shop.example/a",
    b"https:&#47;/cdn.example/a",
    b"http:cdn.example",
    b"a.png",
    b"",
]
# Elements that are looked at only where an address is written plainly get no other.
PARTS = [
    b"<%b %b=%b>" % (element, attribute, quoted)
    for element, attribute, how in LOOKED_AT
    if how is How.URL
    for quoted in (b"$", b"'$'", b'"$"')
] + [
    *b"<img srcset='/a, $ 2x'>|<link rel=stylesheet href=$>|<link rel=canonical href='$'>|<script async src='$'></script>|"
    b"<iframe src=\"$\"></iframe>|<style>a{b:url('$')}</style>|<style>@import '$';</style>|<noscript><img src='$'>|"
    b"<img alt='$'>|<svg>|</svg>|<math>|<title>|</title>|<textarea>|</textarea>|<!--|-->|</noscript>|</p>|<p title='|'>|"
    b"<a href='//www.google-analytics.com/a'>a</a>|<td background=//www.google-analytics.com/a>|text|\"|'|<|>|<body>|"
    b"<a ping='/a //www.google-analytics.com/a'>|<iframe srcdoc='<img src=$>'></iframe>|<template>|</template>|"
    b"<script>x = '$'</script>|<base href='/x/'>|<base href='https://www.google-analytics.com/'>".split(b"|")
]  # fmt: skip
SOUP = st.lists(
    st.builds(
        lambda part, address: part.replace(b"$", address),
        st.sampled_from(PARTS),
        st.sampled_from(SPELLINGS + HARMLESS),
    ),
    max_size=12,
).map(b"".join)


@settings(max_examples=500, deadline=None)
@given(page=SOUP, cuts=st.lists(st.integers(0, 600), max_size=5))
def test_a_hasty_look_a_thorough_one_and_any_pieces_agree_on_what_is_held_back(
    page: bytes, cuts: list[int]
) -> None:
    borders = [0, *sorted(min(cut, len(page)) for cut in cuts), len(page)]
    thorough = looked_at(page, thorough=True)

    assert looked_at(page) == thorough
    assert looked_at(*(page[a:b] for a, b in pairwise(borders))) == thorough
