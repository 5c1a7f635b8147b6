"""What parsers of browser grade see in a markup. They know nothing of the scanner.

Three parsers, two kinds of answer. ``tokens`` are the start tags that come out of html5lib's tokenizer
while html5lib's tree builder steers it, in source order; also those that the tree builder drops.
``lexbor_elements`` and ``turbohtml_elements`` are the elements of two other parsers' trees, contents of
templates included: what is alive, in the order of the tree.

html5lib 1.1 implements the HTML Standard as it was in 2016. Mended here, because it steers the tokenizer:

- In foreign content ``</p>`` and ``</br>`` leave it (13.2.6.5).
- "Any other end tag" in the body matches HTML elements only, and stops at every special element, among
  which are MathML's mi, mo, mn, ms, mtext and annotation-xml and SVG's desc and title (13.2.4.2, 13.2.6.4.7).

Not mended, so that a markup with one of ``NOT_IN_HTML5LIB`` must be asked of the other two:

- template: an element like any other, with no insertion mode and no scope of its own (13.2.6.4.18).
- select: has the insertion modes "in select", which the Standard dropped in 2025; there a parser ignores
  all tags but script, option, optgroup, select, input, textarea and keygen, and reads no raw text.
- isindex: expands to a form; to the Standard it is an unknown element since 2016.
- frameset: right, but the tags a frameset document ignores come out as tokens too, those in a title or a
  script among them, which no other parser would read as markup. What is alive there, trees tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import html5lib
import turbohtml
from html5lib.constants import asciiUpper2Lower, namespaces, specialElements, tokenTypes
from html5lib.html5parser import getPhases
from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode

NOT_IN_HTML5LIB: frozenset[bytes] = frozenset({b"template", b"select", b"isindex", b"frameset"})


class Seen(NamedTuple):
    """A start tag: its name in lower case, and what is read of each attribute, first occurrences only."""

    name: str
    attributes: dict[str, str]


def seen(name: str, attributes: dict[str, str]) -> Seen:
    """Brings to one form what parsers keep in different ones: SVG's capitals, NUL and line ends."""
    return Seen(_name(name), {_name(key): _plain(value) for key, value in attributes.items()})


def _name(text: str) -> str:
    return _plain(text).translate(asciiUpper2Lower)


def _plain(text: str) -> str:
    return text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")


def _decoded(markup: bytes) -> str:
    """A byte order mark is no part of the markup (Encoding Standard, "decode")."""
    return markup.decode("utf-8-sig", "replace")


# --- html5lib ---

_PHASES = getPhases(False)
_ForeignContentPhase: Any = _PHASES["inForeignContent"]
_BodyPhase: Any = _PHASES["inBody"]
_HTML = namespaces["html"]
_SPECIAL = specialElements | {
    *((_HTML, name) for name in ("figcaption", "hgroup", "keygen", "main", "search", "source", "summary", "track")),
    *((namespaces["mathml"], name) for name in ("mi", "mo", "mn", "ms", "mtext", "annotation-xml")),
    *((namespaces["svg"], name) for name in ("desc", "title")),
}  # fmt: skip


def tokens(markup: bytes, *, scripting: bool) -> list[Seen]:
    """The start tags that html5lib's tokenizer emits, in source order."""
    parser = _RecordingParser()
    parser.parse(_decoded(markup), scripting=scripting)
    return parser.start_tags


class _ForeignContent(_ForeignContentPhase):  # type: ignore[misc]  # html5lib has no types
    def processEndTag(self, token: dict[str, Any]) -> Any:
        if token["name"] not in ("p", "br"):
            return super().processEndTag(token)
        while _is_plainly_foreign(self.parser, self.tree.openElements[-1]):
            self.tree.openElements.pop()
        return self.parser.phase.processEndTag(token)


class _Body(_BodyPhase):  # type: ignore[misc]
    def endTagOther(self, token: dict[str, Any]) -> None:
        stack = self.tree.openElements
        for node in reversed(stack):
            if (node.namespace, node.name) == (_HTML, token["name"]):
                self.tree.generateImpliedEndTags(exclude=token["name"])
                del stack[stack.index(node) :]
                return
            if (node.namespace, node.name) in _SPECIAL:
                return

    def processEndTag(self, token: dict[str, Any]) -> Any:
        handler = self.endTagHandler[token["name"]]
        is_other = handler.__func__ is _BodyPhase.endTagOther
        return self.endTagOther(token) if is_other else handler(token)


class _RecordingParser(html5lib.HTMLParser):  # type: ignore[misc]
    """Notes each start tag when the tokenizer is done with it, before the tree builder adjusts its names."""

    def __init__(self) -> None:
        super().__init__()
        self.phases["inForeignContent"] = _ForeignContent(self, self.tree)
        self.phases["inBody"] = _Body(self, self.tree)
        self.start_tags: list[Seen] = []

    def reset(self) -> None:
        super().reset()
        self._emit = self.tokenizer.emitCurrentToken
        self.tokenizer.emitCurrentToken = self._emit_and_note

    def _emit_and_note(self) -> None:
        self._emit()
        token = self.tokenizer.currentToken
        if token["type"] == tokenTypes["StartTag"]:
            self.start_tags.append(seen(token["name"], dict(token["data"])))


def _is_plainly_foreign(parser: Any, node: Any) -> bool:
    """Whether a node is in another namespace and no integration point."""
    return node.namespace != _HTML and not (
        parser.isHTMLIntegrationPoint(node) or parser.isMathMLTextIntegrationPoint(node)
    )


# --- lexbor ---


def lexbor_elements(markup: bytes, *, scripting: bool) -> list[Seen]:
    """The elements of lexbor's tree. Nothing is cloned into a selectedcontent."""
    options = LexborDocumentOptions.WO_EVENTS
    root = LexborHTMLParser(_decoded(markup), scripting=scripting, options=options).root
    return [] if root is None else list(_lexbor_subtree(root))


def _lexbor_subtree(root: LexborNode) -> Iterator[Seen]:
    for node in root.traverse(include_text=False):
        if node.is_element_node:
            yield seen(node.tag or "", {key: value or "" for key, value in node.attributes.items()})
    for fragment in root.template_fragments():
        for node in fragment.iter():
            yield from _lexbor_subtree(node)


# --- turbohtml ---


def turbohtml_elements(markup: bytes, *, scripting: bool) -> list[Seen]:
    """The elements of turbohtml's tree, those of shadow roots included."""
    document = turbohtml.parse(
        _decoded(markup), scripting=scripting, positions=False, allow_declarative_shadow_roots=False
    )
    return [
        seen(node.tag, {key: _joined(value) for key, value in node.attrs.items()})
        for node in document.descendants
        if isinstance(node, turbohtml.Element)
    ]


def _joined(value: str | list[str] | None) -> str:
    """turbohtml splits class, rel and the like into words."""
    return " ".join(value) if isinstance(value, list) else value or ""
