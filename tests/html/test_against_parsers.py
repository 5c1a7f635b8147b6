"""Whatever the markup, the scanner offers the start tags that independent parsers see in it.

The known differences are building blocks that one parser is not asked about (``oracles.NOT_IN_HTML5LIB``,
each with its reason there; the other two parsers are), and noscript: its content is text to one browser and
markup to another, so the scanner has to offer what either sees and has no single list to be equal to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from privacy_mw.html.rewriter import Rewriter
from privacy_mw.html.runs import compile_runs
from privacy_mw.html.tag import StartTag
from tests.html.oracles import NOT_IN_HTML5LIB, Seen, lexbor_elements, seen, tokens, turbohtml_elements
from tests.html.soup import WANTED, hostile_page, soup

RUNS = compile_runs(WANTED)
WANTED_NAMES = {name.decode() for name in WANTED}
NOSCRIPT = frozenset({b"noscript"})
Parser = Callable[..., list[Seen]]


class Recorder:
    """An editor that changes nothing and notes what it is offered."""

    runs = RUNS
    sees_every_tag = True
    looks_anew = False

    def suspects(self, data: bytes | bytearray, start: int) -> list[int]:
        return []

    def edit_style(self, css: bytes, offset: int) -> bytes | None:
        return None

    def failed(self, tag: StartTag) -> bytes | None:
        raise AssertionError("judging a tag failed")

    def __init__(self, *, holds_text: bool = False) -> None:
        self.offered: list[Seen] = []
        self._holds_text = holds_text

    def new_suspects(self, data: bytes | bytearray, start: int) -> list[int]:
        return []

    def holds_text(self, tag: StartTag) -> bool:
        return self._holds_text

    def edit_tag(self, tag: StartTag, text: bytes) -> bytes | None:
        values = {attribute.name: tag.value(attribute.name) or "" for attribute in tag.attributes}
        self.offered.append(seen(tag.name.decode(), {name.decode(): value for name, value in values.items()}))
        return None


def scanned(*chunks: bytes, holds_text: bool = False) -> tuple[list[Seen], bytes]:
    """What is offered, and the page as it is sent: the same, but that what a noscript leaves open is closed, and a
    drawing where it is not known whether it is open.
    """
    recorder = Recorder(holds_text=holds_text)
    rewriter = Rewriter(recorder, None)
    out = b"".join([*(rewriter.feed(chunk) for chunk in chunks), rewriter.finish()])
    assert out == b"".join(chunks) or CLOSES.search(b"".join(chunks))
    return wanted(recorder.offered), out


def offered(*chunks: bytes, holds_text: bool = False) -> list[Seen]:
    return scanned(*chunks, holds_text=holds_text)[0]


# What a noscript leaves open is closed. An end tag within SVG or MathML that none of the elements there has may
# lead out, depending on elements that the scanner did not look at, so the scanner leads out itself before text
# follows that is markup in the other reading.
CLOSES = re.compile(rb"<noscript|<(?:svg|math)[\s/>].*</(?!svg|math)[a-z]", re.I | re.S)
# Behind content, a frameset may take the place of the body or be ignored: what either sees is offered.
MAY_BE_FRAMESET = re.compile(rb"<frameset", re.I)


def wanted(tags: list[Seen]) -> list[Seen]:
    return [tag for tag in tags if tag.name in WANTED_NAMES]


def missing(from_: list[Seen], of: list[Seen]) -> list[Seen]:
    """Those ``of`` that ``from_`` lacks, each as often as it lacks."""
    rest = Counter(map(_countable, from_))
    rest.subtract(map(_countable, of))
    return [tag for tag in of if rest[_countable(tag)] < 0]


def _countable(tag: Seen) -> tuple[str, frozenset[tuple[str, str]]]:
    """An image outside of SVG is an img in a tree; a token still says what was written."""
    name = "img" if tag.name == "image" else tag.name
    return name, frozenset(tag.attributes.items())


@settings(max_examples=1500, deadline=None)
@given(
    markup=st.one_of(
        soup(without=NOT_IN_HTML5LIB | NOSCRIPT), hostile_page(without=NOT_IN_HTML5LIB | NOSCRIPT)
    )
)
def test_the_tags_that_html5lib_sees_are_offered_and_no_others(markup: bytes) -> None:
    found, sent = scanned(markup)

    assert found == wanted(tokens(sent, scripting=True))


@pytest.mark.parametrize("scripting", [True, False])
@settings(max_examples=500, deadline=None)
@given(markup=st.one_of(soup(without=NOT_IN_HTML5LIB), hostile_page(without=NOT_IN_HTML5LIB)))
def test_what_a_browser_sees_with_or_without_scripting_is_offered(scripting: bool, markup: bytes) -> None:
    found, sent = scanned(markup)

    assert missing(from_=found, of=wanted(tokens(sent, scripting=scripting))) == []


@settings(max_examples=500, deadline=None)
@given(markup=st.one_of(soup(without=NOT_IN_HTML5LIB), hostile_page(without=NOT_IN_HTML5LIB)))
def test_what_no_browser_sees_with_or_without_scripting_is_not_offered(markup: bytes) -> None:
    found, sent = scanned(markup)
    either = wanted(tokens(sent, scripting=True)) + wanted(tokens(sent, scripting=False))

    assert MAY_BE_FRAMESET.search(markup) or missing(from_=either, of=found) == []


@pytest.mark.parametrize("scripting", [True, False])
@pytest.mark.parametrize("parser", [lexbor_elements, turbohtml_elements])
@settings(max_examples=500, deadline=None)
@given(markup=st.one_of(soup(), hostile_page()))
@example(markup=b"<template><svg></template><math><annotation-xml><svg><style><link href=1>")
@example(markup=b"<div><svg></div><desc><math></svg><style><img src=1>")
def test_no_live_element_is_missed(parser: Parser, scripting: bool, markup: bytes) -> None:
    found, sent = scanned(markup)

    assert missing(from_=found, of=wanted(parser(sent, scripting=scripting))) == []


@settings(max_examples=500, deadline=None)
@given(
    markup=st.one_of(soup(), hostile_page()),
    cuts=st.lists(st.integers(0, 300), max_size=6),
    holds_text=st.booleans(),
)
def test_any_partition_into_chunks_offers_the_same(markup: bytes, cuts: list[int], holds_text: bool) -> None:
    borders = [0, *sorted(min(cut, len(markup)) for cut in cuts), len(markup)]
    chunks = [markup[start:end] for start, end in pairwise(borders)]
    single_bytes = [markup[at : at + 1] for at in range(len(markup))]

    assert offered(*chunks, holds_text=holds_text) == offered(markup)
    assert offered(*single_bytes, holds_text=holds_text) == offered(markup)


@pytest.mark.parametrize("parser", [lexbor_elements, turbohtml_elements])
@pytest.mark.parametrize(
    "value",
    [
        b"&#1;&#x4g&#11;&#x7f;",
        b"&#x81;&#128;&#159;",
        b"&#xfffe;&#xffff;&#xfdd0;&#x1ffff;",
        b"&#0;&#xd800;&#xdfff;&#x110000;",
        b"&#x" + b"f" * 5000 + b";",
        b"&#" + b"0" * 5000 + b"64;",
        b"&#" + b"9" * 5000 + b";",
    ],
    ids=lambda value: value[:40].decode() if isinstance(value, bytes) else None,
)
def test_a_reference_to_any_number_is_decoded_as_parsers_decode_it(parser: Parser, value: bytes) -> None:
    markup = b"<img src='" + value + b"'>"

    assert offered(markup) == wanted(parser(markup, scripting=True))
