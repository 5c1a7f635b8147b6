"""Tag soup for property tests: fragments that are hostile alone, and worse in each other's company.

An ``@`` in a fragment becomes the number of its place in the soup, so that no two tags are equal and a
tag that is missed cannot hide behind another.
"""

from __future__ import annotations

import re

from hypothesis import strategies as st

WANTED: frozenset[bytes] = frozenset(
    {
        *(b"script", b"iframe", b"img", b"image", b"link", b"object", b"embed", b"source", b"video"),
        *(b"audio", b"track", b"input", b"frame"),
    }
)
"""Names no parser makes up or clones; but that an image of HTML becomes an img."""

_TAGS = (
    b"<img src=@>",
    b"<img src='@'>",
    b'<IMG\tSRC="@"/>',
    b"<img\r\nsrc\r=\n@\x0c>",
    b"<image src=@>",
    b"<script src=@>",
    b"<script src=@></script>",
    b"<iframe src=@></iframe>",
    b"<link href=@ /rel=x/>",
    b"<object data=@>",
    b"</object>",
    b"<embed src=@>",
    b"<video poster=@><source src=@a><track src=@b></video>",
    b"<audio src=@>",
    b"<input type=hidden value=@>",
    b"<frame src=@>",
    b"<meta content=@>",
    b"<base href=@>",
)
_ATTRIBUTES = (
    b"<img a='\"' b=\"'\" c=@>",
    b'<img a="<script src=@a>" src=@>',
    b"<img src=@ SRC=b src=c Src>",
    b"<img =a=@ ==b = c>",
    b"<img src==@>",
    b"<img src=@\"'<`=>",
    b"<img src=@/ / a/b=/c/>",
    b"<img/src=@/>",
    b"<img//a/ /=@>",
    b"<img \"a' <b=@>",
    b"<img a=''b=\"\"c=@>",
    b"<img a = '@' b\n=\n\"@\">",
    b"<img a= >",
    b"<img a=@ b>",
    b"<img\x0bsrc=@>",
    b"<img src=@\x0ba \x0bb=c>",
    b"<img\0src=@>",
    b"<img s\0c=@\0>",
    b"<img src='@\0\r\n\r\r\n'>",
    b"<lin\xe2\x84\xaa href=@>",
    b"<link hre\xc3\x89=@\xc3\x89 \xe2\x84\xaa=K>",
    b"<img src=&#x40;@&#64;&#64@&#;&#x;&#xD800;&#0;&#x110000;&#128;>",
    b"<img src='@?a=1&copy=2&copy;&copy&copyx&copy1&notit;&notin;&nosuch;&amp&AMP;&'>",
    b"<img src=@&amp>",
    b'<img src="@&lt"a=&lt=&lt/>',
)
_PIECES = (
    *(b"<", b">", b"</", b"<!", b"<?", b"<!-", b"<!--", b"-->", b"--!>", b"-", b"!", b"]]>", b"<![CDATA["),
    *(b"'", b'"', b"=", b"/", b" ", b"\n", b"\r\n", b"\x0b", b"\x0c", b"\0", b"a", b"x", b"&", b"&amp;"),
    *(b"script", b"SCRIPT", b"style", b"title", b"img", b"iframe", b"xmp", b"svg", b"src=@", b"text"),
    *(b"<img src=@", b"<img src='@", b'<img src="@', b"<img a=@ src", b"<p a='", b'<p a="', b"<p/", b"</p a='"),
    *(b"<script", b"<script src=@ a='", b"</script", b"</scrip", b"</style", b"<svg", b"<svg a='", b"\xef\xbb\xbf"),
)  # fmt: skip
_COMMENTS = (
    b"<!-->",
    b"<!--->",
    b"<!---->",
    b"<!--->-->",
    b"<!-- <img src=@> -->",
    b"<!-- a --!>",
    b"<!-- a --!-->",
    b"<!-- <!-- a --> b",
    b"<!--<!-->",
    b"<!-- - -- --- a--->",
    b"<!-a><img src=@>",
    b"<!-- a -- >",
    b"</ <img src=@>",
    b"</>",
    b"</!-- a>",
    b"<?xml <img src=@>?>",
    b"<!x <img src=@>",
    b"<!>",
    b"<!doctype html>",
    b'<!DOCTYPE a PUBLIC "><img src=@>',
    b"<!doctype",
    b"<![CDATA[<img src=@a>]]><img src=@>",
    b"<![CDATA[>]]]>",
    b"<![cdata[a>]]>",
    b"<3 < b <\xc3\xa9 <_a>",
)
_SCRIPTS = (
    b"<script>",
    b"<SCRIPT a=@>",
    b"</script>",
    b"</SCRIPT/>",
    b"</script\n a='>'>",
    b"</script-x>",
    b"</scripts>",
    b"<!--<script>",
    b"<!--<script ",
    b"<!-- <script-x> ",
    b"<!--></script>",
    b"<!-- <script/></script> -->",
    b"<script>'<!--<script>'</script><img src=@a></script><img src=@b>",
    b"<script><!--</script><img src=@>",
    b"<script><!--<script>--></script><img src=@>",
    b"<script><!--><script></script><img src=@>",
    b"<script><!---><script></script><img src=@>",
    b"<script><!--<script></script></script><img src=@>",
    b"<script><!--<scrip></script><img src=@>",
    b"<script></script",
)
_RAW_TEXT = (
    *(b"<style>", b"</style>", b"<textarea>", b"</textarea>", b"<title>", b"</title>", b"<xmp>", b"</xmp>"),
    *(b"<iframe src=@>", b"</iframe>", b"<noembed>", b"</noembed>", b"<noframes>", b"</noframes>"),
    b"<style><img src=@a></styles></sty</style/><img src=@b>",
    b"<STYLE a='</style>'><!-- </style a='><img src=@a>'><img src=@b>",
    b"<title>&lt;<img src=@></tiTle >",
    b"<textarea></title><script src=@></textarea\n>",
    b"<style/><img src=@></style>",
    b"<xmp></style></xmp\x0b></xmp>",
)
_FOREIGN = (
    *(b"<svg>", b"</svg>", b"<SVG a=b>", b"<svg/>", b"<math>", b"</math>", b"<math/>"),
    *(b"<foreignObject>", b"</foreignObject>", b"<desc>", b"</desc>", b"<title>", b"</title>", b"<g>", b"</g>"),
    *(b"<mi>", b"</mi>", b"<mtext>", b"</mtext>", b"<mo/>", b"<mglyph>", b"<malignmark>", b"<annotation-xml>"),
    *(b"<annotation-xml encoding=text/html>", b"</annotation-xml>", b"<annotation-xml Encoding='TEXT/HTML'/>"),
    *(b"<annotation-xml encoding=text/htm>", b"<annotation-xml encoding='application/xhtml+xml'>"),
    *(b"<script/>", b"<script src=@/>", b"<style/>", b"<title/>", b"<style>", b"</style>", b"<image href=@>"),
    *(b"<p>", b"</p>", b"<div>", b"</div>", b"<br>", b"</br>", b"<font>", b"<font COLOR=x>", b"<font size>"),
    *(b"<![CDATA[", b"]]>", b"<![CDATA[<img src=@a>]]>", b"<script>", b"</script>", b"<a>", b"</a>"),
    b"<svg><script><img src=@a></script>",
    b"<svg><style><img src=@>",
    b"<svg><style><link href=@></style>",
    b"<svg><iframe src=@a><script src=@b></iframe>",
    b"<svg><foreignObject><style><img src=@a></style><img src=@b></foreignObject></svg>",
    b"<svg><title><style><img src=@></title></style>",
    b"<math><mtext><style><img src=@></mtext></style>",
    b"<math><annotation-xml><svg><style><link href=@>",
    b"<math><mi><mglyph><style><link href=@></style></mi>",
    b"<svg><g></p><style><link href=@></style>",
    b"<svg></br><style><link href=@></style>",
    b"<svg><font color=x><style><link href=@></style>",
    b"<math><mi><b></math><style><link href=@></style>",
    b"<table><svg></table><style><link href=@></style>",
    b"<div><svg></div><style><link href=@></style>",
    b"<svg><desc><b></desc><style><img src=@></style>",
)  # fmt: skip
# A link lets foreign content be, so that each of these tells which content it stands in and keeps it.
_PROBES = (
    b"<style><link href=@></style>",
    b"<title><link href=@></title>",
    b"<script><link href=@></script>",
    b"<xmp><link href=@></xmp>",
    b"<![CDATA[><link href=@>]]>",
    b"<textarea><link href=@></textarea/>",
)
_STRUCTURE = (
    *(b"<html>", b"<head>", b"</head>", b"<body>", b"</body>", b"</html>", b"<p>", b"<div>", b"</div>", b"</p>"),
    *(b"<table>", b"<tr>", b"<td>", b"</td>", b"</table>", b"<caption>", b"<colgroup>", b"<col>", b"<form>"),
    *(b"<a href=@>", b"</a>", b"<b>", b"</b>", b"<button>", b"</button>", b"<li>", b"<pre>", b"</pre>", b"<br>"),
    *(b"<ruby>", b"<rt>", b"<details>", b"<hr>", b"<h1>", b"</h2>", b"</br>", b"text", b" ", b"\n", b"&lt;p"),
)  # fmt: skip
_TEMPLATE = (
    *(b"<template>", b"</template>", b"<template><img src=@></template>", b"<template shadowrootmode=open>"),
    *(b"<template><tr><img src=@>", b"<template><svg></template>", b"<template><style></template>"),
)
_SELECT = (
    *(b"<select>", b"</select>", b"<option>", b"</option>", b"<optgroup>", b"<selectedcontent>"),
    *(b"<select><img src=@>", b"<select><svg><style>", b"<select><textarea>", b"<table><select><tr>"),
)
_FRAMESET = (
    *(b"<frameset>", b"</frameset>", b"<frame src=@>", b"<noframes><frame src=@a></noframes>"),
    *(b"<title><frame src=@></title>", b"<script><frame src=@></script>", b"<svg>", b"<!--<frame src=@>-->"),
)
_NOSCRIPT = (
    *(
        b"<noscript>",
        b"</noscript>",
        b"<NOSCRIPT a='@'>",
        b"</noscript/>",
        b"</noscript a='>'>",
        b"</noscripts>",
    ),
    *(b"<noscript><img src=@></noscript>", b"<noscript><!--</noscript><img src=@>-->", b"<noscript><p a='"),
    *(b"<noscript><style></noscript><img src=@></style>", b"<noscript><script>", b"<noscript><textarea>"),
    *(b"<noscript><iframe src=@></noscript>", b"<noscript><svg>", b"<noscript><link href=@><style>"),
    b'<noscript><p a="</noscript><img src=@a>"><img src=@b>',
    b"<noscript><p a='</noscript><!--'><img src=@>",
    b"<noscript><img src=@a alt='</noscript><img src=@b>'>",
    b"<noscript><script>'</noscript><!--'</script><img src=@>",
    b"<noscript><!-- </noscript><style> --><img src=@>",
    b"<noscript><plaintext></noscript><img src=@>",
    b"<noscript><noscript><img src=@a></noscript><img src=@b></noscript>",
)
_RARE = (b"<plaintext>", b"</plaintext>", b"<listing>", b"<keygen>", b"<param>", b"<marquee>")

# Weights: foreign content and raw text have the most states to meet in.
_WEIGHTS: dict[tuple[bytes, ...], int] = {
    _TAGS: 4,
    _ATTRIBUTES: 2,
    _PIECES: 3,
    _COMMENTS: 2,
    _SCRIPTS: 2,
    _RAW_TEXT: 3,
    _FOREIGN: 5,
    _PROBES: 3,
    _STRUCTURE: 3,
    _TEMPLATE: 1,
    _SELECT: 1,
    _FRAMESET: 1,
    _NOSCRIPT: 3,
    _RARE: 1,
}
_LARGEST_GROUP = max(map(len, _WEIGHTS))
_DOCTYPES = (
    b"",
    b"<!doctype html>",
    b"\xef\xbb\xbf<!DOCTYPE html>\r\n",
    b"<!-- a --><!doctype a SYSTEM 'b'>",
)
_HEAD_STARTS = (b"", b"<html>", b"<html><head>", b"<head><title>t</title><meta charset=utf-8>")
_BODY_STARTS = (b"", b"<body>", b"</head><body class='a>b'>", b"</head>\n<body>\n<p>", b"</head>")
_ENDS = (b"", b"</body></html>", b"</html>", b"<p>end</p></body>\n</html>\n")


def soup(*, without: frozenset[bytes] = frozenset(), max_size: int = 14) -> st.SearchStrategy[bytes]:
    """Fragments joined; none that has a tag with a name in ``without``."""
    # A lambda, so that a failure shows the markup and not how it was joined.
    return _fragments(without, max_size).map(lambda fragments: _joined(fragments))


def hostile_page(*, without: frozenset[bytes] = frozenset()) -> st.SearchStrategy[bytes]:
    """Two soups in the frame of a document: one where the head is, one where the body is."""
    return st.tuples(
        st.sampled_from(_DOCTYPES).map(lambda doctype: [doctype]),
        st.sampled_from(_HEAD_STARTS).map(lambda start: [start]),
        _fragments(without, 7),
        st.sampled_from(_BODY_STARTS).map(lambda start: [start]),
        _fragments(without, 9),
        st.sampled_from(_ENDS).map(lambda end: [end]),
    ).map(lambda parts: _joined([fragment for part in parts for fragment in part]))


def _fragments(without: frozenset[bytes], max_size: int) -> st.SearchStrategy[list[bytes]]:
    pool = _pool(without)
    return st.lists(st.integers(0, len(pool) - 1).map(lambda index: pool[index]), max_size=max_size)


def _pool(without: frozenset[bytes]) -> list[bytes]:
    """The fragments, each so often that its group has its weight; the simplest first, to shrink to."""
    named = re.compile(rb"</?(?:" + b"|".join(sorted(without)) + rb")\b", re.I) if without else None
    pool: list[bytes] = []
    for group, weight in _WEIGHTS.items():
        fitting = [fragment for fragment in group if named is None or not named.search(fragment)]
        pool += fitting * (weight * _LARGEST_GROUP // len(group))
    return pool


def _joined(fragments: list[bytes]) -> bytes:
    return b"".join(
        fragment.replace(b"@", b"%d" % number) for number, fragment in enumerate(fragments)
    )  # fmt: skip
