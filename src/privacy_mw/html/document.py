"""Where a page's body begins and ends. Decides by content, the way a browser opens head and body."""

from __future__ import annotations

from privacy_mw.html.tokens import Kind, Place, Token

_OPENS_DOCUMENT = frozenset({b"html", b"head"})
# Start tags that leave a browser in the head or behind it (HTML Standard, 13.2.6.4.4 and 13.2.6.4.6).
_HEAD_ELEMENTS = _OPENS_DOCUMENT | {
    b"base",
    b"basefont",
    b"bgsound",
    b"link",
    b"meta",
    b"noframes",
    b"noscript",
    b"script",
    b"style",
    b"title",
}


class BodyFinder:
    """Follows the tokens up to the body. ``place`` is what the scanner has to be told.

    A document begins with a doctype or with html, head or body; anything else is a fragment, which has
    no body of its own. A frameset has none either.
    """

    def __init__(self) -> None:
        self.place = Place.START
        self._inert_depth = 0

    def see(self, token: Token) -> int | None:
        """The offset at which the body's content begins, once; ``place`` is BODY from then on."""
        match self.place:
            case Place.START:
                return self._see_first(token)
            case Place.HEAD:
                return self._see_in_head(token)
            case Place.INERT:
                self._count(token)
        return None

    def _see_first(self, token: Token) -> int | None:
        if token.kind is Kind.DOCTYPE or (token.kind is Kind.START and token.name in _OPENS_DOCUMENT):
            self.place = Place.HEAD
        elif token.kind is Kind.START and token.name == b"body":
            return self._see_in_head(token)
        else:
            self.place = Place.BODY
        return None

    def _see_in_head(self, token: Token) -> int | None:
        if token.kind in (Kind.STYLE, Kind.OTHER_READING):
            return None
        if token.name == b"template":
            if token.kind is Kind.START:
                self.place = Place.INERT
                self._inert_depth = 1
            return None
        if token.kind is Kind.DOCTYPE or (token.kind is Kind.START and token.name in _HEAD_ELEMENTS):
            return None
        if token.kind is Kind.START and token.name == b"frameset":
            self.place = Place.FRAMESET
            return None
        self.place = Place.BODY
        if token.kind is Kind.START and token.name == b"body":
            return token.end if token.tag and token.tag.is_whole else None
        return token.start

    def _count(self, token: Token) -> None:
        if token.name == b"template":
            self._inert_depth += 1 if token.kind is Kind.START else -1
            if not self._inert_depth:
                self.place = Place.HEAD
