"""python -m tools.catalogue: writes the shipped catalogue. With --check: exit 1 when it differs from that."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.catalogue.checks import problems
from tools.catalogue.docs import docs_text
from tools.catalogue.shipped import facts_text, shipped_text
from tools.catalogue.source import PURPOSES, CatalogueError, Sources, read_all

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "catalogue"
DATA = ROOT / "src" / "privacy_mw" / "catalogue" / "data"
DOCS = ROOT / "docs" / "catalogue.md"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.catalogue", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 when a file is out of date"
    )
    is_check = parser.parse_args(arguments).check
    try:
        sources = read_all(SOURCE)
        if found := problems(sources):
            raise CatalogueError("\n".join(found))
    except CatalogueError as error:
        print(error, file=sys.stderr)
        return 1
    for target, text in (
        (DATA / "catalogue.json", shipped_text(sources)),
        (DATA / "facts.json", facts_text(sources)),
        (DOCS, docs_text(sources)),
    ):
        content = text.encode("utf-8")
        if is_check and (not target.is_file() or target.read_bytes() != content):
            print(f"{target.name} is out of date with catalogue/; run make catalogue", file=sys.stderr)
            return 1
        if not is_check:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    print(_summary(sources))
    return 0


def _summary(sources: Sources) -> str:
    services = sources.services
    counts = [f"{sum(s.purpose == purpose for s in services)} {purpose}" for purpose in PURPOSES]
    names = {name for s in services for key in ("cookies", "vendor_cookies") for name in s.names(key)}
    return f"{len(services)} services: {', '.join(counts)}; {len(names)} cookie names and patterns"


if __name__ == "__main__":
    sys.exit(main())
