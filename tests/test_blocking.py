"""Every way to load, held back and let through: the table of blocking.LOADS, row by row."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy_mw.blocking import ANYWHERE, LOADS, How, Kind, Suspicion
from privacy_mw.editor import PageEditor
from privacy_mw.html.rewriter import Rewriter
from privacy_mw.html.tag import StartTag
from privacy_mw.refusals import Held, Refused
from tests.editing import edited

TRACKER = b"https://www.google-analytics.com/ga.js"
OURS = re.compile(
    rb' data-privacy="\w+"| type="text/plain"| name="privacy-mw-refused"| srcdoc="[^"]*privacy-mw-placeholder[^"]*"'
    rb'| src="data:image/gif[^"]*"| hidden=""|data-privacy-(?=[a-z])|about:invalid#privacy-mw=\w+,'
    rb'|<iframe data-privacy-placeholder=""[^>]*></iframe>'
)
NEEDS = {b"link": b" rel=preload", b"input": b" type=image", b"track": b" default"}


def value_of(how: How, address: bytes) -> bytes:
    """An attribute's value that names an address."""
    return {
        How.URL: address,
        How.URLS: b"/a " + address,
        How.SRCSET: b"/a.png 1x, " + address + b" 2x",
        How.CSS: b"background: URL(" + address + b") no-repeat",
        How.HTML: b"&lt;script src=" + address + b"&gt;&lt;/script&gt;",
    }[how]


ROWS = [
    *((element, attribute, how) for element, loads in LOADS.items() for attribute, how in loads.items()),
    *((b"div", attribute, how) for attribute, how in ANYWHERE.items()),
]


@pytest.mark.parametrize(
    ("element", "attribute", "how"), ROWS, ids=[f"{row[0].decode()}-{row[1].decode()}" for row in ROWS]
)
def test_each_way_to_load_is_held_back_and_nothing_else_changes(
    element: bytes, attribute: bytes, how: How
) -> None:
    tag = b"<" + element + NEEDS.get(element, b"") + b" id='a' " + attribute + b"='%s' data-x=\"y\">"
    page = b"<p>" + tag % value_of(how, TRACKER) + b"<p>"
    own = tag % value_of(how, b"https://shop.example/a.js")
    held = edited(page)

    assert held != page
    assert OURS.sub(b"", held) == page
    if how is How.CSS:
        assert b"URL(about:invalid#privacy-mw=analytics,https:" in held
    else:
        assert b" data-privacy-" + attribute + b"='" in held
    assert edited(own) == own
    assert edited(page, regime="notice") == page


@pytest.mark.parametrize(
    "attribute",
    [
        b"data-lazyload", b"data-iesrc", b"data-pagespeed-lazy-src", b"data-cmp-src", b"data-consent-src",
        b"data-suppressedsrc", b"data-uc-src", b"data-src-cmplz", b"data-ccm-loader-src",
    ],
)  # fmt: skip
def test_attributes_of_lazy_loaders_are_known_by_their_whole_names(attribute: bytes) -> None:
    assert b" data-privacy-" + attribute in edited(b"<div " + attribute + b"='" + TRACKER + b"'>")
    assert {name for name in ANYWHERE if not re.fullmatch(rb"style|data(?:-[a-z]+)+", name)} == set()


@pytest.mark.parametrize(
    "page",
    [
        b"<a href='%s'>a</a>",
        b"<form action='%s' method=post></form>",
        b"<meta http-equiv=refresh content='5; url=%s'>",
        b'<meta http-equiv=content-security-policy content="script-src %s">',
        b"<link rel='canonical alternate' href='%s'>",
        b"<img alt='%s' src=/a.png>",
        b"<p title='<script src=%s></script>'>",
        b"<!-- <script src=%s></script> -->",
        b"<textarea><script src=%s></script></textarea>",
        b"<div data-href='%s' data-url='%s'>",
        b"<style>/* no address: */ a::after { content: '%s' }</style>",
        b"<style>@font-face { src: local('a') } a { background: url(/a.png) }</style>",
        b"<iframe srcdoc='&lt;p&gt;%s'></iframe>",
        b"<p style='color: red; --a: %s'>",
    ],
)
def test_what_only_points_or_speaks_stays_as_it_is(page: bytes) -> None:
    page = page.replace(b"%s", TRACKER)

    assert edited(page) == page


SPELLINGS = [
    b"https:&#x2F;&#47;www.google-analytics.com/ga.js",
    b"&#104ttps&colon;&sol;&sol;www&period;google-analytics&period;com/ga.js",
    b"//www.google-analytics.com/ga.js",
    b"\\\\www.google-analytics.com\\ga.js",
    b"/\\www.google-analytics.com/ga.js",
    b"https:\\/\\/www.google-analytics.com/ga.js",
    b"ht\ntps://www.google-analytics.com/ga.js",
    b"/\t/www.google-analytics.com/ga.js",
    b"https://www.google-\nanalytics.com/ga.js",
    b"&Tab;https:&NewLine;//www.google-analytics.com/ga.js",
    b"HTTPS://WWW.GOOGLE-ANALYTICS.COM/ga.js",
    b"https://www.google-analytics.com./ga.js",
    b"https://www.google-analytics.com:443/ga.js",
    b"https://user:word@www.google-analytics.com/ga.js",
    b"https://shop.example@www.google-analytics.com/ga.js",
    b"https://www.%67oogle-analytics.com/ga.js",
    b"https:////www.google-analytics.com/ga.js",
    b"https:www.google-analytics.com/ga.js",
    b"http:/www.google-analytics.com/ga.js",
    b"  https://www.google-analytics.com/ga.js  ",
    "https://ｗｗｗ.google-analytics.com/ga.js".encode(),
]


@pytest.mark.parametrize("shape", [b'<script src="%s"></script>', b"<SCRIPT\nSRC = '%s' async></SCRIPT>"])
@pytest.mark.parametrize("spelling", SPELLINGS, ids=range(len(SPELLINGS)))
def test_an_address_is_known_however_it_is_written(shape: bytes, spelling: bytes) -> None:
    page = b"<p>" + shape.replace(b"%s", spelling)

    assert edited(page).lower().startswith(b'<p><script data-privacy="analytics" type="text/plain"')


@pytest.mark.parametrize(
    "address",
    [
        b"https://www.google-analytics.com.example/ga.js",
        b"https://notgoogle-analytics.com/ga.js",
        b"https://cdn.example/www.google-analytics.com/ga.js",
        b"https://cdn.example/?a=//www.google-analytics.com/ga.js",
        b"https://cdn.example/#//www.google-analytics.com",
        b"https://www.google-analytics.com@cdn.example/ga.js",
        b"/https://www.google-analytics.com/ga.js",
        b"data:text/javascript,'//www.google-analytics.com/ga.js'",
        b"https://[::1]/ga.js",
    ],
)
def test_an_address_that_only_looks_like_one_passes(address: bytes) -> None:
    page = b'<script src="' + address + b'"></script>'

    assert edited(page) == page


def test_quotes_and_escapes_in_a_style_attribute_are_read_through() -> None:
    page = b'<p style="a: url(&quot;%s&quot;); b: url(&#39;/x&#39;); c: url(\\2f\\2f www.google-analytics.com/x)">'
    page = page.replace(b"%s", TRACKER)
    put = b"about:invalid#privacy-mw=analytics,"

    assert edited(page) == page.replace(TRACKER, put + TRACKER).replace(b"\\2f\\2f", put + b"\\2f\\2f")


STYLE = (
    b"<style>@import/* a */'%s';a{b:url( \"//cdn.example/a\" )}@import url(%s);c{d:URL('\\68ttps://www.google-"
    b"analytics.com/g')}e{f:url(data:image/png;base64,AAAA);g:src(%s?a;b)}</style><p>"
).replace(b"%s", TRACKER)


def test_a_style_sheet_is_read_as_it_comes_and_its_own_addresses_stay() -> None:
    put = b"about:invalid#privacy-mw=analytics,"
    expected = STYLE.replace(TRACKER, put + TRACKER).replace(b"\\68", put + b"\\68")

    assert edited(STYLE) == expected
    assert {edited(STYLE[:cut], STYLE[cut:]) for cut in range(len(STYLE))} == {expected}
    assert edited(*(STYLE[at : at + 1] for at in range(len(STYLE)))) == expected


def test_a_base_on_a_refused_host_makes_relative_addresses_refused() -> None:
    base = b"<base href='https://www.google-analytics.com/x/'>"
    page = b"<p>%s<base href=/own><script src=ga.js></script><img src=#a><a href=b>b</a>"

    assert edited(page.replace(b"%s", base)) == page.replace(b"%s", base).replace(
        b"<script src", b'<script data-privacy="analytics" type="text/plain" data-privacy-src'
    )
    assert edited(page.replace(b"%s", b"<base href=/x/>" + base)) == page.replace(
        b"%s", b"<base href=/x/>" + base
    )


@pytest.mark.parametrize(
    ("reference", "is_held"),
    [
        ("/tr?id=1", True),
        ("tr", True),
        ("../tr?id=1", True),
        ("/travel.png", False),
        ("#tr", False),
        ("//[", False),
    ],
)
def test_an_address_is_read_against_the_base_before_it_is_judged(reference: str, is_held: bool) -> None:
    page = f"<base href='https://www.facebook.com/a/../'><p><img src='{reference}'>".encode()

    assert (edited(page) != page) is is_held


def test_pixels_vanish_and_pictures_keep_their_place() -> None:
    pixels = (b" width=1 height=1", b" height='0'", b" style='display:none'", b" hidden", b" width=1px")

    assert [b' hidden=""' in edited(b"<img src=%s%s>" % (TRACKER, pixel)) for pixel in pixels] == [True] * 5
    assert b' src="data:image/gif;base64,' in edited(b"<img src=%s width=300>" % TRACKER)
    assert b"srcdoc" not in edited(b"<iframe src=https://www.youtube.com/embed/x width=0 height=0></iframe>")


def test_a_placeholder_names_the_content_links_to_it_and_can_allow_it() -> None:
    frame = b"<iframe title='Tea &amp; &quot;more&quot;' sandbox src=\"https://www.youtube.com/embed/x?a=1&amp;b='2'\"></iframe>"
    document = re.search(rb' srcdoc="([^"]*)"', edited(frame, path="/tea/<x>"))
    assert document
    import html

    text = html.unescape(document[1].decode())

    assert "<strong>Tea &amp; &quot;more&quot;</strong>" in text
    assert "comes from YouTube." in text
    assert 'href="https://www.youtube.com/embed/x?a=1&amp;b=&#x27;2&#x27;"' in text
    assert '<form method="post" action="/.privacy/choice" target="_top">' in text
    assert 'name="return" value="/tea/%3Cx%3E"' in text
    assert '<button type="submit" name="choice" value="allow">Allow: Embedded media</button>' in text
    assert b" data-privacy-sandbox" in edited(frame)


FB = b"<script src=https://connect.facebook.net/en_US/sdk.js></script>"
PLACEHOLDER = re.compile(rb' srcdoc="[^"]*"')


def short(page: bytes) -> bytes:
    return PLACEHOLDER.sub(b" srcdoc=", page)


def test_a_widget_whose_script_was_refused_gets_a_placeholder_in_it() -> None:
    widget = b"<div class='fb-comments wide' data-numposts=5>Loading</div>"
    refused = edited(FB)
    put_in = (
        b'<iframe data-privacy-placeholder="" srcdoc= frameborder="0" width="100%" height="200"></iframe>'
    )
    marked = b"<div data-privacy=\"media\" class='fb-comments wide' data-numposts=5>"

    assert short(edited(FB + widget)) == refused + marked + put_in + b"Loading</div>"
    assert edited(widget) == widget
    assert short(edited(FB, b"<div class=fb-co", b"mments>")).startswith(
        refused + b'<div data-privacy="media" '
    )
    assert edited(FB + widget, regime="notice") == FB + widget


def test_a_widget_that_names_an_address_of_its_service_needs_no_script_before_it() -> None:
    widget = (
        b'<div class="calendly-inline-widget" data-url="https://calendly.com/tea/tasting?a=1&amp;b=2"></div>'
    )
    sent = edited(widget)
    document = re.search(rb'srcdoc="([^"]*)"', sent)

    assert document
    assert "href=&quot;https://calendly.com/tea/tasting?a=1&amp;amp;b=2&quot;" in document[1].decode()
    assert edited(sent) == sent
    assert edited(b'<div class="calendly-inline-widget" data-url="/tea"></div>') == (
        b'<div class="calendly-inline-widget" data-url="/tea"></div>'
    )


def test_every_page_of_a_site_gets_its_widgets_placeholders() -> None:
    page = FB + b"<div class=fb-page>"

    assert short(edited(page)) == short(edited(page)) != edited(FB) + b"<div class=fb-page>"


def test_a_script_that_draws_where_it_stands_has_a_placeholder_before_it_in_a_body_only() -> None:
    loader = (
        b"<script>(function(){var d=document,s=d.createElement('script');s.src='https://teas.disqus.com/embed.js';"
        b"d.body.append(s)})()</script>"
    )
    inert = b'<script data-privacy="media" type="text/plain">'
    put_in = (
        b'<iframe data-privacy-placeholder="" srcdoc= frameborder="0" width="100%" height="200"></iframe>'
    )

    assert short(edited(b"<body><p>" + loader)) == b"<body><p>" + put_in + inert + loader[len("<script>") :]
    assert short(edited(b"<head>" + loader)) == b"<head>" + inert + loader[len("<script>") :]
    assert put_in not in short(edited(b"<body>" + loader.replace(b"embed.js", b"count.js")))


class OneHost:
    """Refuses one host, and breaks at another."""

    class Why:
        purpose = "analytics"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, OneHost.Why)

        def __hash__(self) -> int:
            return 1

    widgets: dict[str, Refused] = {}  # noqa: RUF012
    hosts: dict[bytes, Suspicion] = {b"t.example": True, b"broken.example": True}  # noqa: RUF012
    remembered: dict[bytes, bytes | None]

    def __init__(self) -> None:
        self.hosts = self.known_hosts = _Hosts(self.hosts)
        self.widgets = {"t-widget": self.Why()}
        self.remembered = {}

    def url(self, reference: str, kind: Kind) -> Refused | None:
        if "broken.example" in reference:
            raise RuntimeError("an error of our own")
        is_refused = re.match(r"(?i)[\s]*(https?:)?[/\\]{2}t\.example(/|$)", reference)
        return self.Why() if is_refused else None

    telling_ends: frozenset[bytes] = frozenset()

    def is_telling(self, path: bytes) -> bool:
        return False

    def draws_in_place(self, why: Refused) -> bool:
        return False

    def loader(self, script: bytes) -> Refused | None:
        return self.Why() if b"'//t.example/a.js'" in script else None

    def placeholder(self, tag: StartTag, reference: str, why: Refused) -> bytes:
        return b"PLACEHOLDER"


class _Hosts(dict[bytes, Suspicion]):
    def __missing__(self, host: bytes) -> bool:
        return False


def rewritten(*chunks: bytes, thorough: bool = False, report: list[Held] | None = None) -> bytes:
    editor = PageEditor(OneHost(), report.append if report is not None else None)
    editor.sees_every_tag = thorough
    rewriter = Rewriter(editor, None)
    return b"".join([*map(rewriter.feed, chunks), rewriter.finish()])


def test_an_error_in_judging_makes_that_element_harmless_and_the_next_is_judged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    page = b"<script src=//broken.example/a></script><p title=//broken.example><img src=//t.example/b>"

    out = rewritten(page)

    assert out.startswith(
        b'<script data-privacy="unknown" type="text/plain" src=//broken.example/a></script><p t'
    )
    assert b'<img data-privacy="analytics" src="data:' in out
    assert [record.message for record in caplog.records] == [
        "an element could not be judged and was made harmless: <script>"
    ]


def test_a_document_in_an_attribute_waits_when_something_in_it_cannot_be_judged() -> None:
    page = b"<iframe srcdoc='&lt;script src=//broken.example/a>&lt;/script>'></iframe>"

    assert b" data-privacy-srcdoc='" in rewritten(page)


def test_an_element_that_could_not_be_judged_is_reported() -> None:
    held: list[Held] = []

    rewritten(b"<p><script src=//broken.example/a></script>", report=held)

    assert [(each.offset, each.element, each.by, each.why.purpose) for each in held] == [
        (3, "script", "tag", "unknown")
    ]


def test_everything_held_back_is_reported() -> None:
    held: list[Held] = []

    rewritten(
        b"<img src=//t.example/a><p style='a:url(//t.example/b)'><script>x('//t.example/a.js')</script>"
        b"<style>a{b:url(//t.example/c)}</style><iframe srcdoc='&lt;img src=//t.example/d>'></iframe>"
        b"<noscript><img src=//t.example/e></noscript>",
        report=held,
    )

    assert [(each.offset, each.element, each.by, each.reference) for each in held] == [
        (0, "img", "src", "//t.example/a"),
        (23, "p style", "url()", "//t.example/b"),
        (55, "script", "text", ""),
        (108, "style", "url()", "//t.example/c"),
        (131, "iframe", "srcdoc", "//t.example/d"),
        (194, "img", "src", "//t.example/e"),
    ]


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            *b"<img @><script @></script>|<script >'//t.example/a.js'</script>|<link rel=preload @>|<a @>|<p @>|"
            b"<iframe @></iframe>|<div style='a:url(//t.example/x)'>|<style>a{b:url(//t.example/x)}</style>|"
            b"<style>@import '//t.example/x'|<noscript><img @></noscript>|<noscript><!--|</noscript>|<svg>|</svg>|"
            b"<path @/>|<use @/>|<image @>|<title>|</title>|<!--|-->|<base @>|'|\"|>|<|//t.example|&#x2F;|text|"
            b"<input @>|<td @>|<source @>|<object @>|</div>|<body @>|<frame @>|<textarea>|</textarea>|<math>|<b |<div class=t-widget>|<div class='t-widget' @>|t-widget".split(
                b"|"
            )
        ]
    ),
    max_size=16,
).flatmap(
    lambda parts: st.lists(
        st.sampled_from(
            [
                b"src=//t.example/a",
                b'src="//t.example/a"',
                b"src='&#47;&#x2f;t.example/a'",
                b'src="\\\\t.example/a"',
                b"src='/\t/t.example'",
                b"href=//t.example/a",
                b"data-src=//t.example/a",
                b"data-src='&sol;/t.example'",
                b"srcset='/a, //t.example/b 2x'",
                b"background=//t.example/a",
                b'alt="//t.example" src=/a',
                b"src=/a",
                b"style='x:url(&quot;//t.example/a)'",
                b"xlink:href=//t.example",
            ]
        ),
        min_size=len(parts),
        max_size=len(parts),
    ).map(lambda attributes: b"".join(p.replace(b"@", a) for p, a in zip(parts, attributes, strict=True)))
)


@settings(max_examples=600, deadline=None)
@given(page=FRAGMENTS, cuts=st.lists(st.integers(0, 300), max_size=5))
def test_a_hasty_look_and_any_pieces_give_what_a_thorough_look_gives(page: bytes, cuts: list[int]) -> None:
    borders = [0, *sorted(min(cut, len(page)) for cut in cuts), len(page)]
    thorough = rewritten(page, thorough=True)

    assert rewritten(page) == thorough
    assert rewritten(*(page[a:b] for a, b in pairwise(borders))) == thorough


def test_a_visitor_who_has_refused_nothing_is_sent_what_the_site_wrote() -> None:
    page = (
        b"<!doctype html><link rel=preload href=https://www.google-analytics.com/ga.js><body><img src=//a.example/x>"
        b"<script>fbq('init')</script><iframe srcdoc='&lt;img src=https://www.facebook.com/tr>'></iframe>"
        b"<img src='https://www.facebook.com/tr' title='%s'>" % (b"x" * 70_000)
    )

    assert edited(page, regime="notice") == page
    assert edited(page, regime="notice", unknown_hosts="deny") != page
    assert edited(page) != page
