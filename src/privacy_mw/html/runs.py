"""Runs of markup that may pass unseen, as regular expressions over bytes.

All quantifiers are possessive: time is linear. ``[^"]`` and ``[^<]`` are many times as fast in ``re`` as a
class of two bytes, which is why these exclude one byte wherever that is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from privacy_mw.html.grammar import NAME_END, STATEFUL, WS, one_of
from privacy_mw.html.tokens import Place

# What stands between a tag's name and its ">", in the shape nearly every tag has. An "=" is only taken
# for one behind an attribute's name, never for one that may begin a name: what else there is in odd
# markup is left to START_TAG. A quote that is not behind an "=" is a part of a name.
_GAP = rb"[^=>]*+"
_EQUALS = rb"(?<![" + WS + rb"/\"'])="
_BARE = rb"[^\"'>" + WS + rb"][^>" + WS + rb"]*+"
_REST = _GAP + rb"(?:" + _EQUALS + rb"(?:\"[^\"]*+\"|'[^']*+'|" + _BARE + rb")" + _GAP + rb")*+>"
# The same without "<" in a value, so that the first "</noscript" is the same in both readings.
_REST_WITHOUT_TAGS = _REST.replace(rb'[^\"]*+', rb'[^\"<]*+').replace(rb"[^']*+", rb"[^'<]*+").replace(
    _BARE, rb"[^\"'><" + WS + rb"][^><" + WS + rb"]*+"
)  # fmt: skip
# Values in which an address to another host can only stand as "//host": no backslash and no control
# that a URL parser takes for a slash or drops, no scheme without slashes, no character reference for a
# byte of an address.
_NO_REFERENCE = rb"&(?!#|sol|bsol|col|per|comm|Tab|New)"


def _plain_value(quote: bytes) -> bytes:
    return rb"(?:[^" + quote + rb"\\&:\t\n\r<]++|:(?:(?=//)|(?<![pPsS]:))|" + _NO_REFERENCE + rb")*+"


_PLAIN_BARE = (
    rb"(?![\"'])(?:[^>" + WS + rb"\\&:<]++|:(?:(?=//)|(?<![pPsS]:))|" + _NO_REFERENCE + rb")++"
    rb"(?=[>" + WS + rb"])"  # its end: else the rest of a value that is not plain passes for a gap
)
_PLAIN_VALUE = (
    rb"(?:\"" + _plain_value(rb"\"") + rb"\"|'" + _plain_value(rb"'") + rb"'|" + _PLAIN_BARE + rb")"
)
_PLAIN_REST = _GAP + rb"(?:" + _EQUALS + _PLAIN_VALUE + _GAP + rb")*+>"
_COMMENT = rb"!--(?!-?>)[^-]*+(?:-(?!-!?>)[^-]*+)*+--!?>"
_COMMENT_WITHOUT_TAGS = rb"!--(?!-?>)[^-<]*+(?:-(?!-!?>)[^-<]*+)*+--!?>"
_LONE = rb"(?=[^a-zA-Z/!?])"
_COMMON = rb"(?:div|a|li|span|p)(?=[ >])"
_COMMON_ATTRIBUTES = rb"(?: [a-z\-]++=\"[^\"]*+\")*+"
# Drawings of these alone hold no text that is not markup, and nothing that leads back to HTML.
_DRAWING = one_of(
    b"path g rect circle ellipse line polyline polygon defs use stop lineargradient radialgradient "
    b"clippath mask symbol text tspan pattern animate animatetransform set".split()
)


def _text_element(name: bytes, rest: bytes) -> bytes:
    """An element of raw text that has no "<" in it."""
    return name + rb"(?=" + NAME_END + rb")" + rest + rb"[^<]*+</" + name + rb">"


def _end_tag(but: Iterable[bytes]) -> bytes:
    initials = b"".join({name[:1] + name[:1].upper() for name in but})
    others = bytes({*range(0x41, 0x5B), *range(0x61, 0x7B)} - {*initials})
    name = rb"(?:[" + others + rb"]|(?!" + one_of(but) + NAME_END + rb")[" + initials + rb"])"
    return rb"/" + name + rb"[^>=]*+>"


def _start_tag(but: Iterable[bytes], rest: bytes) -> bytes:
    name = rb"[a-zA-Z][^" + WS + rb"/>=\"']*+(?=" + NAME_END + rb")"
    names = rb"(?:" + _COMMON + rb"|(?!" + one_of(but) + NAME_END + rb")" + name + rb")"
    return names + (_COMMON_ATTRIBUTES + rb"(?:>|" + rest + rb")" if rest is _REST else rest)


def _loading_tag(names: Iterable[bytes]) -> bytes:
    return rb"(?:" + rb"|".join(sorted(names)) + rb")(?=" + NAME_END + rb")" + _PLAIN_REST


def _markup(alternatives: Iterable[bytes]) -> bytes:
    """Text, and between it a ``<`` and one of the alternatives."""
    return rb"[^<]*+(?:<(?:" + rb"|".join(alternatives) + rb")[^<]*+)*+"


def _without_script(loading: frozenset[bytes]) -> bytes:
    """A noscript that is the same whether a browser reads it as text or as markup."""
    parts = [
        _end_tag({b"noscript", b"body"}),
        _start_tag(loading | STATEFUL, _REST_WITHOUT_TAGS),
        _loading_tag(loading - STATEFUL),
        _text_element(b"style", _REST_WITHOUT_TAGS),
        _COMMENT_WITHOUT_TAGS,
    ]
    return rb"noscript>" + _markup(parts) + rb"</noscript>"


_DRAWN = rb"/?+" + _DRAWING + rb"(?:>|(?=[" + WS + rb"/])" + _REST + rb")"
_SVG = (
    rb"svg(?=" + NAME_END + rb")" + _REST[:-1] + rb"(?<!/)>"
    rb"[^<]*+(?:<(?:" + _DRAWN + rb"|title>[^<]*+</title>)[^<]*+)*+</svg>"
)


def _elements(loading: frozenset[bytes]) -> list[bytes]:
    """Whole elements that pass when nothing in them has to be looked at."""
    return [
        _loading_tag(loading - STATEFUL),
        rb"script(?=" + NAME_END + rb")" + _PLAIN_REST + rb"</script>",
        _text_element(b"style", _REST),
        _text_element(b"title", _REST),
        _text_element(b"iframe", _PLAIN_REST),
        _COMMENT,
        _without_script(loading),
    ]


_LINK_ATTRIBUTES = (
    rb"href class target title rel id role name itemprop tabindex hreflang type lang alt".split()
)
PLAIN_LINK = re.compile(
    rb"<a(?:["
    + WS
    + rb"]++(?:"
    + rb"|".join(_LINK_ATTRIBUTES)
    + rb"|aria-[a-z]++)=\"[^\"]*+\")++["
    + WS
    + rb"]*+>"
)
"""A link with nothing but attributes that load nothing."""


def body_run(loading: frozenset[bytes], *, but: frozenset[bytes] = frozenset()) -> re.Pattern[bytes]:
    """Markup of a body with nothing to look at, up to a place that somebody has to look at.

    ``loading`` are the start tags whose address counts however it is written, ``but`` further tags, start
    and end, to stop at. A lone ``<`` at the end is not text yet.
    """
    parts = [
        _end_tag(but | {b"body"}),
        _start_tag(loading | STATEFUL | but, _REST),
        *_elements(loading),
        _text_element(b"textarea", _REST),
        _SVG,
        _LONE,
    ]
    return re.compile(_markup(parts))


def head_run(loading: frozenset[bytes]) -> re.Pattern[bytes]:
    """What a head holds ("in head" and "after head" insertion modes), with nothing to look at."""
    parts = [
        rb"(?:meta|basefont|bgsound)(?=" + NAME_END + rb")" + _REST,
        _end_tag(_LEAVES_HEAD),
        *_elements(loading & {b"script", b"link"}),
    ]
    return re.compile(rb"[" + WS + rb"]*+(?:<(?:" + rb"|".join(parts) + rb")[" + WS + rb"]*+)*+")


_LEAVES_HEAD = frozenset({b"body", b"html", b"br", b"template"})
EVERY_TAG = re.compile(_markup([_end_tag({b"body", b"template"}), _COMMENT, _LONE]))
"""Stops at every start tag, for pages on which any of them may matter."""
FOREIGN = re.compile(_markup([_COMMENT, _LONE]))
"""Stops at every tag: within SVG and MathML the open elements are followed."""
_LEAF = rb" [^=>]*+(?:=\"[^\"]*+\"[^=>]*+)*+>"
DRAWING = re.compile(
    _markup(
        [_COMMENT, _LONE]
        + [
            name + _LEAF + rb"(?:(?<=/>)|[^<]*+</" + name + rb">)"
            for name in (b"path", b"rect", b"circle", b"ellipse", b"line", b"polyline", b"polygon", b"stop")
        ]
    )
)
"""The same, past elements of drawings that hold no other, with nothing to look at."""
BLANKS = re.compile(rb"[" + WS + rb"]*+")
BEFORE_DOCUMENT = re.compile(rb"(?:[" + WS + rb"]++|\xef\xbb\xbf)*+")
"""What may stand before the first tag of a document and leaves it one (comments apart)."""


class Runs(NamedTuple):
    """The regular expressions for one set of loading tags, compiled once for all documents."""

    by_place: dict[Place, re.Pattern[bytes]]


def compile_runs(loading: Iterable[bytes]) -> Runs:
    """``loading``: names, in lower case, of the elements whose address is to be seen however it is
    written. Plain addresses are seen in any element, where ``suspects`` points at them.
    """
    names = frozenset(loading)
    template = frozenset({b"template"})
    return Runs(
        {
            Place.START: BEFORE_DOCUMENT,
            Place.HEAD: head_run(names),
            Place.INERT: body_run(names, but=template),
            Place.BODY: body_run(names),
            Place.FRAMESET: EVERY_TAG,
        }
    )
