"""What the corpus scorer runs: a page through the whole WSGI door, for a visitor who refuses everything.

Neither banner nor link is put in, so that what is measured is blocking alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from privacy_mw import PrivacyConfig, classify_cookie
from privacy_mw.engine import PrivacyEngine
from privacy_mw.exchange import Exchange
from privacy_mw.messages import RequestHead

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONFIG = PrivacyConfig(secret_key="k" * 32, banner=False, privacy_link=False)
_ENGINE = PrivacyEngine(_CONFIG)


def classify(name: str) -> str:
    """The purpose of a cookie by the catalogue, or "unknown"."""
    purpose = classify_cookie(name)
    return "unknown" if purpose is None else str(purpose)


def rewrite(html: bytes, site: str) -> bytes:
    """The page as it is sent."""
    return b"".join(rewritten([html], site))


def rewritten(chunks: Iterable[bytes], site: str) -> Iterable[bytes]:
    """The same, chunk by chunk."""
    fields: Mapping[bytes, bytes] = {b"host": site.encode()}
    exchange = _ENGINE.open(RequestHead("GET", "https", site, "", "/", b"", fields))
    assert isinstance(exchange, Exchange)
    exchange.start_response(200, [(b"content-type", b"text/html")])
    for chunk in chunks:
        yield exchange.feed(chunk)
    yield exchange.finish()


def category(url: str) -> str:
    """The purpose of an address by the catalogue, or "unknown"."""
    from privacy_mw.urls import read_url

    read = read_url(url)
    service = _CONFIG.catalogue.service_of_url(*read) if read else None
    return "unknown" if service is None else str(service.purpose)
