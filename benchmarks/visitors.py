"""Visitors of a shop, and pages on their way to them through privacy_mw."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from privacy_mw import PrivacyConfig
from privacy_mw.catalogue import load_catalogue
from privacy_mw.consent import Choice, ChoiceSigner
from privacy_mw.engine import PrivacyEngine
from privacy_mw.exchange import Exchange, View
from privacy_mw.html.rewriter import Rewriter
from privacy_mw.messages import RequestHead
from privacy_mw.purposes import ALL

_SITE = "shop.example"
_KEY = "k" * 32


class Visitor:
    """Asks an engine of its own for pages, so a new visitor's pages are the first that the engine sees."""

    def __init__(self, *, accepts: bool = False, gets_banner: bool = False) -> None:
        """``accepts``: the visitor has allowed everything; else nothing but the necessary."""
        config = PrivacyConfig(secret_key=_KEY, banner=gets_banner, privacy_link=gets_banner)
        fields = {b"host": _SITE.encode()}
        if accepts:
            choice = Choice(ALL, config.policy_version, int(time.time()))
            fields[b"cookie"] = b"__Host-privacy_choice=" + ChoiceSigner(config.secret_keys).write(choice)
        self._engine = PrivacyEngine(config)
        self._head = RequestHead("GET", "https", _SITE, "", "/", b"", fields)

    def exchange(self) -> Exchange:
        """A request whose answer has begun as a page."""
        exchange = self._engine.open(self._head)
        assert isinstance(exchange, Exchange)
        exchange.start_response(200, [(b"content-type", b"text/html")])
        return exchange

    def rewriter(self) -> Rewriter:
        """The rewriting step alone: scan, judge, edit, insert."""
        view = View(self._engine.decide(self._head))
        inserts = self._engine.inserts(self._head, view)
        return Rewriter(self._engine.editor(self._head, view), inserts)


def new_visitor(*, accepts: bool = False, gets_banner: bool = False) -> Visitor:
    """A visitor in a process that remembers no page, host, address or catalogue."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "privacy_mw":
            for value in vars(module).values():
                if callable(forget := getattr(value, "cache_clear", None)):
                    forget()
    load_catalogue()  # a process does so once, at start-up
    return Visitor(accepts=accepts, gets_banner=gets_banner)


def whole(stream: Exchange | Rewriter, page: bytes) -> bytes:
    """The page, fed at once."""
    return stream.feed(page) + stream.finish()


def read_pages(folder: Path) -> list[bytes]:
    """The pages in ``folder/*.html``; ends the program when there are none."""
    pages = [path.read_bytes() for path in sorted(folder.glob("*.html"))]
    if not pages:
        sys.exit(f"no pages in {folder}; name a folder with .html files")
    return pages
