"""The editor of one page: applies the tables of ``blocking`` to what the rewriter shows it.

Whose an address is and whether it is refused, it asks; it only knows how elements name addresses and how
they are made inert.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Final
from urllib.parse import urljoin

from privacy_mw.blocking import (
    ANYWHERE,
    LOADS,
    NO_RUNS,
    PREFIX,
    REPORTED,
    RUNS,
    STYLE_PREFIX,
    UNKNOWN_HOST,
    How,
    Kind,
    fetches,
    inertia_of,
    is_executable,
    kind_of,
    kind_of_link,
    loads_by_rel,
)
from privacy_mw.html import css
from privacy_mw.html.rewriter import Rewriter
from privacy_mw.html.tag import StartTag, decode_text, decode_value
from privacy_mw.link_field import Link
from privacy_mw.refusals import NOT_JUDGED, Held, Refusals, Refused
from privacy_mw.urls import read_url
from privacy_mw.widgets import MARK, Widgets

# An authority behind two or more slashes. What may be told by its first bytes is enough: nothing refused
# begins with a byte that ends it.
_AUTHORITY = re.compile(
    rb"//[/\\]*+([^\x00-\x20\"'<>/?#\\)(,;]++)([^\x00-\x20\"'<>?#)(,;]*+)"  # and a path, if there is one
)
# A character reference for a byte that an address to another host needs.
_HIDING_REFERENCE = re.compile(
    rb"&(?:#(?:[xX]0*+(?:[9aAdD]|2[dDeEfF]|3[0-9aA]|[46][0-9a-fA-F]|[57][0-9aAcC])(?![0-9a-fA-F])"
    rb"|0*+(?:9|10|13|4[5-9]|5[0-8]|6[4-9]|[789][0-9]|1[01][0-9]|12[0-2])(?![0-9]))"
    rb"|sol|bsol|col|per|comm|Tab|New|fj)"
)
_MAX_NESTED_DOCUMENTS = 3
# Of tags and of loaders, as vendors give them out, nearly all are shorter; longer ones by their digest.
_LONGEST_REMEMBERED = 1024
_MOST_REMEMBERED = 8192
_UNSEEN: Final = b"unseen"


class PageEditor:
    """Judges and edits what one page loads."""

    runs = RUNS

    def __init__(
        self, refusals: Refusals, report: Callable[[Held], None] | None = None, *, depth: int = 0
    ) -> None:
        """``report`` is told of everything held back. ``depth``: in how many documents this one stands."""
        self.sees_every_tag = False
        self._refusals = refusals
        self._report = report
        self._depth = depth
        self._base: str | None = None
        self._widgets = Widgets(refusals.widgets, refusals.known_hosts)
        self.looks_anew = False
        self._is_general = True
        """Whether what was made of the last tag would be made of it on any page."""
        # What was judged is judged alike on the site's other pages, but when somebody listens.
        self._remembered = refusals.remembered if report is None and depth == 0 else None

    def suspects(self, data: bytes | bytearray, start: int) -> list[int]:
        """Where addresses stand that may be refused, and references that may hide one."""
        hosts, is_telling = self._refusals.hosts, self._refusals.is_telling
        ends = self._refusals.telling_ends
        found = [
            match.start()
            for match in _AUTHORITY.finditer(data, start)
            # Most hosts are refused nothing, or known to nobody: these take no call.
            if (may := hosts[match[1]])
            and (
                may is True
                or (match[2][-3:] in ends and is_telling(match[2]) if may is UNKNOWN_HOST else may(match[2]))
            )
        ]
        found += [match.start() for match in _HIDING_REFERENCE.finditer(data, start)]
        found += self._widgets.offsets(data, start)
        found += css.odd_addresses(data, start)
        found.sort()
        return found

    def new_suspects(self, data: bytes | bytearray, start: int) -> Iterator[int]:
        """Where widgets stand whose script has just been refused."""
        return self._widgets.offsets(data, start)

    def holds_text(self, tag: StartTag) -> bool:
        """Inline scripts that a browser runs are judged by their text."""
        return _holds_text(tag.raw)

    def edit_tag(self, tag: StartTag, text: bytes) -> bytes | None:
        """The tag made inert, or None for one that may stay as it is."""
        remembered = self._remembered
        self.looks_anew = False
        if remembered is None:
            return self._edited(tag, text)
        key = tag.raw + text if text else tag.raw
        if len(key) > _LONGEST_REMEMBERED:
            key = blake2b(key, digest_size=16).digest()
        edited = remembered.get(key, _UNSEEN)
        if edited is _UNSEEN:
            self._is_general = True
            edited = self._edited(tag, text)
            if self._is_general:
                if len(remembered) >= _MOST_REMEMBERED:
                    remembered.clear()
                remembered[key] = edited
        return edited

    def _edited(self, tag: StartTag, text: bytes) -> bytes | None:
        name = tag.name
        if name == b"base":
            self._is_general = False  # it changes what follows
            self._read_base(tag)
            return None
        if name == b"script" and b"src" not in tag:
            return self._edit_inline(tag, text)
        if self._report and name in REPORTED:
            self._report_only(tag, REPORTED[name], self._report)
        loads = ANYWHERE if name == b"link" and not loads_by_rel(tag) else _LOADS_IN.get(name, ANYWHERE)
        edits = _Edits()
        for attribute, raw in tag.raw_values.items():
            if raw and (how := loads.get(attribute)) is not None:
                self._judge(tag, attribute, raw, how, edits)
        if edits.why is not None:
            return self._made_inert(tag, edits, edits.why)
        if self._widgets.is_possible(tag):
            return self._edit_widget(tag, edits)
        if edits.within:
            return tag.edited(within=edits.within)
        return None if tag.is_whole or self._is_known(tag) else self.failed(tag)

    def edit_style(self, text: bytes, offset: int) -> bytes | None:
        """A piece of a style sheet with its refused addresses made inert, or None."""
        parts: list[bytes] = []
        copied = 0
        for at, reference, why in self._refused_in_style(text):
            self._note(offset + at, b"style", b"url()", reference, why)
            parts += [text[copied:at], _style_prefix(why)]
            copied = at
        return b"".join([*parts, text[copied:]]) if parts else None

    def refuses_link(self, link: Link) -> bool:
        """Whether a member of a Link field makes a browser fetch or connect to what is refused."""
        if not fetches(link.types):
            return False
        kind = kind_of_link(link.types, link.destination)
        return self._refusals.url(link.reference, kind) is not None

    def failed(self, tag: StartTag) -> bytes | None:
        """An active tag of which too little is known, made harmless."""
        neutral = inertia_of(tag.name).neutral
        if not neutral:
            return None
        self._note(tag.offset, tag.name, b"tag", "", NOT_JUDGED)
        return tag.edited(insert=b' data-privacy="unknown"' + neutral)

    # --- judging ---

    def _read_base(self, tag: StartTag) -> None:
        """The first base with an address says what relative ones mean (HTML Standard 4.2.3)."""
        href = tag.value(b"href")
        if href is not None and self._base is None:
            self._base = href
            self._remembered = None
            url = read_url(href)
            may = False if url is None else self._refusals.known_hosts[url.host.encode()]
            is_suspect = may if isinstance(may, bool) else may is not UNKNOWN_HOST
            self.sees_every_tag = self.sees_every_tag or is_suspect

    def _url(self, reference: str, kind: Kind) -> Refused | None:
        if not reference:
            return None
        if self.sees_every_tag and self._base is not None and _is_relative(reference):
            try:
                reference = urljoin(self._base, reference.strip())
            except ValueError:  # it leads to the base's host in any case
                reference = self._base
        return self._refusals.url(reference, kind)

    def _judge(self, tag: StartTag, attribute: bytes, raw: bytes, how: How, edits: _Edits) -> None:
        if how is How.CSS:
            self._judge_style(tag, attribute, raw, edits)
        elif how is How.HTML:
            self._judge_document(tag, attribute, raw, edits)
        else:
            kind = kind_of(tag, attribute)
            for reference in _references(decode_value(raw), how):
                if (why := self._url(reference, kind)) is not None:
                    edits.refuse(attribute, reference, why)
                    self._note(tag.offset, tag.name, attribute, reference, why)
                    break

    def _judge_style(self, tag: StartTag, attribute: bytes, raw: bytes, edits: _Edits) -> None:
        if b"(" not in raw and b"&" not in raw:
            return
        decoded = decode_text(raw)
        for at, reference, why in self._refused_in_style(decoded.text):
            self._note(tag.offset, tag.name + b" " + attribute, b"url()", reference, why)
            puts = edits.within.setdefault(attribute, [])
            puts.append((decoded.raw_offset(at), _style_prefix(why)))

    def _refused_in_style(self, text: bytes) -> Iterator[tuple[int, str, Refused]]:
        for at, reference, is_sheet in css.addresses(text):
            kind = Kind.STYLESHEET if is_sheet else Kind.IMAGE
            if (why := self._url(reference, kind)) is not None:
                yield at, reference, why

    def _judge_document(self, tag: StartTag, attribute: bytes, raw: bytes, edits: _Edits) -> None:
        """A document in an attribute: what it would load makes the whole of it wait."""
        held: list[Held] = []
        text = decode_text(raw).text
        editor = PageEditor(self._refusals, held.append, depth=self._depth + 1)
        editor._base, editor.sees_every_tag = self._base, self.sees_every_tag
        if self._depth < _MAX_NESTED_DOCUMENTS:
            rewriter = Rewriter(editor, None)
            rewriter.feed(text)
            rewriter.finish()
        for each in held[:1]:
            edits.refuse(attribute, each.reference, each.why)
            self._note(tag.offset, tag.name, attribute, each.reference, each.why)

    def _edit_inline(self, tag: StartTag, text: bytes) -> bytes | None:
        if not tag.is_whole:
            return self.failed(tag)
        if not text and not tag.raw_values:
            return None
        edits = _Edits()
        for attribute, how in _LOADS_IN[b"script"].items():
            if raw := tag.raw_value(attribute):
                self._judge(tag, attribute, raw, how, edits)
        if (
            edits.why is None
            and text
            and is_executable(tag)
            and (why := self._refusals.loader(text)) is not None
        ):
            edits.why = why
            self._note(tag.offset, tag.name, b"text", "", why)
        return None if edits.why is None else self._made_inert(tag, edits, edits.why)

    @staticmethod
    def _is_known(tag: StartTag) -> bool:
        """Of a tag over the bound: whether its address was in the part that was read."""
        return not inertia_of(tag.name).neutral or next(iter(LOADS[tag.name])) in tag

    def _report_only(self, tag: StartTag, attribute: bytes, report: Callable[[Held], None]) -> None:
        reference = tag.value(attribute) or ""
        if (why := self._url(reference, Kind.DOCUMENT)) is not None:
            element, by = tag.name.decode("ascii"), attribute.decode("ascii")
            report(Held(tag.offset, element, by, reference, why, is_left=True))

    def _note(self, offset: int, element: bytes, by: bytes, reference: str, why: Refused) -> None:
        if self._report:
            self._report(Held(offset, element.decode("latin-1"), by.decode("latin-1"), reference, why))

    # --- editing ---

    def _edit_widget(self, tag: StartTag, edits: _Edits) -> bytes | None:
        """An element with a placeholder in it, when its script has been refused."""
        self._is_general = False
        found = self._widgets.find(tag)
        if found is None:
            return tag.edited(within=edits.within) if edits.within else None
        why, reference = found
        self._note(tag.offset, tag.name, b"class", reference, why)
        opening = tag.edited(insert=b' %s="%s"' % (MARK, why.purpose.encode()), within=edits.within)
        return opening + self._placeholder(tag, reference, why, b' width="100%" height="200"')

    def _placeholder(self, tag: StartTag, reference: str, why: Refused, size: bytes) -> bytes:
        document = self._refusals.placeholder(tag, reference, why)
        return document and b'<iframe data-privacy-placeholder="" srcdoc="%s" frameborder="0"%s></iframe>' % (
            document,
            size,
        )

    def _made_inert(self, tag: StartTag, edits: _Edits, why: Refused) -> bytes:
        """The tag with what loads renamed. Pure insertions: nothing of the original is lost."""
        inertia = inertia_of(tag.name)
        insert = b' data-privacy="%s"%s' % (why.purpose.encode(), inertia.insert)
        before = b""
        if tag.name in (b"img", b"image", b"input") and b"src" in edits.refused:
            insert += b' hidden=""' if _is_pixel(tag) else _EMPTY_PICTURE
        elif inertia.is_box:
            self._is_general = False  # a placeholder says where it stands
            if tag.name == b"iframe" and not _is_pixel(tag):
                if document := self._refusals.placeholder(tag, edits.reference, why):
                    insert += b' srcdoc="%s"' % document
            elif not _is_pixel(tag):
                before = self._placeholder(tag, edits.reference, why, _size(tag))
        elif tag.name == b"script":
            before = self._script_refused(tag, why)
        return before + tag.edited(
            prefix=PREFIX, rename={*edits.refused, *inertia.rename}, insert=insert, within=edits.within
        )

    def _script_refused(self, tag: StartTag, why: Refused) -> bytes:
        """What stands in place of a script that would have drawn here; others may have drawn further down."""
        names = self._widgets.filled_by(why)
        is_drawn = self._refusals.draws_in_place(why)
        self.looks_anew = self._widgets.expect(names)
        self._is_general = not names and not is_drawn
        if not (is_drawn and tag.is_in_body):
            return b""
        return self._placeholder(tag, "", why, b' width="100%" height="200"')


class IdleEditor(PageEditor):
    """For a visitor who has refused nothing: nothing is looked at, and pages pass as fast as the scan."""

    runs = NO_RUNS

    def suspects(self, data: bytes | bytearray, start: int) -> list[int]:
        return []

    def holds_text(self, tag: StartTag) -> bool:
        return False

    def edit_tag(self, tag: StartTag, text: bytes) -> bytes | None:
        return None

    def edit_style(self, text: bytes, offset: int) -> bytes | None:
        return None

    def refuses_link(self, link: Link) -> bool:
        return False


class _Edits:
    """What is to be done to one tag."""

    def __init__(self) -> None:
        self.refused: list[bytes] = []
        self.why: Refused | None = None
        self.reference = ""
        self.within: dict[bytes, list[tuple[int, bytes]]] = {}

    def refuse(self, attribute: bytes, reference: str, why: Refused) -> None:
        self.refused.append(attribute)
        if self.why is None:
            self.why, self.reference = why, reference


_LOADS_IN = {name: ANYWHERE | loads for name, loads in LOADS.items()}
_CANDIDATE = re.compile(r"[^\s,]\S*[^\s,]")
_SCHEME = re.compile(r"[\x00-\x20]*[A-Za-z][A-Za-z0-9+.\-\t\n\r]*:")
# One transparent point: an image whose address waits keeps its place and shows no broken picture.
_EMPTY_PICTURE = b' src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"'
_NO_LENGTH = frozenset({b"0", b"1", b"0px", b"1px"})
_HIDDEN = re.compile(rb"(?:display\s*:\s*none|visibility\s*:\s*hidden|(?:width|height)\s*:\s*[01]px)", re.I)


# Pages use few start tags for all their scripts.
@lru_cache(maxsize=1024)
def _holds_text(raw: bytes) -> bool:
    tag = StartTag(b"script", raw)
    return b"src" not in tag and is_executable(tag)


def _style_prefix(why: Refused) -> bytes:
    return STYLE_PREFIX + why.purpose.encode() + b","


def _references(value: str, how: How) -> Iterator[str]:
    if how is How.URL:
        yield value
    elif how is How.URLS:
        yield from value.split()
    else:
        yield from _CANDIDATE.findall(value)


def _is_relative(reference: str) -> bool:
    """Whether a base element changes where it leads."""
    return _SCHEME.match(reference) is None and not reference.lstrip().startswith(
        ("//", "\\\\", "/\\", "\\/", "#")
    )


def _is_pixel(tag: StartTag) -> bool:
    """Whether an element takes no place that a visitor sees."""
    values = tag.raw_values
    if values.get(b"width", b"").strip() in _NO_LENGTH or values.get(b"height", b"").strip() in _NO_LENGTH:
        return True
    style = values.get(b"style")
    return b"hidden" in values or (style is not None and _HIDDEN.search(style) is not None)


def _size(tag: StartTag) -> bytes:
    """The attributes that give an element its place, for what stands there instead."""
    kept = ((name, tag.raw_value(name) or b"") for name in (b"width", b"height", b"class", b"title"))
    return b"".join(b' %s="%s"' % (name, raw.replace(b'"', b"&quot;")) for name, raw in kept if raw)
