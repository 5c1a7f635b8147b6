"""The rewriter on bytes alone: what is markup, what is held, what goes out when."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from privacy_mw.html.charset import has_wide_mark, is_ascii_compatible
from privacy_mw.html.rewriter import Editor, Inserts, Rewriter
from privacy_mw.html.runs import compile_runs
from privacy_mw.html.scanner import MAX_HELD_TAG_BYTES, MAX_HELD_TEXT_BYTES
from privacy_mw.html.tag import StartTag, decode_value

LOADING = frozenset({b"script", b"img", b"iframe", b"link"})
RUNS = compile_runs(LOADING)
INSERTS = Inserts(b"[BANNER]", b"[END]", b"[END OF A LINKED PAGE]")


class Marker:
    """Marks each loading tag whose src or href, or whose text, has the word ``track``."""

    runs = RUNS
    sees_every_tag = True
    looks_anew = False

    def suspects(self, data: bytes | bytearray, start: int) -> list[int]:
        return [match.start() for match in re.finditer(rb"track|&#", data) if match.start() >= start]

    def new_suspects(self, data: bytes | bytearray, start: int) -> list[int]:
        return []

    def holds_text(self, tag: StartTag) -> bool:
        return b"src" not in tag

    def edit_tag(self, tag: StartTag, text: bytes) -> bytes | None:
        address = (tag.value(b"src") or "") + (tag.value(b"href") or "")
        if tag.name not in LOADING or ("track" not in address and b"track" not in text):
            return None
        return tag.edited(prefix=b"x-", rename={b"src", b"href"}, insert=b" X")

    def edit_style(self, css: bytes, offset: int) -> bytes | None:
        return None

    def failed(self, tag: StartTag) -> bytes | None:
        return None


class Hasty(Marker):
    """The same, shown only what has to be looked at."""

    sees_every_tag = False
    looks_anew = False


def rewritten(*chunks: bytes, inserts: Inserts | None = None, editor: Editor | None = None) -> bytes:
    rewriter = Rewriter(editor or Marker(), inserts)
    return b"".join([*(rewriter.feed(chunk) for chunk in chunks), rewriter.finish()])


HARD_PAGE = b"""\xef\xbb\xbf<!-- c --><!DOCTYPE html><html><head><title>a <body> <script src=track></title>
<script>var x="<!--<script>";track</script>--></script><noscript><img src="track"></noscript>
<meta charset=utf-8><style><img src=track></style><!--><link href=track><!-- --!>
<SCRIPT SRC=track></SCRIPT >
</head><body class="a>b">x < y <a title="<script src=track>" href=/p><b>Pri&amp; Privacy</b></a>
<iframe src='track'><img src=track></iframe><textarea><img src=track></textarea></p a="<img src=track>">
<xmp><script src=track></xmp><noembed><img src=track></noembed><noframes><img src=track></noframes>
<img alt='"' src=track/>< b></><!x <img src=track><?php <img src=track>?><img
src
=
"tr&#97;ck"><BODY><img src=track></BODY ></html>tail<"""
HARD_RESULT = b"""\xef\xbb\xbf<!-- c --><!DOCTYPE html><html><head><title>a <body> <script src=track></title>
<script X>var x="<!--<script>";track</script>--></script><noscript><img X x-src="track"></noscript>
<meta charset=utf-8><style><img src=track></style><!--><link X x-href=track><!-- --!>
<SCRIPT X x-SRC=track></SCRIPT >
</head><body class="a>b">[BANNER]x < y <a title="<script src=track>" href=/p><b>Pri&amp; Privacy</b></a>
<iframe X x-src='track'><img src=track></iframe><textarea><img src=track></textarea></p a="<img src=track>">
<xmp><script src=track></xmp><noembed><img src=track></noembed><noframes><img src=track></noframes>
<img X alt='"' x-src=track/>< b></><!x <img src=track><?php <img src=track>?><img X
x-src
=
"tr&#97;ck"><BODY><img X x-src=track>[END OF A LINKED PAGE]</BODY ></html>tail<"""


def test_a_hard_page_is_edited_where_a_browser_sees_tags_and_nowhere_else() -> None:
    assert rewritten(HARD_PAGE, inserts=INSERTS) == HARD_RESULT


@pytest.mark.parametrize("cut", range(len(HARD_PAGE) + 1))
def test_a_page_cut_anywhere_is_rewritten_the_same(cut: int) -> None:
    assert rewritten(HARD_PAGE[:cut], HARD_PAGE[cut:], inserts=INSERTS) == HARD_RESULT


def test_a_page_byte_by_byte_is_rewritten_the_same() -> None:
    assert rewritten(*(bytes([byte]) for byte in HARD_PAGE), inserts=INSERTS) == HARD_RESULT


SOUP = st.lists(
    st.sampled_from(
        [
            b"<",
            b">",
            b"</",
            b"<!",
            b"<!--",
            b"-->",
            b"--!>",
            b"-",
            b"!",
            b"'",
            b'"',
            b"=",
            b"/",
            b" ",
            b"\n",
            b"\x0b",
            b"script",
            b"SCRIPT",
            b"style",
            b"title",
            b"textarea",
            b"noscript",
            b"template",
            b"svg",
            b"iframe",
            b"<script>",
            b"</script>",
            b"<img src=track>",
            b"<body>",
            b"</body>",
            b"<!doctype html>",
            b"<html>",
            b"<a href=x>",
            b"</a>",
            b"Privacy",
            b"privacy",
            b"src",
            b"href",
            b"track",
            b"\xef\xbb\xbf",
            b"\xff",
            b"\0",
            b"<plaintext>",
            b"<frameset>",
            b"<head>",
            b"</head>",
            b"&#116;",
            b"x",
            b"<?",
            b"<meta a='",
            b"<div b=",
        ]
    ),
    max_size=40,
).map(b"".join)


@settings(max_examples=400, deadline=None)
@given(soup=SOUP, cuts=st.lists(st.integers(0, 400), max_size=6))
def test_any_soup_in_any_pieces_is_rewritten_the_same(soup: bytes, cuts: list[int]) -> None:
    borders = [0, *sorted(min(cut, len(soup)) for cut in cuts), len(soup)]
    pieces = [soup[a:b] for a, b in pairwise(borders)]

    assert rewritten(*pieces, inserts=INSERTS) == rewritten(soup, inserts=INSERTS)


@settings(max_examples=300, deadline=None)
@given(st.one_of(SOUP, st.binary(max_size=300)))
def test_what_is_put_in_can_be_taken_out_again_and_leaves_the_page(soup: bytes) -> None:
    soup = soup.replace(b"X", b"Y").replace(b"x-", b"y-")  # what would be taken for put in
    out = rewritten(soup)

    assert out.replace(b" X", b"").replace(b"x-", b"") == soup


@pytest.mark.parametrize(
    ("chunk", "out_at_once"),
    [
        (b"<p>text", b"<p>text"),
        (b"<p>text <", b"<p>text "),
        (b"<p>text <di", b"<p>text "),
        (b'<p>text <div class="', b"<p>text "),
        (b"<p>text <scr", b"<p>text "),
        (b"<p>text <script src=a", b"<p>text "),
        (b"<p>text <!-- dead text", b"<p>text <!-- dead text"),
        (b"<style>p { color: red }", b"<style>p { color: red }"),
        (b"<style>p { color: red } </sty", b"<style>p { color: red } "),
        (b"<script src=a>code", b"<script src=a>code"),
    ],
)
def test_only_an_unfinished_token_is_held_back(chunk: bytes, out_at_once: bytes) -> None:
    assert Rewriter(Marker(), None).feed(chunk) == out_at_once


def test_an_inline_script_waits_for_its_end_but_never_longer_than_the_bound() -> None:
    rewriter = Rewriter(Marker(), None)

    assert rewriter.feed(b"<script>let a = 1") == b""
    assert rewriter.feed(b" " * MAX_HELD_TEXT_BYTES).startswith(b"<script>let a = 1 ")
    assert rewriter.feed(b"more") == b"more"


@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_a_tag_over_the_bound_is_judged_by_its_beginning_however_it_comes(size: int) -> None:
    page = b"<img src=track alt='" + b"y" * (2 * MAX_HELD_TAG_BYTES) + b"'><p>"
    chunks = [page[i : i + size] for i in range(0, len(page), size)]

    assert rewritten(*chunks) == page.replace(b"<img src", b"<img X x-src")


def test_of_a_tag_over_the_bound_an_attribute_cut_too_early_is_not_guessed() -> None:
    start = b"<img alt='" + b"y" * MAX_HELD_TAG_BYTES
    tag = StartTag(b"img", start + b"'", is_whole=False)
    cut = StartTag(b"img", b"<img a=1 src='https://exam", is_whole=False)
    long = StartTag(b"img", b"<img a=1 src='https://example.com/" + b"z" * 4000, is_whole=False)

    assert tag.attributes == []
    assert [attribute.name for attribute in cut.attributes] == [b"a"]
    assert [attribute.name for attribute in long.attributes] == [b"a", b"src"]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (b"<!doctype html><p>a", b"<!doctype html>[BANNER]<p>a[END]"),
        (b"<!DOCTYPE html>text", b"<!DOCTYPE html>[BANNER]text[END]"),
        (
            b"<html><head></head><body>a</body></html>",
            b"<html><head></head><body>[BANNER]a[END]</body></html>",
        ),
        (b"<HTML><BODY BGCOLOR=x>a</BODY>", b"<HTML><BODY BGCOLOR=x>[BANNER]a[END]</BODY>"),
        (b"<body>a<body>b", b"<body>[BANNER]a<body>b[END]"),
        (b"<html><title>t</title><p>a", b"<html><title>t</title>[BANNER]<p>a[END]"),
        (b"<html></body>", b"<html>[BANNER][END]</body>"),
        (b"<html><img src=track>", b"<html>[BANNER]<img X x-src=track>[END]"),
        (b"<html><script>document.write('<body>')</script><body>", None),
        (
            b"<html><noscript><img src=a></noscript><body>b",
            b"<html><noscript><img src=a></noscript><body>[BANNER]b[END]",
        ),
        (
            b"<html><template><body><p>t</template><body>b",
            b"<html><template><body><p>t</template><body>[BANNER]b[END]",
        ),
        (
            b"<html><!-- <body> --><meta charset=x><body>b",
            b"<html><!-- <body> --><meta charset=x><body>[BANNER]b[END]",
        ),
        (b"<body>a</body><p>behind</html>", b"<body>[BANNER]a[END]</body><p>behind</html>"),
        (b"<body>a<!-- </body>", b"<body>[BANNER]a<!-- </body>"),
        (b"<body>a<script>x", b"<body>[BANNER]a<script>x"),
        (b"<body>a<plaintext>x</body>", b"<body>[BANNER]a<plaintext>x</body>"),
        (b"<body>a<img alt='", b"<body>[BANNER]a<img alt='"),
        (b"<html><frameset><frame src=a></frameset>", b"<html><frameset><frame src=a></frameset>"),
        (b"<p>a fragment</p>", b"<p>a fragment</p>"),
        (b"OK", b"OK"),
        (b'{"a": "<body>"}', b'{"a": "<body>"}'),
        (b"<title>t</title><p>a", b"<title>t</title><p>a"),
        (b"", b""),
    ],
)
def test_banner_and_link_go_into_full_documents_only(page: bytes, expected: bytes | None) -> None:
    expected = (
        page.replace(b"</script><body>", b"</script><body>[BANNER][END]") if expected is None else expected
    )
    assert rewritten(page, inserts=INSERTS) == expected
    assert rewritten(*(bytes([byte]) for byte in page), inserts=INSERTS) == expected


@pytest.mark.parametrize(
    ("markup", "is_link"),
    [
        (b"<a href=/p>Privacy</a>", True),
        (b"<a class=x href='/p'><span>Our PRIVACY notice</span></a>", True),
        (b"<a href=/p title='a > b'>privacy</a>", True),
        (b"<a href=/p>Read our <img src=a> privacy policy</a>", True),
        (b"<A HREF=/p>Privacy</A>", True),
        (b"<a name=p>Privacy</a>", False),
        (b"<a href=/privacy>Legal</a>", False),
        (b"<a href=/p>Legal</a> Privacy", False),
        (b"<p>Privacy</p>", False),
        (b"<!-- <a href=/p>Privacy</a> -->", False),
        (b"<script>'<a href=/p>Privacy</a>'</script>", False),
        (b"<abbr href=/p>Privacy</abbr>", False),
    ],
)
def test_a_page_with_a_privacy_link_of_its_own_gets_no_second(markup: bytes, is_link: bool) -> None:
    end = INSERTS.body_end_when_linked if is_link else INSERTS.body_end
    page = b"<body>" + markup + b"</body>"

    assert rewritten(page, inserts=INSERTS).endswith(end + b"</body>")
    assert rewritten(*(bytes([byte]) for byte in page), inserts=INSERTS).endswith(end + b"</body>")


ENDLESS: dict[str, Callable[[int], bytes]] = {
    "an unclosed quote": lambda n: b'<a b="' + b"x" * n,
    "an unclosed quote in a wanted tag": lambda n: b'<img b="' + b"x" * n,
    "a comment": lambda n: b"<!--" + b"-" * n,
    "tags never closed": lambda n: b"<img " * (n // 5),
    "less-than signs": lambda n: b"<" * n,
    "beginnings of an end tag": lambda n: b"<script>" + b"</script" * (n // 8),
    "nested scripts": lambda n: b"<script>" + b"<!--<script" * (n // 11),
    "attributes": lambda n: b"<img " + b'a="" ' * (n // 5),
    "quotes that open and close": lambda n: b"<div a=" + b'"' * n,
    "the word": lambda n: b"<body>" + b"rivacy" * (n // 6),
    "the word in a link in a script": lambda n: (
        (b"<body><script>'<a href=x>" + b"rivacy" * 99)[:n] * (n // 600)
    ),
    "drawings in drawings": lambda n: b"<body>" + b"<svg>" * (n // 5),
}


@pytest.mark.parametrize("size", [1, 1024, 1 << 30])
@pytest.mark.parametrize("kind", ENDLESS)
def test_markup_that_never_ends_goes_out_unchanged(kind: str, size: int) -> None:
    page = ENDLESS[kind](20_000 if size == 1 else 500_000)

    sent = rewritten(*(page[i : i + size] for i in range(0, len(page), size)))

    assert sent.replace(b"</svg>", b"") == page  # drawings deeper than any browser follows are led out of


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_is_held_of_markup_that_never_ends_is_bounded(kind: str) -> None:
    rewriter = Rewriter(Marker(), None)
    fed = given_out = 0

    for _ in range(400):
        chunk = ENDLESS[kind](1000)[:1000] if not fed else ENDLESS[kind](2000)[-1000:]
        fed += len(chunk)
        given_out += len(rewriter.feed(chunk))
        assert fed - given_out <= MAX_HELD_TAG_BYTES + MAX_HELD_TEXT_BYTES


def test_renaming_an_attribute_keeps_every_other_byte() -> None:
    raw = b"""<Script/SRC='a' =x "y" a="1"b=2 src = z async type=module>"""
    tag = StartTag(b"script", raw)

    edited = tag.edited(prefix=b"x-", rename={b"src", b"type"}, insert=b" X")

    assert edited == b"""<Script X/x-SRC='a' =x "y" a="1"b=2 x-src = z async x-type=module>"""
    assert tag.value(b"src") == "a"
    assert tag.value(b"async") == ""
    assert tag.value(b"href") is None


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"https&colon;&sol;&sol;h", "https://h"),
        (b"&#104;&#x68;&#X68 &#104x", "hhh hx"),
        (b"?a=1&copy=2&copy;&copy", "?a=1&copy=2©©"),
        (b"&notit;&nosuch;&amp", "&notit;&nosuch;&"),
        (b"caf\xc3\xa9", "café"),
        (b"caf\xe9", "café"),
    ],
)
def test_values_are_decoded_as_a_browser_decodes_them(raw: bytes, value: str) -> None:
    assert decode_value(raw) == value


@given(st.binary(max_size=80))
def test_any_bytes_can_be_a_value(raw: bytes) -> None:
    assert isinstance(decode_value(raw), str)


@pytest.mark.parametrize(
    ("charset", "is_compatible"),
    [
        (None, True),
        (b"utf-8", True),
        (b"windows-1252", True),
        (b"shift_jis", True),
        (b"x-nonsense", True),
        (b"unicode-1-1-utf-8", True),
        (b"utf-16", False),
        (b"utf-16le", False),
        (b"utf-32", False),
        (b"utf-7", False),
        (b"iso-2022-jp", True),  # as the filter for it hands it on
        (b"iso-2022-kr", False),
        (b"hz-gb-2312", False),
    ],
)
def test_only_supersets_of_ascii_are_edited_as_bytes(charset: bytes | None, is_compatible: bool) -> None:
    assert is_ascii_compatible(charset) is is_compatible


def test_a_byte_order_mark_tells_wide_characters() -> None:
    assert has_wide_mark("\ufeff<p>".encode("utf-16-le"))
    assert has_wide_mark("\ufeff<p>".encode("utf-16-be"))
    assert not has_wide_mark(b"\xef\xbb\xbf<p>")


@settings(max_examples=1500, deadline=None)
@given(soup=SOUP)
@example(soup=b"<body><a href=x><!--<img src=track></a>-->Privacy")
def test_a_hasty_look_marks_what_a_look_at_every_tag_marks(soup: bytes) -> None:
    assert rewritten(soup, inserts=INSERTS, editor=Hasty()) == rewritten(soup, inserts=INSERTS)


@pytest.mark.parametrize("cut", range(0, len(HARD_PAGE) + 1, 3))
def test_a_hasty_look_at_a_page_cut_anywhere_marks_the_same(cut: int) -> None:
    assert rewritten(HARD_PAGE[:cut], HARD_PAGE[cut:], inserts=INSERTS, editor=Hasty()) == HARD_RESULT
