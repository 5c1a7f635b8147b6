"""The scanner: splits a stream of HTML into what passes and what somebody wants to see.

It obeys the WHATWG tokenizer in everything that decides what is markup. Offsets refer to ``buffer``;
``safe`` is how far the bytes may go out now. What is held back is one unfinished token: at most
``MAX_HELD_TAG_BYTES`` of a start tag, plus ``MAX_HELD_TEXT_BYTES`` of an inline script that is to be
judged before its start tag may leave.

Runs of markup in which nothing has to be looked at are swallowed by one regular expression; what has to
be looked at is told by the offsets in ``suspects``. Only what a run stops at is taken state by state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from privacy_mw.html import css, grammar, runs
from privacy_mw.html.cursor import TagCursor
from privacy_mw.html.foreign import ForeignContent
from privacy_mw.html.runs import Runs
from privacy_mw.html.script_end import NO_ESCAPES, find_script_end
from privacy_mw.html.tag import StartTag
from privacy_mw.html.tokens import Kind, Place, Token

# The longest start tag of the real pages this was measured on has 21 KiB (a srcset); three times that.
MAX_HELD_TAG_BYTES = 64 * 1024
# Vendors' loader snippets have 0.3 to 6 KiB; ten times that. Longer scripts are judged by their beginning.
MAX_HELD_TEXT_BYTES = 64 * 1024


OnMarkup: TypeAlias = Callable[[re.Pattern[bytes] | None, bytes | bytearray, int, int], None]


_SHOWN_END_TAGS: dict[Place, frozenset[bytes]] = {
    Place.START: frozenset(),
    Place.HEAD: frozenset({b"template", b"body", b"html", b"br"}),
    Place.INERT: frozenset({b"template"}),
    Place.BODY: frozenset({b"body"}),
    Place.FRAMESET: frozenset(),
}
_NEVER = re.compile(rb"(?!)")
_COMMENT_STUB = re.compile(rb"<!(?:-(?:--?)?)?\Z")
_HOLDS_TEXT = grammar.CLOSING.keys() | {b"plaintext"}
_FOREIGN_ROOTS = frozenset({b"svg", b"math"})
# Above the longest name of an element that any of this knows (annotation-xml, 14).
_LONGEST_NAME_BYTES = 64
_END_LEAD = re.compile(rb"[<\-\]]")
_DOCTYPE_BYTES = len(b"<!doctype")
_NO_CURSOR = TagCursor(0)


class TagScanner:
    """One document's state.

    ``holds_text(tag)`` says whether a script's text must be judged together with its tag.
    ``suspects(buffer, start)`` gives, in ascending order, offsets of what may have to be looked at from
    ``start`` on; None when every start tag is to be shown. ``on_markup(run, buffer, start, end)`` is shown
    all markup of the body in pieces, with the expression that swallowed it, or None for a single tag.
    ``has_scripts`` is the reading of a browser that runs scripts, for which noscript is text; in the other
    reading, that of a noscript's content, a plaintext is taken for an element like others.
    """

    def __init__(
        self,
        expressions: Runs,
        holds_text: Callable[[StartTag], bool],
        suspects: Callable[[bytes | bytearray, int], list[int]] | None,
        *,
        has_scripts: bool = True,
    ) -> None:
        self.buffer: bytes | bytearray = b""
        self.safe = 0
        self.begins_at = 0
        """Where the buffer begins in the document."""
        self.on_markup: OnMarkup | None = None
        self._runs = expressions.by_place
        self._holds_text = holds_text
        self._suspects = suspects
        self._has_scripts = has_scripts
        self._is_final = False
        self._position = 0
        self._step: Callable[[], Token | None] = self._markup
        self._ahead: list[int] = []
        """Suspects in the buffer, the next one last."""
        self._foreign = ForeignContent()
        self._place = Place.START
        self._run = self._chosen_run()
        self._is_in_doubt = False
        # What the states remember between chunks: how far was searched, and what for.
        self._resume = 0
        self._cursor = _NO_CURSOR
        self._dead_end = _NEVER
        self._dead_tail_bytes = 0
        self._tag_name = b""
        self._script_depth = 0
        self._script_tag: StartTag | None = None
        self._is_cut_in_script = False
        self._text_kind = Kind.STYLE

    @property
    def is_in_markup(self) -> bool:
        """Whether markup put behind all that was fed would be read as markup."""
        return self._step == self._markup and self._position == len(self.buffer)

    @property
    def is_in_doubt(self) -> bool:
        """Whether a browser may have a frameset in place of the body."""
        return self._is_in_doubt

    @property
    def place(self) -> Place:
        """Told by the owner, who follows the document."""
        return self._place

    @place.setter
    def place(self, place: Place) -> None:
        if place is not self._place:
            self._place = place
            self._run = self._chosen_run()

    def see_every_tag(self) -> None:
        """From here on every start tag is shown: a base element has changed what all addresses mean."""
        self._suspects = None
        self._run = self._chosen_run()

    def look_for(self, more: Callable[[bytes | bytearray, int], Iterable[int]]) -> None:
        """Adds suspects in what is here, from here on."""
        if self._suspects is not None:
            self._ahead = sorted([*self._ahead, *more(self.buffer, self._position)], reverse=True)

    def append(self, data: bytes) -> None:
        """More of the document: at most ``MAX_HELD_TAG_BYTES``. Offsets of earlier tokens are void."""
        shift = self.safe
        self.begins_at += shift
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
        self._look_ahead(len(self.buffer) - len(data))
        self._is_cut_in_script = self._step == self._held_script

    def _look_ahead(self, start: int) -> None:
        if self._suspects is not None:
            self._ahead = self._suspects(self.buffer, start)
            self._ahead.reverse()

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
        buffer, ahead, run = self.buffer, self._ahead, self._run
        position = shown = self._position
        while True:
            while ahead and ahead[-1] < position:
                ahead.pop()
            stop = ahead[-1] if ahead else len(buffer)
            match = run.match(buffer, position, stop)
            position = match.end() if match else position
            if position == stop and ahead:
                ahead.pop()  # it is in text
            elif not ahead or position == stop or not (link := runs.PLAIN_LINK.match(buffer, position)):
                break
            else:
                self._show(shown, position, run)
                self._show(position, link.end())
                position = shown = link.end()
        if self.on_markup:
            self._show(shown, position, run)
        self._position = self.safe = position
        if position == len(buffer):
            return None
        script = grammar.WHOLE_SCRIPT.match(buffer, position)
        if script and (token := self._whole_script(position, script)):
            return token
        if tag := grammar.START_TAG.match(buffer, position):
            return self._start_tag(position, tag.end(), tag[1].lower())
        return self._other_markup(position)

    def _chosen_run(self) -> re.Pattern[bytes]:
        """What swallows the markup that nobody has to look at, here."""
        if self._foreign:
            is_drawing = self._suspects is not None and self._foreign.reads_cdata
            return runs.DRAWING if is_drawing else runs.FOREIGN
        if self._suspects is not None:
            return self._runs[self._place]
        blanks = {Place.START: runs.BEFORE_DOCUMENT, Place.HEAD: runs.BLANKS}
        return blanks.get(self._place, runs.EVERY_TAG)

    def _other_markup(self, position: int) -> Token | None:
        """At a byte that neither a run nor a whole start tag begins with."""
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
        if self.place in (Place.START, Place.HEAD):
            return Token(Kind.CONTENT, position, position)
        self._position = position + 1  # a "<" that is text, and what is looked at begins right behind it
        return None

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
        opener = bytes(buffer[position : position + len(grammar.CDATA_OPEN)])
        if self._foreign.reads_cdata and grammar.CDATA_OPEN.startswith(opener) and len(opener) > 2:
            if self._foreign.is_in_doubt:
                return self._leave(position)
            if opener == grammar.CDATA_OPEN:
                self._dead(grammar.CDATA_CLOSE, position + len(opener), tail_bytes=2)
                return None
            if not self._is_final:
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
            self._step = self._markup
            self._position = self.safe = end.end()
        else:
            self._position = self.safe = self._resume
        return None

    def _raw_text(self) -> Token | None:
        if end := self._text_end():
            self._step = self._markup
            self._position = self.safe = end.start()
        else:
            self._position = self.safe = self._resume
        return None

    def _shown_text(self) -> Token | None:
        """Text that somebody looks at, piece by piece."""
        start = self.safe = self._position
        closed = self._end_of_script() if self._tag_name == b"script" else self._end_of_text()
        if closed is not None:
            self._step, end = self._markup, closed
        elif self._is_final:
            self._step, end = self._nothing, len(self.buffer)
        else:
            is_style = self._text_kind is Kind.STYLE
            end = css.settled(self.buffer, start, self._resume) if is_style else self._resume
        self._position = end
        name = b"" if self._step == self._shown_text else self._tag_name
        return Token(self._text_kind, start, end, name) if name or end > start else None

    def _nothing(self) -> Token | None:
        return None

    def _end_of_text(self) -> int | None:
        found = self._text_end()
        return found.start() if found else None

    def _text_end(self) -> re.Match[bytes] | None:
        """The end of a text; without one, ``_resume`` is where what may be a part of its end begins."""
        found = self._dead_end.search(self.buffer, self._resume)
        if not found:
            tail = max(self._resume, len(self.buffer) - self._dead_tail_bytes)
            held = _END_LEAD.search(self.buffer, tail)
            self._resume = held.start() if held else len(self.buffer)
        return found

    # --- start tags ---

    def _start_tag(self, start: int, end: int, name: bytes) -> Token | None:
        """A whole tag."""
        tag = StartTag(name, bytes(self.buffer[start:end]))
        if self._foreign.is_in_doubt and self._reads_differently(name):
            return self._leave(start)
        self._position = end
        if self.on_markup:
            self._show(start, end)
        reads_html = self._reads_html(tag) if self._foreign or name in _FOREIGN_ROOTS else True
        if name == b"script" and self._holds_text(tag) and (reads_html or not tag.is_self_closing):
            self._script_tag, self._position = tag, start
            is_text = reads_html and self._place is not Place.FRAMESET
            self._resume, self._script_depth = end, 0 if is_text else NO_ESCAPES
            self._step = self._held_script
            return None
        if reads_html:
            self._enter(name)
        return Token(Kind.START, start, end, name, tag=tag)

    def _reads_differently(self, name: bytes) -> bool:
        """Whether a start tag is one thing within a drawing and another behind it: text follows, or what it
        opens is within the drawing or a new one.
        """
        if name in _FOREIGN_ROOTS:
            return self._foreign.reads_cdata
        return name in _HOLDS_TEXT and self._foreign.is_foreign(name)

    def _leave(self, position: int) -> Token:
        """What follows means one thing within a drawing and another behind it, and it is not known where a
        browser stands: it is led out.
        """
        end_tags = self._foreign.leave()
        self._run = self._chosen_run()
        self._position = position
        return Token(Kind.LEAVE, position, position, end_tags)

    def _whole_script(self, start: int, script: re.Match[bytes]) -> Token | None:
        """The usual script, all of it here; None for one that needs more care."""
        end, text_end = script.end(1), script.end()
        is_long = text_end - end > MAX_HELD_TEXT_BYTES or end - start > MAX_HELD_TAG_BYTES
        if is_long or self._foreign or self._is_in_doubt or self.place is Place.FRAMESET:
            return None
        tag = StartTag(b"script", script[1])
        self._position = text_end
        return Token(Kind.START, start, end, b"script", text_end if self._holds_text(tag) else end, tag)

    def _reads_html(self, tag: StartTag) -> bool:
        """Whether a start tag is one of HTML, which alone may be followed by text that is not markup."""
        reads_html = not (self._foreign or tag.name in _FOREIGN_ROOTS) or self._foreign.start(tag)
        self._run = self._chosen_run()
        return reads_html

    def _show(self, start: int, end: int, run: re.Pattern[bytes] | None = None) -> None:
        if self.on_markup and end > start and self.place is Place.BODY:
            self.on_markup(run, self.buffer, start, end)

    def _enter(self, name: bytes) -> None:
        """The tokenizer's state behind a start tag of HTML, of which ``_position`` is the end."""
        self._resume = self._position
        self._tag_name = name
        self._step = self._markup
        if name == b"plaintext" and self._has_scripts:
            self._step, self._dead_end, self._dead_tail_bytes = self._raw_text, _NEVER, 0
        elif name in grammar.CLOSING and (self.place is not Place.FRAMESET or name == b"noframes"):
            self._enter_text(name)
        elif name == b"frameset" and self.place is Place.BODY:
            # It takes the place of a body in which nothing was shown yet, or it is ignored.
            self._is_in_doubt = True

    def _enter_text(self, name: bytes) -> None:
        self._dead_end, self._dead_tail_bytes = grammar.CLOSING[name], len(name) + 2
        if name == b"noscript" and not self._has_scripts:
            return
        if name == b"noscript" or self._is_in_doubt:
            self._text_kind, self._step = Kind.OTHER_READING, self._shown_text
            self._script_depth = 0
        elif name == b"style":
            self._text_kind, self._step = Kind.STYLE, self._shown_text
        elif name == b"script":
            self._step, self._script_depth = self._script_text, 0
        else:
            self._step = self._raw_text

    def _cut_tag(self, start: int, *, is_end_tag: bool) -> Token | None:
        """A tag whose end is not here yet, or an end tag that somebody wants to see."""
        named = grammar.NAME.match(self.buffer, start)
        if named is None and grammar.NAME_STUB.match(self.buffer, start) is None:
            self._dead(grammar.BOGUS_CLOSE, start + 2)
            return None
        is_long = len(self.buffer) - start > _LONGEST_NAME_BYTES
        if named is None and (self._is_final or (is_end_tag and not is_long)):
            return None
        self._cursor = TagCursor(start + 1 + is_end_tag)
        if not is_end_tag:
            self._step = self._held_tag
            return None
        self._tag_name = b""
        self._step = self._tag_rest
        name = named[1].lower() if named else b""
        if self._foreign:
            self._foreign.end(name)
            self._run = self._chosen_run()
        is_shown = name in _SHOWN_END_TAGS[self.place]
        return Token(Kind.END, start, start + 2 + len(name), name) if is_shown else None

    def _held_tag(self) -> Token | None:
        start = self._position
        bound = start + MAX_HELD_TAG_BYTES
        is_ended = self._cursor.advance(self.buffer, min(bound, len(self.buffer)))
        if not is_ended and len(self.buffer) < bound:
            return None
        named = grammar.NAME.match(self.buffer, start)
        name = named[1].lower() if named else b""
        self._step = self._markup
        if is_ended:
            return self._start_tag(start, self._cursor.position, name)
        self._position, self._step = bound, self._tag_rest
        tag = StartTag(name, bytes(self.buffer[start:bound]), is_whole=False)
        self._tag_name = name if self._reads_html(tag) else b""
        return Token(Kind.START, start, bound, name, tag=tag)

    def _tag_rest(self) -> Token | None:
        """The rest of an end tag, or of a start tag over the bound, passing as it comes."""
        start = self._position
        is_ended = self._cursor.advance(self.buffer, len(self.buffer))
        self._position = self.safe = self._cursor.position
        self._show(start, self._position)
        if is_ended:
            self._enter(self._tag_name)
        return None

    # --- scripts ---

    def _held_script(self) -> Token | None:
        """A script tag that waits for its text, or for as much of it as is judged."""
        tag, start = self._script_tag, self._position
        if tag is None:  # pragma: no cover - the state is entered with one
            return None
        end = start + len(tag.raw)
        bound = end + MAX_HELD_TEXT_BYTES
        reads_html = self._script_depth != NO_ESCAPES
        closed = self._find_script_end(min(len(self.buffer), bound))
        if closed is None and len(self.buffer) <= bound and not self._is_final:
            return None
        text_end = min(bound, len(self.buffer)) if closed is None else closed
        self._position, self._step = text_end, self._markup if closed is not None else self._script_text
        if not reads_html or self._is_in_doubt:
            # Within SVG the text of a script is markup too, and may be in a frameset.
            self._position, self._step = end, self._markup
            if self._is_cut_in_script:  # of which only the last piece was looked at
                self._look_ahead(end)
                self._is_cut_in_script = False
            if reads_html:
                self._enter(tag.name)
        return Token(Kind.START, start, end, b"script", text_end, tag)

    def _script_text(self) -> Token | None:
        closed = self._end_of_script()
        if closed is not None:
            self._step = self._markup
        self._position = self.safe = self._resume if closed is None else closed
        return None

    def _end_of_script(self) -> int | None:
        """The end of a script's text; without one, ``_resume`` is where what may be a part of it begins."""
        closed = self._find_script_end(len(self.buffer))
        if closed is None:
            held = _END_LEAD.search(self.buffer, self._resume)
            self._resume = held.start() if held else len(self.buffer)
        return closed

    def _find_script_end(self, stop: int) -> int | None:
        """Where the script's end tag begins, looked for from ``_resume`` on."""
        found = find_script_end(self.buffer, self._resume, stop, self._script_depth)
        self._resume, self._script_depth = found.resume, found.depth
        return found.end

    # --- a region that another reading ends ---

    def closer(self) -> bytes:
        """What would end the construct that is open, were it put behind all that was fed."""
        if self._position < len(self.buffer) and self._step == self._markup:
            return b"" if self.buffer[self._position :] == b"<" else b">"
        if self._step == self._dead_text:
            return {grammar.COMMENT_CLOSE: b"-->", grammar.CDATA_CLOSE: b"]]>"}.get(self._dead_end, b">")
        if self._step in (self._held_tag, self._tag_rest):
            return self._cursor.closer
        if self._step in (self._script_text, self._held_script):
            return b"</script>"
        if self._step in (self._raw_text, self._shown_text):
            return b"</" + self._tag_name + b">"
        return b""
