"""The tokenization rules of HTML as regular expressions over bytes.

Every pattern follows a state of the WHATWG tokenizer (HTML Standard, section 13.2.5). All quantifiers are
possessive, so a failing match never tries a shorter one: time is linear in the bytes looked at.

``[^"]`` and ``[^<]`` are many times as fast in ``re`` as a class of two bytes, which is why the runs below
exclude one byte wherever that is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WS = rb"\t\n\f\r "
"""HTML's white space. Not ``\\s``: that holds the vertical tab, which belongs to names and values."""

NAME_END = rb"[" + _WS + rb"/>]"
_TAG_NAME = rb"[a-zA-Z][^" + _WS + rb"/>]*+"

# One attribute (attribute name state and on). A name may begin with "="; a value opened by a quote ends
# at that quote only, so an unclosed one makes the attribute, and with it the tag, incomplete.
_VALUE = rb"""(?:"([^"]*+)"|'([^']*+)'|((?!["'])[^""" + _WS + rb""">]*+))"""
_ATTRIBUTE = (
    rb"([^" + _WS + rb"/>][^" + _WS + rb"/>=]*+)"
    rb"(?:[" + _WS + rb"]*+=[" + _WS + rb"]*+" + _VALUE + rb"|(?![" + _WS + rb"]*+=))"
)
ATTRIBUTE = re.compile(_ATTRIBUTE)
"""Groups: name, then the value in double quotes, in single quotes, or bare."""


def _uncaptured(pattern: bytes) -> bytes:
    """``pattern`` with plain groups turned into groups that capture nothing."""
    return re.sub(rb"(?<!\\)\((?!\?)", rb"(?:", pattern)


START_TAG = re.compile(rb"<(" + _TAG_NAME + rb")(?:[" + _WS + rb"/]++|" + _uncaptured(_ATTRIBUTE) + rb")*+>")
"""A complete start tag. Group: its name."""
NAME = re.compile(rb"</?+(" + _TAG_NAME + rb")(?=" + NAME_END + rb")")
"""The beginning of a start or end tag as far as the end of its name. Group: the name."""
NAME_STUB = re.compile(rb"</?+([a-zA-Z][^" + _WS + rb"/>]*+)?+\Z")
"""The same, cut off inside the name. Group: what is there of the name."""

COMMENT_OPEN = re.compile(rb"<!--(?:(-?+>)|(?=[^>-]|-[^>]))")
"""A comment's beginning, once it can be told; group 1 when it is closed at once (``<!-->``)."""
COMMENT_CLOSE = re.compile(rb"--!?>")
BOGUS_CLOSE = re.compile(rb">")
CDATA_OPEN = b"<![CDATA["
CDATA_CLOSE = re.compile(rb"\]\]>")
_SCRIPT = rb"[sS][cC][rR][iI][pP][tT](?=" + NAME_END + rb")"
SCRIPT_MARK = re.compile(rb"<(?:!--|(/)" + _SCRIPT + rb")")
"""What changes the state inside a script (script data state). Group: a slash for its end tag."""
ESCAPED_SCRIPT_MARK = re.compile(rb"<!--|-->|<(/?)" + _SCRIPT)
"""The same behind ``<!--`` (script data escaped and double escaped states)."""

RAW_TEXT: frozenset[bytes] = frozenset(
    {b"style", b"textarea", b"title", b"xmp", b"iframe", b"noembed", b"noframes"}
)
"""Elements whose content is text up to their own end tag (RAWTEXT and RCDATA; script and noscript apart)."""
STATEFUL: frozenset[bytes] = RAW_TEXT | {
    b"script", b"noscript", b"plaintext", b"svg", b"math", b"frameset", b"body", b"base",
}  # fmt: skip
"""Start tags behind which a browser reads on by other rules, or that change what others mean."""


def _any_case(name: bytes) -> bytes:
    return b"".join(
        rb"[" + letter + letter.upper() + rb"]" if letter.isalpha() else re.escape(letter)
        for letter in (name[i : i + 1] for i in range(len(name)))
    )


def _one_of(names: Iterable[bytes]) -> bytes:
    """The names in any case, as a tree by letters: a tag of another name fails at its first letter."""
    tails: dict[bytes, list[bytes]] = {}
    for name in sorted(names):
        tails.setdefault(name[:1], []).append(name[1:])
    branches = []
    for letter, rest in tails.items():
        longer = [tail for tail in rest if tail]
        tree = _one_of(longer) if longer else b""
        branches.append(_any_case(letter) + (rb"(?:" + tree + rb")?+" if longer and b"" in rest else tree))
    return rb"(?:" + rb"|".join(branches) + rb")"


CLOSING: dict[bytes, re.Pattern[bytes]] = {
    name: re.compile(rb"</" + _any_case(name) + rb"(?=" + NAME_END + rb")")
    for name in RAW_TEXT | {b"noscript", b"script"}
}
"""The appropriate end tag of an element that holds text."""

WHOLE_SCRIPT = re.compile(
    rb"(<" + _SCRIPT + rb"(?:[" + _WS + rb"/]++|" + _uncaptured(_ATTRIBUTE) + rb")*+>)"
    rb"[^<]*+(?:<(?!!--|/" + _SCRIPT + rb")[^<]*+)*+(?=</" + _SCRIPT + rb")"
)
"""A script without ``<!--``, up to its end tag. Group: the start tag."""
# --- runs: what may pass unseen ---

# What stands between a tag's name and its ">", in the shape nearly every tag has. An "=" is only taken
# for one behind an attribute's name, never for one that may begin a name: what else there is in odd
# markup is left to START_TAG. A quote that is not behind an "=" is a part of a name.
_GAP = rb"[^=>]*+"
_EQUALS = rb"(?<![" + _WS + rb"/\"'])="
_BARE = rb"[^\"'>" + _WS + rb"][^>" + _WS + rb"]*+"
_REST = _GAP + rb"(?:" + _EQUALS + rb"(?:\"[^\"]*+\"|'[^']*+'|" + _BARE + rb")" + _GAP + rb")*+>"
# The same without "<" in a value, so that the first "</noscript" is the same in both readings.
_REST_WITHOUT_TAGS = _REST.replace(rb'[^\"]*+', rb'[^\"<]*+').replace(rb"[^']*+", rb"[^'<]*+").replace(
    _BARE, rb"[^\"'><" + _WS + rb"][^><" + _WS + rb"]*+"
)  # fmt: skip
# Values in which an address to another host can only stand as "//host": no backslash and no control
# that a URL parser takes for a slash or drops, no scheme without slashes, no character reference for a
# byte of an address.
_NO_REFERENCE = rb"&(?!#|sol|bsol|col|per|comm|Tab|New)"


def _plain_value(quote: bytes) -> bytes:
    return rb"(?:[^" + quote + rb"\\&:\t\n\r<]++|:(?:(?=//)|(?<![pPsS]:))|" + _NO_REFERENCE + rb")*+"


_PLAIN_BARE = rb"(?![\"'])(?:[^>" + _WS + rb"\\&:<]++|:(?:(?=//)|(?<![pPsS]:))|" + _NO_REFERENCE + rb")++"
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
_DRAWING = _one_of(
    b"path g rect circle ellipse line polyline polygon defs use stop lineargradient radialgradient "
    b"clippath mask symbol text tspan pattern animate animatetransform set".split()
)


def _text_element(name: bytes, rest: bytes) -> bytes:
    """An element of raw text that has no "<" in it."""
    return name + rb"(?=" + NAME_END + rb")" + rest + rb"[^<]*+</" + name + rb">"


def _end_tag(but: Iterable[bytes]) -> bytes:
    initials = b"".join({name[:1] + name[:1].upper() for name in but})
    others = bytes({*range(0x41, 0x5B), *range(0x61, 0x7B)} - {*initials})
    name = rb"(?:[" + others + rb"]|(?!" + _one_of(but) + NAME_END + rb")[" + initials + rb"])"
    return rb"/" + name + rb"[^>=]*+>"


def _start_tag(but: Iterable[bytes], rest: bytes) -> bytes:
    name = rb"[a-zA-Z][^" + _WS + rb"/>=\"']*+(?=" + NAME_END + rb")"
    names = rb"(?:" + _COMMON + rb"|(?!" + _one_of(but) + NAME_END + rb")" + name + rb")"
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


_DRAWN = rb"/?+" + _DRAWING + rb"(?:>|(?=[" + _WS + rb"/])" + _REST + rb")"
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
    + _WS
    + rb"]++(?:"
    + rb"|".join(_LINK_ATTRIBUTES)
    + rb"|aria-[a-z]++)=\"[^\"]*+\")++["
    + _WS
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
    return re.compile(rb"[" + _WS + rb"]*+(?:<(?:" + rb"|".join(parts) + rb")[" + _WS + rb"]*+)*+")


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
BLANKS = re.compile(rb"[" + _WS + rb"]*+")
BEFORE_DOCUMENT = re.compile(rb"(?:[" + _WS + rb"]++|\xef\xbb\xbf)*+")
"""What may stand before the first tag of a document and leaves it one (comments apart)."""
