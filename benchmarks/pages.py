"""HTML pages through privacy_mw, beside native rewriters, parsers and gzip.

``python -m benchmarks.pages FOLDER``: the pages in FOLDER/*.html, each fed whole. turbohtml.rewrite (C) and
lol-html (Rust, as wasm) get handlers on the same elements that read the address and change nothing;
turbohtml gets its input as text, already decoded. "First seen": an engine that is new in every round and a
process that remembers nothing, so no answer comes from a cache that an earlier round has filled.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from selectolax.lexbor import LexborHTMLParser
from turbohtml.rewrite import rewrite as turbohtml_rewrite

from benchmarks.clock import Round, always, machine, median_rounds, timed
from benchmarks.lolhtml import lolhtml_rounds
from benchmarks.visitors import Visitor, new_visitor, read_pages, whole
from privacy_mw.blocking import LOADS
from privacy_mw.html.rewriter import Inserts, Rewriter
from privacy_mw.html.runs import compile_runs
from privacy_mw.html.tag import StartTag

ROUNDS = 7
NO_RUNS = compile_runs([])
WHOLE = "privacy_mw, whole middleware"
REWRITING = "privacy_mw, rewriting step"


class NoEditor:
    """Judges nothing: what is left is the scan."""

    runs = NO_RUNS
    sees_every_tag = False
    looks_anew = False

    def suspects(self, data: bytes | bytearray, start: int) -> list[int]:
        return []

    def new_suspects(self, data: bytes | bytearray, start: int) -> list[int]:
        return []

    def holds_text(self, tag: StartTag) -> bool:
        return False

    def edit_tag(self, tag: StartTag, text: bytes) -> bytes | None:
        return None

    def edit_style(self, css: bytes, offset: int) -> bytes | None:
        return None

    def failed(self, tag: StartTag) -> bytes | None:
        return None


def _send(visitor: Visitor, page: bytes) -> bytes:
    return whole(visitor.exchange(), page)


def _rewrite(visitor: Visitor, page: bytes) -> bytes:
    return whole(visitor.rewriter(), page)


def _scan(visitor: Visitor, page: bytes) -> bytes:
    return whole(Rewriter(NoEditor(), Inserts()), page)


def _ours(pages: list[bytes]) -> dict[str, Round]:
    refuses: dict[str, bool] = {}
    candidates: dict[str, Round] = {}
    for name, send, settings in (
        (WHOLE, _send, refuses),
        ("privacy_mw, all accepted", _send, {"accepts": True}),
        (REWRITING, _rewrite, {"gets_banner": True}),
        ("privacy_mw, scan alone", _scan, refuses),
    ):
        run = partial(_each, pages, send)
        candidates[name] = timed(run, always(Visitor(**settings)))
        candidates[f"{name}, first seen"] = timed(run, partial(new_visitor, **settings))
    return candidates


def _each(pages: list[bytes], send: Callable[[Visitor, bytes], bytes], visitor: Visitor) -> None:
    for page in pages:
        send(visitor, page)


def _of_pages(run: Callable[[Any], object], pages: list[Any]) -> Round:
    return timed(lambda pages: [run(page) for page in pages], always(pages))


def _with_turbohtml(pages: list[bytes], reads: dict[str, str]) -> Round:
    def reader(attribute: str) -> Callable[[Any], Any]:
        return lambda element: element.get(attribute)

    handlers: list[tuple[str, Any]] = [(name, reader(attribute)) for name, attribute in reads.items()]
    texts = [page.decode("latin-1") for page in pages]
    return _of_pages(lambda text: turbohtml_rewrite(text, elements=handlers), texts)


def _with_lxml(pages: list[bytes]) -> dict[str, Round]:
    try:
        from lxml import html
    except ImportError:
        print("lxml is left out: it is not installed (pip install lxml)")
        return {}
    return {"lxml, parse and serialise": _of_pages(lambda page: html.tostring(html.fromstring(page)), pages)}


def main(folder: Path) -> None:
    """Prints the table."""
    pages = read_pages(folder)
    reads = {name.decode(): next(iter(loads)).decode() for name, loads in LOADS.items()}
    with lolhtml_rounds(folder, reads) as lolhtml:
        candidates = {
            **_ours(pages),
            "turbohtml.rewrite (C), reading": _with_turbohtml(pages, reads),
            **lolhtml,
            "selectolax, parse and serialise": _of_pages(lambda page: LexborHTMLParser(page).html, pages),
            **_with_lxml(pages),
            "gzip level 6": _of_pages(lambda page: gzip.compress(page, 6), pages),
        }
        seconds = median_rounds(candidates, rounds=ROUNDS)
    megabytes = sum(map(len, pages)) / 1e6
    print(f"{len(pages)} pages, {megabytes:.1f} MB ({machine()})")
    print(f"Medians of {ROUNDS} rounds in turn, and how many times as fast ours are:")
    print(f"  {'':40} {'MB/s':>7} {'whole middleware':>18} {'rewriting step':>16}")
    for name, value in seconds.items():
        ours = f"{value / seconds[WHOLE]:18.2f} {value / seconds[REWRITING]:16.2f}"
        print(f"  {name:40} {megabytes / value:7.1f} {ours}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
