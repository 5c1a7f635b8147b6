"""The scanner: splits a stream of HTML into what passes and the tags somebody wants to see.

It obeys the WHATWG tokenizer in everything that decides what is markup. Offsets refer to ``buffer``;
``safe`` is how far the bytes may go out now. What is held back is one unfinished token: at most
``MAX_HELD_TAG_BYTES`` of a wanted tag, plus ``MAX_HELD_TEXT_BYTES`` of an inline script that is to be
judged before its start tag may leave.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import NamedTuple

from privacy_mw.html import grammar
from privacy_mw.html.cursor import TagCursor
from privacy_mw.html.tag import StartTag

# The longest start tag of the real pages this was measured on has 21 KiB (a srcset); three times that.
MAX_HELD_TAG_BYTES = 64 * 1024
# Vendors' loader snippets have 0.3 to 6 KiB; ten times that. Longer scripts are judged by their beginning.
MAX_HELD_TEXT_BYTES = 64 * 1024


class Kind(Enum):
    """What a token is."""

    START = auto()
    """A start tag (``end`` behind its ``>``, or at the bound for one that is longer)."""
    END = auto()
    """The beginning of an end tag (``end`` behind its name)."""
    DOCTYPE = auto()
    CONTENT = auto()
    """Text where a head was expected (``start == end``); the owner must leave the place."""


class Token(NamedTuple):
    """Something to look at.

    ``text_end`` is where the text of an inline script ends, as far as it is judged. A tag that is not
    whole was longer than the bound.
    """

    kind: Kind
    start: int
    end: int
    name: bytes = b""
    text_end: int = 0
    is_whole: bool = True
    tag: StartTag | None = None
    """What was made of the tag already, if anything."""


class Place(Enum):
    """Where in a document the scanner stands, which decides what it swallows unseen."""

    START = auto()
    """Nothing but blanks and comments so far: every tag is shown."""
    HEAD = auto()
    """Every tag is shown but those that only a head holds and nobody judges."""
    INERT = auto()
    """Within a noscript or template of the head: wanted tags, and the ends of these two."""
    BODY = auto()
    """Wanted tags only."""


class Names(NamedTuple):
    """The tags of interest, compiled once for all documents."""

    start_tags: frozenset[bytes]
    ordinary: dict[Place, re.Pattern[bytes]]


def compile_names(start_tags: Iterable[bytes]) -> Names:
    """The start tags to stop at, in lower case. Script and raw text elements are always among them."""
    starts = frozenset(start_tags) | grammar.RAW_TEXT | {b"script", b"plaintext"}
    return Names(
        starts,
        {
            Place.START: grammar.BEFORE_DOCUMENT,
            Place.HEAD: grammar.IN_HEAD,
            Place.INERT: grammar.ordinary_markup(starts | _INERT, _INERT),
            Place.BODY: grammar.ordinary_markup(starts, {b"body"}),
        },
    )


_INERT = frozenset({b"noscript", b"template"})
_SHOWN_END_TAGS: dict[Place, frozenset[bytes]] = {
    Place.START: frozenset(),
    Place.HEAD: _INERT | {b"body", b"html", b"br"},
    Place.INERT: _INERT,
    Place.BODY: frozenset({b"body"}),
}
_LONGEST_NAME = max(map(len, grammar.RAW_TEXT | {b"plaintext", b"frameset", b"blockquote"}))
_CLOSING = {name: grammar.closing(name) for name in grammar.RAW_TEXT}
_NEVER = re.compile(rb"(?!)")
_COMMENT_STUB = re.compile(rb"<!(?:-(?:--?)?)?\Z")
_END_LEAD = re.compile(rb"[<-]")
_DOCTYPE_BYTES = len(b"<!doctype")
_SCRIPT_MARK_BYTES = len(b"</script")
_NO_CURSOR = TagCursor(0)


class TagScanner:
    """One document's state.

    ``holds_text(tag)`` says whether a script's text must be judged together with its tag, and
    ``on_markup(buffer, start, end)`` is shown each run of ordinary markup of the body.
    """

    def __init__(
        self,
        names: Names,
        holds_text: Callable[[StartTag], bool],
        on_markup: Callable[[bytes | bytearray, int, int], None] | None = None,
    ) -> None:
        self.buffer: bytes | bytearray = b""
        self.safe = 0
        self.place = Place.START
        self.on_markup = on_markup
        self._names = names
        self._holds_text = holds_text
        self._is_final = False
        self._position = 0
        self._step: Callable[[], Token | None] = self._markup
        # What the states remember between chunks: how far was searched, and what for.
        self._resume = 0
        self._cursor = _NO_CURSOR
        self._dead_end = _NEVER
        self._dead_tail_bytes = 0
        self._tag_name = b""
        self._tag_bytes = 0
        self._script_depth = 0
        self._script_tag: StartTag | None = None

    @property
    def is_in_markup(self) -> bool:
        """Whether markup put behind all that was fed would be read as markup."""
        return self._step == self._markup and self._position == len(self.buffer)

    def append(self, data: bytes) -> None:
        """More of the document. Offsets of earlier tokens are void."""
        shift = self.safe
        if shift == len(self.buffer):
            self.buffer = data
        else:
            if isinstance(self.buffer, bytearray):
                del self.buffer[:shift]
            else:
                self.buffer = bytearray(self.buffer[shift:])
            self.buffer += data
        self._position -= shift
        self._resume -= shift
        self._cursor.position -= shift
        self.safe = 0

    def finish(self) -> None:
        """No more will come: what is unfinished is what a browser makes of it at the end of a file."""
        self._is_final = True

    def next(self) -> Token | None:
        """The next token; None when it takes more input (or, behind ``finish``, at the end)."""
        while True:
            step, position = self._step, self._position
            token = step()
            if token is not None:
                self.safe = token[1]
                return token
            if self._position == position and self._step == step:
                break
        if self._is_final:
            self.safe = len(self.buffer)
        return None

    # --- the states; each goes on from _position, sets it, and sets safe to what may go out ---

    def _markup(self) -> Token | None:
        buffer, start = self.buffer, self._position
        ordinary = self._names.ordinary[self.place].match(buffer, start)
        position = self._position = self.safe = ordinary.end() if ordinary else start
        if position > start and self.on_markup:
            self._show(start, position)
        if position == len(buffer):
            return None
        if tag := grammar.START_TAG.match(buffer, position):
            return self._start_tag(position, tag.end(), tag[1].lower())
        return self._other_markup(position)

    def _show(self, start: int, end: int) -> None:
        if self.on_markup and self.place is Place.BODY:
            self.on_markup(self.buffer, start, end)

    def _other_markup(self, position: int) -> Token | None:
        """At a byte that neither ordinary markup nor a whole start tag begins with."""
        match bytes(self.buffer[position : position + 2]):
            case b"<!":
                return self._declaration(position)
            case b"<?":
                self._dead(grammar.BOGUS_CLOSE, position + 2)
                return None
            case b"<":
                return None
            case opener if opener and self.place is Place.START and self._is_cut_mark(position):
                return None
            case opener if opener[:1] == b"<" and (opener[1:] == b"/" or opener[1:].isalpha()):
                return self._cut_tag(position, is_end_tag=opener == b"</")
        return Token(Kind.CONTENT, position, position)

    def _is_cut_mark(self, position: int) -> bool:
        """Whether all that is left may become a UTF-8 byte order mark."""
        return not self._is_final and b"\xef\xbb".startswith(self.buffer[position : position + 3])

    def _declaration(self, position: int) -> Token | None:
        buffer = self.buffer
        if opened := grammar.COMMENT_OPEN.match(buffer, position):
            if not opened[1]:
                self._dead(grammar.COMMENT_CLOSE, position + 4, tail_bytes=3)
            else:
                self._position = self.safe = opened.end()
            return None
        is_stub = _COMMENT_STUB.match(buffer, position) or len(buffer) - position < _DOCTYPE_BYTES
        if is_stub and not self._is_final and buffer.find(b">", position) < 0:
            return None
        self._dead(grammar.BOGUS_CLOSE, position + 2)
        is_doctype = buffer[position : position + _DOCTYPE_BYTES].lower() == b"<!doctype"
        return Token(Kind.DOCTYPE, position, position) if is_doctype else None

    def _dead(self, end: re.Pattern[bytes], resume: int, *, tail_bytes: int = 0) -> None:
        """From here on nothing is markup, up to and with ``end``."""
        self._dead_end, self._dead_tail_bytes, self._resume = end, tail_bytes, resume
        self._step = self._dead_text

    def _dead_text(self) -> Token | None:
        if end := self._text_end():
            self._position = self.safe = end.end()
        return None

    def _raw_text(self) -> Token | None:
        if end := self._text_end():
            self._position = self.safe = end.start()
        return None

    def _text_end(self) -> re.Match[bytes] | None:
        """The end of text that passes as it comes; only what may be a part of its end is kept."""
        found = self._dead_end.search(self.buffer, self._resume)
        if found:
            self._step = self._markup
        else:
            self._resume = max(self._resume, len(self.buffer) - self._dead_tail_bytes)
            self._pass_all_but(_END_LEAD)
        return found

    def _pass_all_but(self, lead: re.Pattern[bytes]) -> None:
        """All goes out but what, from ``_resume`` on, may be the beginning of the text's end."""
        held = lead.search(self.buffer, self._resume)
        self._position = self.safe = self._resume = held.start() if held else len(self.buffer)

    # --- start tags ---

    def _start_tag(self, start: int, end: int, name: bytes) -> Token | None:
        """A whole tag. One over the bound is treated as if it had come in pieces."""
        if end - start > MAX_HELD_TAG_BYTES:
            return self._cut_tag(start, is_end_tag=False)
        tag = None
        if name == b"script":
            tag = StartTag(name, bytes(self.buffer[start:end]))
        if tag and self._holds_text(tag):
            self._script_tag = tag
            self._tag_bytes, self._resume, self._script_depth = end - start, end, 0
            self._position = start
            self._step = self._held_script
            return None
        self._position = end
        self._enter(name)
        return Token(Kind.START, start, end, name, tag=tag)

    def _enter(self, name: bytes) -> None:
        """The tokenizer's state behind the start tag ``name``, of which ``_position`` is the end."""
        self._resume = self._position
        if name in _CLOSING:
            self._step = self._raw_text
            self._dead_end, self._dead_tail_bytes = _CLOSING[name], len(name) + 2
        elif name == b"plaintext":
            self._step = self._raw_text
            self._dead_end, self._dead_tail_bytes = _NEVER, 0
        elif name == b"script":
            self._step = self._script_text
            self._script_depth = 0
        else:
            self._step = self._markup

    def _cut_tag(self, start: int, *, is_end_tag: bool) -> Token | None:
        """A tag whose end is not here yet, or an end tag that somebody wants to see."""
        named = grammar.NAME.match(self.buffer, start)
        if named is None:
            stub = grammar.NAME_STUB.match(self.buffer, start)
            if stub is None:
                self._dead(grammar.BOGUS_CLOSE, start + 2)
                return None
            if len(stub[1] or b"") <= _LONGEST_NAME:
                return None
        name = self._tag_name = named[1].lower() if named else b""
        self._cursor = TagCursor(start + 1 + is_end_tag)
        if is_end_tag:
            self._tag_name = b""
            self._step = self._tag_rest
            is_shown = name in _SHOWN_END_TAGS[self.place]
            return Token(Kind.END, start, start + 2 + len(name), name) if is_shown else None
        is_shown = name in self._names.start_tags or self.place in (Place.START, Place.HEAD)
        self._step = self._held_tag if is_shown or name in _INERT else self._tag_rest
        return None

    def _held_tag(self) -> Token | None:
        start = self._position
        bound = start + MAX_HELD_TAG_BYTES
        if self._cursor.advance(self.buffer, min(bound, len(self.buffer))):
            self._step = self._markup
            return self._start_tag(start, self._cursor.position, self._tag_name)
        if len(self.buffer) < bound:
            return None
        self._position = bound
        self._step = self._tag_rest
        return Token(Kind.START, start, bound, self._tag_name, is_whole=False)

    def _tag_rest(self) -> Token | None:
        """The rest of a tag, passing as it comes."""
        start = self._position
        is_ended = self._cursor.advance(self.buffer, len(self.buffer))
        self._position = self.safe = self._cursor.position
        if self._tag_name not in self._names.start_tags:
            self._show(start, self._position)
        if is_ended:
            self._enter(self._tag_name)
        return None

    # --- scripts ---

    def _held_script(self) -> Token | None:
        """A script tag that waits for its text, or for as much of it as is judged."""
        start, end = self._position, self._position + self._tag_bytes
        bound = end + MAX_HELD_TEXT_BYTES
        closed = self._find_script_end(min(len(self.buffer), bound))
        if closed is None and len(self.buffer) <= bound and not self._is_final:
            return None
        text_end = min(bound, len(self.buffer)) if closed is None else closed
        self._position = text_end
        self._step = self._markup if closed is not None else self._script_text
        return Token(Kind.START, start, end, b"script", text_end, tag=self._script_tag)

    def _script_text(self) -> Token | None:
        closed = self._find_script_end(len(self.buffer))
        if closed is None:
            self._pass_all_but(_END_LEAD)
        else:
            self._position = self.safe = closed
            self._step = self._markup
        return None

    def _find_script_end(self, stop: int) -> int | None:
        """Where the script's end tag begins, looked for from ``_resume`` on.

        ``_script_depth``: 0 script data, 1 escaped (behind ``<!--``), 2 double escaped (a ``<script``
        within that), which ``</script`` only leads back to 1.
        """
        while mark := grammar.SCRIPT_MARK.search(self.buffer, self._resume, stop):
            token = mark[0]
            # The dashes of "<!--" may be those of "-->" too (script data escape start dash dash state).
            self._resume = mark.end() - 2 * (token == b"<!--")
            if token == b"<!--":
                self._script_depth = max(self._script_depth, 1)
            elif token == b"-->":
                self._script_depth = 0
            elif mark[1] and self._script_depth < 2:
                return mark.start()
            elif self._script_depth:
                self._script_depth = 1 if mark[1] else 2
        self._resume = max(self._resume, stop - _SCRIPT_MARK_BYTES)
        return None
