"""HTML pages through the whole middleware, beside a native rewriter and gzip.

``python -m benchmarks.pages FOLDER``: the pages in FOLDER/*.html. turbohtml.rewrite (C) gets handlers on the
same elements that read the address and change nothing, and its input as text, already decoded.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from turbohtml.rewrite import rewrite as turbohtml_rewrite

from benchmarks.clock import machine, medians
from benchmarks.corpus_adapter import rewrite
from privacy_mw.blocking import RULES
from privacy_mw.html.rewriter import Inserts, Rewriter
from privacy_mw.html.scanner import compile_names
from privacy_mw.html.tag import StartTag

NO_NAMES = compile_names([])


class NoEditor:
    """Judges nothing: what is left is the scan."""

    names = NO_NAMES

    def holds_text(self, tag: StartTag) -> bool:
        return False

    def edit_tag(self, tag: StartTag, text: bytes) -> bytes | None:
        return None


def _scan(page: bytes) -> bytes:
    rewriter = Rewriter(NoEditor(), Inserts())
    return rewriter.feed(page) + rewriter.finish()


def _reader(attribute: str) -> Callable[[Any], Any]:
    return lambda element: element.get(attribute)


def _with_turbohtml(texts: list[str], handlers: list[tuple[str, Any]]) -> list[str]:
    return [turbohtml_rewrite(text, elements=handlers) for text in texts]


def main(folder: Path) -> None:
    """Prints the table."""
    pages = [path.read_bytes() for path in sorted(folder.glob("*.html"))]
    if not pages:
        sys.exit(f"no pages in {folder}; name a folder with .html files")
    texts = [page.decode("latin-1") for page in pages]
    handlers = [(name.decode(), _reader(rule.loads[0].decode())) for name, rule in RULES.items()]

    seconds = medians(
        {
            "privacy_mw, whole middleware": lambda: [rewrite(page, "shop.example") for page in pages],
            "privacy_mw, scan alone": lambda: [_scan(page) for page in pages],
            "turbohtml.rewrite, reading": lambda: _with_turbohtml(texts, handlers),
            "gzip level 6": lambda: [gzip.compress(page, 6) for page in pages],
        },
        rounds=5,
    )
    megabytes = sum(map(len, pages)) / 1e6
    print(f"{len(pages)} pages, {megabytes:.1f} MB ({machine()})")
    ours = seconds["privacy_mw, whole middleware"]
    for name, value in seconds.items():
        print(f"  {name:30} {megabytes / value:7.1f} MB/s   privacy_mw is {value / ours:5.2f} times as fast")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
