"""Which elements are open within SVG or MathML: it decides how what follows is read.

Follows the tree construction dispatcher and the rules for foreign content (HTML Standard, 13.2.6
and 13.2.6.5) for the elements from the outermost ``svg`` or ``math`` inwards. What is open outside of it is
not known; an end tag that may lead there leaves a doubt, which the owner has to be careful about.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from privacy_mw.html.tag import StartTag

# "A start tag whose tag name is one of" (13.2.6.5): these lead back to HTML.
_BREAKOUT = frozenset(
    b"b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing "
    b"menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var".split()
)
_BREAKOUT_FONT = (b"color", b"face", b"size")
# "HTML integration point" and "MathML text integration point" (13.2.6).
_SVG_WITH_HTML = frozenset({b"foreignobject", b"desc", b"title"})
_MATH_TEXT = frozenset({b"mi", b"mo", b"mn", b"ms", b"mtext"})
_MATH_IN_TEXT = frozenset({b"mglyph", b"malignmark"})
_HTML_ENCODINGS = frozenset({"text/html", "application/xhtml+xml"})
# Elements that HTML does not keep open, or never opens within a body (13.2.6.4.7).
_NEVER_OPEN = frozenset(
    b"area base basefont bgsound br col embed frame hr img image input keygen link meta param source "
    b"track wbr html head body frameset caption colgroup tbody td tfoot th thead tr".split()
)
_CLOSES_P = frozenset(
    b"address article aside blockquote center details dialog dir div dl fieldset figcaption figure "
    b"footer form h1 h2 h3 h4 h5 h6 header hgroup hr li dd dt listing main menu nav ol p plaintext pre "
    b"search section summary table ul xmp".split()
)
# Of elements that may follow each other without end tags, which end which.
_CLOSES = {
    b"li": frozenset({b"li"}),
    b"dd": frozenset({b"dd", b"dt"}),
    b"dt": frozenset({b"dd", b"dt"}),
    b"option": frozenset({b"option"}),
    b"button": frozenset({b"button"}),
    b"a": frozenset({b"a"}),
    b"nobr": frozenset({b"nobr"}),
}


# "Special" and "formatting" elements (13.2.4.2) that can be open here.
_SPECIAL = frozenset(
    b"address applet article aside blockquote button center details dd dir div dl dt fieldset "
    b"figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup iframe li listing main marquee "
    b"menu nav noembed noframes noscript object ol p plaintext pre script search section select style "
    b"summary table template textarea title ul xmp".split()
)
_HOLDS_NONE = frozenset(
    b"body html head area base col embed hr img input link meta param source track wbr "
    b"title textarea style script xmp iframe noembed noframes plaintext".split()
)
_FORMATTING = frozenset(b"a b big code em font i nobr s small strike strong tt u".split())


# Browsers themselves nest no more than 512 elements (Blink, WebKit), and drawings 10.
_MAX_OPEN = 1024


class _Kind(Enum):
    SVG = auto()
    MATH = auto()
    HTML = auto()


class _Open(NamedTuple):
    name: bytes
    kind: _Kind
    holds_html: bool = False
    """An HTML integration point."""
    holds_text: bool = False
    """A MathML text integration point."""


class ForeignContent:
    """The open elements. False when none is: what follows is HTML."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self.is_in_doubt = False
        """Whether a browser may have left it already."""

    def __bool__(self) -> bool:
        return bool(self._open)

    @property
    def reads_cdata(self) -> bool:
        """Whether ``<![CDATA[`` opens a section ("adjusted current node ... not in the HTML namespace")."""
        return bool(self._open) and self._open[-1].kind is not _Kind.HTML

    def start(self, tag: StartTag) -> bool:
        """Takes a start tag. True when it is one of HTML, so that raw text may follow it."""
        if self.is_foreign(tag.name):
            if not self._breaks_out(tag):
                self._push_foreign(tag, self._open[-1].kind)
                return False
            self._break_out()
        self._start_html(tag)
        return True

    def end(self, name: bytes) -> None:
        """Takes an end tag."""
        if not self._open:
            return
        if self._open[-1].kind is _Kind.HTML:
            self._end_html(name, len(self._open) - 1)
            return
        if name in (b"p", b"br"):
            self._break_out()
            return
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index].kind is _Kind.HTML:
                self._end_html(name, index)
                return
            if self._open[index].name == name:
                self._cut(index)
                return
        # In the page's own elements: what was open there is not known, but for those that stay and those that
        # hold no elements.
        self.is_in_doubt = self.is_in_doubt or name not in _HOLDS_NONE

    def leave(self) -> bytes:
        """Closes what is open of the innermost drawing or formula; the end tags that do it."""
        index = len(self._open) - 1
        while index > 0 and self._open[index - 1].kind is not _Kind.HTML:
            index -= 1
        name = self._open[index].name
        # An end tag closes the innermost element of its name.
        count = sum(element.name == name for element in self._open[index:])
        self._cut(index)
        return b"</%s>" % name * count

    def is_foreign(self, name: bytes) -> bool:
        """Whether a start tag is read by the rules for foreign content."""
        if not self._open:
            return False
        current = self._open[-1]
        if current.kind is _Kind.HTML or current.holds_html:
            return False
        if current.holds_text:
            return name in _MATH_IN_TEXT
        return not (current.name == b"annotation-xml" and name == b"svg")

    @staticmethod
    def _breaks_out(tag: StartTag) -> bool:
        if tag.name == b"font":
            return any(name in tag for name in _BREAKOUT_FONT)
        return tag.name in _BREAKOUT

    def _break_out(self) -> None:
        while self._open:
            current = self._open[-1]
            if current.kind is _Kind.HTML or current.holds_html or current.holds_text:
                break
            self._cut(len(self._open) - 1)

    def _push_foreign(self, tag: StartTag, kind: _Kind) -> None:
        if tag.is_self_closing:
            return
        holds_html = kind is _Kind.SVG and tag.name in _SVG_WITH_HTML
        if kind is _Kind.MATH and tag.name == b"annotation-xml":
            holds_html = (tag.value(b"encoding") or "").lower() in _HTML_ENCODINGS
        if self._is_full():
            return
        self._open.append(_Open(tag.name, kind, holds_html, kind is _Kind.MATH and tag.name in _MATH_TEXT))

    def _start_html(self, tag: StartTag) -> None:
        if tag.name in (b"svg", b"math"):
            self._push_foreign(tag, _Kind.SVG if tag.name == b"svg" else _Kind.MATH)
        elif self._open and tag.name not in _NEVER_OPEN and not self._is_full():
            closed = _CLOSES.get(tag.name, frozenset()) | ({b"p"} if tag.name in _CLOSES_P else frozenset())
            for name in closed:
                self._end_html(name, len(self._open) - 1)
            self._open.append(_Open(tag.name, _Kind.HTML))

    def _is_full(self) -> bool:
        """Whether no more is followed; a page that nests as deep leaves a doubt."""
        is_full = len(self._open) >= _MAX_OPEN
        self.is_in_doubt = self.is_in_doubt or is_full
        return is_full

    def _end_html(self, name: bytes, top: int) -> None:
        """An end tag among elements of HTML (13.2.6.4.7): it never closes what holds them."""
        is_passed = False
        for index in range(top, -1, -1):
            element = self._open[index]
            if element.kind is not _Kind.HTML or (is_passed and name not in _SPECIAL | _FORMATTING):
                return
            if element.name == name:
                if is_passed and name in _FORMATTING:
                    del self._open[index]  # the adoption agency leaves the others open
                else:
                    self._cut(index)
                return
            is_passed = is_passed or element.name in _SPECIAL

    def _cut(self, index: int) -> None:
        del self._open[index:]
        if not self._open:
            self.is_in_doubt = False
