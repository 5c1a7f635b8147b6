"""What a look-up in the catalogue costs, and whether it grows with the catalogue.

``python -m benchmarks.catalogue``: the shipped tables, and the same ten and a hundred times over with other
names, as if so many services were known. Look-ups are asked past what the catalogue remembers; "remembered"
is the public ``classify_cookie``. Start-up is a process of its own each time.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from benchmarks.clock import machine, medians
from privacy_mw import classify_cookie
from privacy_mw.catalogue import Catalogue, load_catalogue
from privacy_mw.catalogue.load import read_tables

SIZES = (1, 10, 100)
ROUNDS = 15
REPEATS = 200
COOKIES = (
    "_ga",
    "_ga_ABC123",
    "_hjSession_1",
    "sessionid",
    "mystery",
    "__Secure-_ga",
    "wordpress_logged_in_1",
)
ADDRESSES = (
    ("www.google-analytics.com", "/analytics.js", ""),
    ("www.googletagmanager.com", "/gtag/js", "id=G-1"),
    ("static.hotjar.com", "/c/hotjar-1.js", ""),
    ("cdn.unknown.example", "/a/b/c.js", ""),
    ("a.b.c.d.e.unknown.example", "/", ""),
)
START = """
import time
begun = time.perf_counter()
from privacy_mw.catalogue import load_catalogue
imported = time.perf_counter()
load_catalogue()
print(imported - begun, time.perf_counter() - imported)
"""


def grown(tables: dict[str, Any], times: int) -> dict[str, Any]:
    """The tables ``times`` over: in each copy hosts, names and texts are others."""
    columns = tables["services"]
    result: dict[str, Any] = {"services": tuple(column * times for column in columns)}
    for key, table in tables.items():
        if key == "services":
            continue
        result[key] = {
            _other(key, name, copy): _moved(value, copy * len(columns[0]), copy)
            for copy in range(times)
            for name, value in table.items()
        }
    return result


def _other(table: str, name: str, copy: int) -> str:
    if not copy:
        return name
    return f"{copy}.{name}" if table in ("urls", "scripts") else f"{name[:1]}{copy}{name[1:]}"


def _moved(value: Any, by: int, copy: int) -> Any:
    if isinstance(value, int):
        return value + by
    return [[*entry[:-1], entry[-1] + by] for entry in value]


def each(look_up: Callable[..., object], questions: Iterable[Any]) -> None:
    for question in questions:
        look_up(question)


def main() -> None:
    """Prints the tables."""
    tables = read_tables()
    print(f"One look-up in nanoseconds, medians of {ROUNDS} rounds ({machine()})")
    print(f"  {'services':>10} {'cookie':>8} {'address':>8}")
    cookies, addresses = COOKIES * REPEATS, ADDRESSES * REPEATS
    for times in SIZES:
        catalogue = Catalogue(grown(tables, times))
        forgetful_cookie = catalogue.service_of_cookie.__wrapped__
        forgetful_url = catalogue.service_of_url.__wrapped__
        seconds = medians(
            {
                "cookie": partial(each, forgetful_cookie, cookies),
                "address": partial(each, lambda question, find=forgetful_url: find(*question), addresses),
            },
            rounds=ROUNDS,
        )
        cookie, address = seconds["cookie"] / len(cookies), seconds["address"] / len(addresses)
        print(f"  {len(tables['services'][0]) * times:10,} {cookie * 1e9:8.0f} {address * 1e9:8.0f}")
    shipped = load_catalogue()
    known = medians(
        {
            "cookie": partial(each, classify_cookie, cookies),
            "address": partial(each, lambda question: shipped.service_of_url(*question), addresses),
        },
        rounds=ROUNDS,
    )
    cookie, address = known["cookie"] / len(cookies), known["address"] / len(addresses)
    print(f"  remembered {cookie * 1e9:8.0f} {address * 1e9:8.0f}")
    _print_start()


def _print_start() -> None:
    runs = [
        [float(word) for word in subprocess.check_output([sys.executable, "-c", START], text=True).split()]
        for _ in range(ROUNDS)
    ]
    imported, loaded = (statistics.median(column) * 1e3 for column in zip(*runs, strict=True))
    tracemalloc.start()
    catalogue = Catalogue(read_tables())
    kept_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"Start: {loaded:.1f} ms to load the tables, behind {imported:.1f} ms of imports; they take")
    print(f"{kept_bytes / 1e6:.1f} MB for {len(catalogue.services):,} services")


if __name__ == "__main__":
    main()
