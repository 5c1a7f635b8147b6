"""Pages through the engine, for a visitor who has refused everything, or allowed some of it."""

from __future__ import annotations

from functools import cache
from typing import Any

from privacy_mw import PrivacyConfig
from privacy_mw.engine import PrivacyEngine
from privacy_mw.exchange import Exchange, View
from privacy_mw.html.rewriter import Rewriter
from privacy_mw.messages import RequestHead
from tests.shops import SECRET

HOST = "shop.example"


def edited(
    *chunks: bytes,
    host: str = HOST,
    path: str = "/",
    kind: bytes = b"text/html",
    thorough: bool = False,
    **settings: Any,
) -> bytes:
    """What is sent of a page, without banner and link. ``regime="notice"`` is a visitor to whom all is allowed."""
    engine = _engine(**settings) if settings else _default_engine()
    head = RequestHead("GET", "https", host, "", path, b"", {b"host": host.encode()})
    exchange = engine.open(head)
    assert isinstance(exchange, Exchange)
    exchange.start_response(200, [(b"content-type", kind)])
    if thorough:
        editor = engine.editor(head, View(exchange.decision))
        editor.sees_every_tag = True
        rewriter = Rewriter(editor, None)
        return b"".join([*map(rewriter.feed, chunks), rewriter.finish()])
    return b"".join([*map(exchange.feed, chunks), exchange.finish()])


def _engine(**settings: Any) -> PrivacyEngine:
    plain: dict[str, Any] = {"secret_key": SECRET, "banner": False, "privacy_link": False}
    return PrivacyEngine(PrivacyConfig(**(plain | settings)))


@cache
def _default_engine() -> PrivacyEngine:
    return _engine()
