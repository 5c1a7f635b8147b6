"""A weather station: a page with two trackers, a JSON endpoint, a page sent piece by piece."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from privacy_mw import Purpose
from privacy_mw.asgi import PrivacyMiddleware

READINGS = [
    {"hour": 6, "celsius": 8.5, "wind": "NW 4"},
    {"hour": 12, "celsius": 12.0, "wind": "W 5"},
    {"hour": 18, "celsius": 10.5, "wind": "SW 3"},
]
HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gull Point weather</title>
<script async src="https://www.googletagmanager.com/gtag/js?id=G-GULLPOINT1"></script>
<script>
(function (w, d, name, id) {
  w[name] = w[name] || function () { (w[name].q = w[name].q || []).push(arguments); };
  var tag = d.createElement('script'), first = d.getElementsByTagName('script')[0];
  tag.async = 1; tag.src = 'https://www.clarity.ms/tag/' + id;
  first.parentNode.insertBefore(tag, first);
})(window, document, 'clarity', 'gullpoint1');
</script>
<style>
body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem; font: 1.1rem/1.6 sans-serif; }
</style>
</head>
<body>
"""
HOME = """<h1>Gull Point</h1>
<p>A mast, a vane and a thermometer on the last rock before the sea.</p>
<p><a href="/log">Today's log</a> and the same <a href="/api/readings">for machines</a>.</p>
"""
POLICY = """<h1>How we treat your data</h1>
<p>Visits are counted with Google Analytics and Microsoft Clarity if you agree, else not at all.</p>
"""
FOOT = """</body>
</html>
"""


def create_app(*, protected: bool = True) -> FastAPI:
    """The station's site. Without ``GULL_POINT_SECRET_KEY`` choices end with the process."""
    app = FastAPI(title="Gull Point weather")
    app.get("/", response_class=HTMLResponse)(home)
    app.get("/privacy", response_class=HTMLResponse)(privacy)
    app.get("/log", response_class=HTMLResponse)(log)
    app.get("/api/readings")(readings)
    if protected:
        app.add_middleware(
            PrivacyMiddleware,
            secret_key=os.environ.get("GULL_POINT_SECRET_KEY") or secrets.token_urlsafe(48),
            policy_url="/privacy",
        )
    return app


async def home() -> HTMLResponse:
    page = HTMLResponse(HEAD + HOME + FOOT)
    page.set_cookie("_ga", "GA1.1.123456789.1700000000", max_age=365 * 24 * 60 * 60)
    page.set_cookie("units", "metric", samesite="lax")
    return page


async def privacy() -> HTMLResponse:
    return HTMLResponse(HEAD + POLICY + FOOT)


async def log() -> StreamingResponse:
    """A row as soon as it is known; the head is cut where it hurts, inside a tracker's tag."""
    return StreamingResponse(_log_pieces(), media_type="text/html")


async def _log_pieces() -> AsyncIterator[str]:
    cut = HEAD.index("googletagmanager") + 6
    yield HEAD[:cut]
    yield HEAD[cut:]
    yield "<h1>Today's log</h1>\n<ul>\n"
    for reading in READINGS:
        yield f"<li>{reading['hour']}:00, {reading['celsius']} °C, {reading['wind']}</li>\n"
    yield "</ul>\n" + FOOT


async def readings(request: Request) -> dict[str, object]:
    """The readings, and whether this request may be counted: the app can ask the decision."""
    decision = request.scope.get("privacy_mw")
    counted = decision is None or decision.allows(Purpose.ANALYTICS)
    return {"readings": READINGS, "counted": counted}


app = create_app()
