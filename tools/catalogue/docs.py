"""docs/catalogue.md: what the catalogue knows, as a table for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tools.catalogue.source import PURPOSES, Source, Sources

_INTRO = Path(__file__).with_name("docs_intro.md")
_MOST_SHOWN = 6


def docs_text(sources: Sources) -> str:
    """The page: the introduction, figures, and a table for each purpose."""
    services = sorted(sources.services, key=lambda service: service.id)
    lines = [_INTRO.read_text(encoding="utf-8").rstrip(), "", *_figures(services)]
    for purpose in PURPOSES:
        own = [service for service in services if service.purpose == purpose]
        lines += ["", f"## {purpose}", "", "| id | service | provider | hosts and paths | cookies |"]
        lines += ["|---|---|---|---|---|", *map(_table_row, own)]
    return "\n".join(lines) + "\n"


def _figures(services: list[Source]) -> Iterator[str]:
    counts = Counter(service.purpose for service in services)
    yield "| purpose | services | URL patterns | cookies on the site's host | on the vendor's host |"
    yield "|---|---:|---:|---:|---:|"
    for purpose in PURPOSES:
        own = [service for service in services if service.purpose == purpose]
        sizes = (
            sum(len(service.strings("urls")) for service in own),
            sum(len(service.names("cookies")) for service in own),
            sum(len(service.names("vendor_cookies")) for service in own),
        )
        yield f"| {purpose} | {counts[purpose]} | " + " | ".join(map(str, sizes)) + " |"


def _table_row(service: Source) -> str:
    link = service.text("privacy") or service.text("homepage")
    cookies = [*service.names("cookies"), *service.names("vendor_cookies")]
    cells = (
        f"`{service.id}`",
        f"[{service.text('name')}]({link})" if link else service.text("name"),
        service.text("provider"),
        _some(list(service.strings("urls"))),
        _some(cookies),
    )
    return "| " + " | ".join(cells) + " |"


def _some(items: list[str]) -> str:
    shown = ", ".join(f"`{item}`" for item in items[:_MOST_SHOWN]).replace("|", "\\|")
    return shown + (f" and {len(items) - _MOST_SHOWN} more" if len(items) > _MOST_SHOWN else "")
