"""Four visitors walk through the shop over HTTP; one table says what reached them.

``--check`` compares the table with ``EXPECTED`` and exits; otherwise the shop stays open.
"""

from __future__ import annotations

import argparse
import logging
import signal
import socket
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import NamedTuple

from flask import Flask
from werkzeug.serving import make_server

from examples.flask_app.app import create_app
from examples.flask_app.visitors import Page, Visitor

TRACKER_HOSTS = (
    "googletagmanager.com",
    "google-analytics.com",
    "doubleclick.net",
    "facebook.com",
    "facebook.net",
    "clarity.ms",
)
EMBED_HOSTS = {
    "chat": ("intercom.io", "intercomcdn.com"),
    "fonts": ("fonts.googleapis.com", "fonts.gstatic.com"),
    "video": ("youtube.com", "youtube-nocookie.com"),
}


class Row(NamedTuple):
    """One visitor's line of the table; the fields are its columns."""

    cookies_set: str
    cookies_refused: str
    tracker_requests_left: str
    embeds_held_back: str
    banner: str
    privacy_link: str


VISITORS: dict[str, dict[str, str]] = {
    "first visit": {},
    "Sec-GPC: 1": {"Sec-GPC": "1"},
    "DNT: 1": {"DNT": "1"},
    "accepted all": {},
}
NEEDED = "csrf_token session"
NOT_NEEDED = "_fbp _ga _ga_FERNLEAF01 recent_teas"
HELD_BACK = Row(NEEDED, NOT_NEEDED, "0 of 35", "chat fonts video", "shown", "shown")
EXPECTED: dict[str, Row] = {
    "first visit": HELD_BACK,
    "Sec-GPC: 1": HELD_BACK._replace(banner="none"),
    "DNT: 1": HELD_BACK._replace(banner="none"),
    "accepted all": Row(
        "_fbp _ga _ga_FERNLEAF01 csrf_token privacy_choice recent_teas session",
        "none",
        "35 of 35",
        "none",
        "none",
        "shown",
    ),
}


class Walk(NamedTuple):
    """What one visitor got on the way from the shelf to the order and the privacy page."""

    cookies: set[str]
    pages: list[Page]

    @property
    def tracker_requests(self) -> int:
        return sum(page.fetches_from(TRACKER_HOSTS) for page in self.pages)

    @property
    def embeds(self) -> set[str]:
        """Embeds with at least one live request: half held back is not held back."""
        names = EMBED_HOSTS.items()
        return {name for name, hosts in names if any(p.fetches_from(hosts) for p in self.pages)}


def walk(visitor: Visitor) -> Walk:
    """Buy a tin and read the privacy page; every page is loaded as a browser would."""
    home = visitor.get("/")
    tea = visitor.get("/teas/moss-garden")
    cart = visitor.send(tea.form("/cart"), tea="moss-garden")
    checkout = visitor.get("/checkout")
    address = {"name": "A. Reader", "email": "reader@example.org", "address": "1 Fern Lane"}
    thanks = visitor.send(checkout.form("/checkout"), **address)
    return Walk(visitor.cookies, [home, tea, cart, thanks, visitor.get("/privacy")])


def row_of(walked: Walk, unprotected: Walk) -> Row:
    live, wanted = walked.tracker_requests, unprotected.tracker_requests
    return Row(
        cookies_set=names(walked.cookies),
        cookies_refused=names(unprotected.cookies - walked.cookies),
        tracker_requests_left=f"{live} of {wanted}",
        embeds_held_back=names(unprotected.embeds - walked.embeds),
        banner=shown([page.banner is not None for page in walked.pages]),
        privacy_link=shown([page.has_privacy_link for page in walked.pages]),
    )


def names(found: set[str]) -> str:
    return " ".join(sorted(found)) or "none"


def shown(on_pages: list[bool]) -> str:
    if len(set(on_pages)) == 1:
        return "shown" if on_pages[0] else "none"
    return f"on {sum(on_pages)} of {len(on_pages)} pages"


def visit(site: str, unprotected_site: str) -> dict[str, Row]:
    """The table: each visitor's walk, beside a walk through the same shop left to itself."""
    unprotected = walk(Visitor(unprotected_site, {}))
    rows = {}
    for title, headers in VISITORS.items():
        visitor = Visitor(site, headers)
        if title == "accepted all" and (banner := visitor.get("/").banner) is not None:
            visitor.send(banner, choice="accept")
        rows[title] = row_of(walk(visitor), unprotected)
    return rows


def format_table(rows: dict[str, Row]) -> str:
    """Fixed columns; a cell that is too long goes on in the next line."""
    titles = ("visitor", *(name.replace("_", " ") for name in Row._fields))
    widths = (12, 21, 21, 15, 13, 7, 12)
    lines = [titles, *((title, *row) for title, row in rows.items())]
    rule = "+".join("-" * (width + 2) for width in widths)
    out = [rule]
    for line in lines:
        cells = [textwrap.wrap(c, w) or [""] for c, w in zip(line, widths, strict=True)]
        for level in range(max(len(cell) for cell in cells)):
            parts = [cell[level] if level < len(cell) else "" for cell in cells]
            padded = (f" {part:<{width}} " for part, width in zip(parts, widths, strict=True))
            out.append("|".join(padded).rstrip())
        out.append(rule)
    return "\n".join(out)


def wrong_cells(rows: dict[str, Row]) -> list[str]:
    return [
        f"{title} / {column.replace('_', ' ')}: expected {expected!r}, found {found!r}"
        for title, row in rows.items()
        for column, expected, found in zip(Row._fields, EXPECTED[title], row, strict=True)
        if expected != found
    ]


@contextmanager
def serving(app: Flask, port: int) -> Iterator[str]:
    """Serve ``app`` on loopback while the block runs; yields its address."""
    with closing(free_socket(port)) as free:
        server = make_server("127.0.0.1", 0, app, threaded=True, fd=free.fileno())
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def free_socket(port: int) -> socket.socket:
    """A listening socket on ``port`` or the next free one of a hundred; 0 takes any."""
    for candidate in range(port, port + 100 if port else 1):
        try:
            return socket.create_server(("127.0.0.1", candidate), backlog=128)
        except OSError:
            continue
    raise SystemExit(f"no free port from {port} on; name another one with --port")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="examples.flask_app.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="8000, or the next free one")
    parser.add_argument("--check", action="store_true", help="compare the table and exit")
    parser.add_argument("--unprotected", action="store_true", help="leave the middleware out")
    options = parser.parse_args(arguments)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with serving(create_app(protected=not options.unprotected), options.port) as site:
        with serving(create_app(protected=False), 0) as unprotected_site:
            rows = visit(site, unprotected_site)
        print(format_table(rows), flush=True)
        if options.check:
            return report(wrong_cells(rows))
        # Explicitly: a shell that starts the demo in the background makes it deaf to Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            print(f"\nThe shop is open at {site} until you press Ctrl-C.", flush=True)
            threading.Event().wait()
    return 0


def report(wrong: list[str]) -> int:
    for cell in wrong:
        print(f"WRONG  {cell}", file=sys.stderr)
    cells = len(EXPECTED) * len(Row._fields)
    print(f"{cells - len(wrong)} of {cells} cells are as expected.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
