"""What a byte costs in pages made to be slow, by their size: a cost that grows with the size is a weakness.

``python -m benchmarks.hostile FOLDER``: the rewriting step on each, behind an ordinary beginning. With
``--full`` also 64 MB of each, and first a stream of 1 GB of the pages in FOLDER/*.html with its memory.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.clock import machine
from benchmarks.visitors import Visitor, read_pages

KB, MB, GB = 1_000, 1_000_000, 1_000_000_000
SIZES = {"1 KB": KB, "64 KB": 64 * KB, "1 MB": MB, "16 MB": 16 * MB}
FULL_SIZES = {**SIZES, "64 MB": 64 * MB}
FEEDINGS = {"whole": sys.maxsize, "1 KiB": 1024, "bytes": 1}
MAX_BYTE_BY_BYTE = 64 * KB
MEASURED_SECONDS = 0.1
"""Small pages are sent again until so much time was measured."""
STREAM_CHUNK_BYTES = 64 * 1024
BEGINNING = b"<!doctype html><html><head><title>x</title></head><body>"
NUMBER_BYTES = 7


class Hostile(NamedTuple):
    """``opening``, ``unit`` again and again, ``closing``."""

    opening: bytes
    unit: bytes
    closing: bytes = b""
    is_numbered: bool = False
    """Whether each unit gets a number, so that no two are equal."""

    def page(self, size: int) -> bytes:
        """A page of ``size`` bytes, or a few less."""
        room = size - len(BEGINNING) - len(self.opening) - len(self.closing)
        if self.is_numbered:
            count = room // (len(self.unit) + NUMBER_BYTES)
            units = b"".join(b"%s%0*d" % (self.unit, NUMBER_BYTES, number) for number in range(count))
        else:
            units = self.unit * (room // len(self.unit))
        return BEGINNING + self.opening + units + self.closing


HOSTILE: dict[str, Hostile] = {
    "one unclosed quote": Hostile(b'<img src="', b"<p>text "),
    "one giant attribute": Hostile(b'<img src="', b"a", b'">'),
    "one giant comment": Hostile(b"<!-- ", b"- ", b"-->"),
    "<img again and again": Hostile(b"", b"<img "),
    "< again and again": Hostile(b"", b"<"),
    "</script in a script": Hostile(b"<script>", b"</script", b"</script>"),
    "<div> never closed": Hostile(b"", b"<div>"),
    "<svg> never closed": Hostile(b"", b"<svg>"),
    "attributes, all named apart": Hostile(b"<img", b" a", b">", is_numbered=True),
}


def _pieces(page: bytes, size: int) -> Iterator[bytes]:
    return (page[start : start + size] for start in range(0, len(page), size))


def _seconds(visitor: Visitor, page: bytes, piece_bytes: int) -> float:
    pieces = list(_pieces(page, min(piece_bytes, len(page))))
    seconds: list[float] = []
    while sum(seconds) < MEASURED_SECONDS:
        rewriter = visitor.rewriter()
        begun = time.perf_counter()
        for piece in pieces:
            rewriter.feed(piece)
        rewriter.finish()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def print_costs(sizes: dict[str, int]) -> None:
    """Prints the table."""
    visitor = Visitor(gets_banner=True)
    print(f"Cost of hostile pages, nanoseconds a byte by size ({machine()})")
    print(f"  {'':28} {'fed':6}" + "".join(f"{name:>9}" for name in sizes))
    for name, hostile in HOSTILE.items():
        costs: dict[str, list[str]] = {feeding: [] for feeding in FEEDINGS}
        for size in sizes.values():
            page = hostile.page(size)
            for feeding, piece_bytes in FEEDINGS.items():
                if piece_bytes > 1 or size <= MAX_BYTE_BY_BYTE:
                    cost = _seconds(visitor, page, piece_bytes) / len(page) * 1e9
                    costs[feeding].append(f"{cost:9.1f}")
        for feeding, figures in costs.items():
            print(f"  {name:28} {feeding:6}" + "".join(figures), flush=True)


def print_stream(pages: list[bytes]) -> None:
    """One answer of 1 GB, and the most memory the process had before and behind it."""
    peak_megabytes = _peak_megabytes()
    exchange = Visitor(gets_banner=True).exchange()
    peaks = [peak_megabytes()]
    sent = passed = 0
    seconds = 0.0
    for page in itertools.cycle(pages):
        for piece in _pieces(page, STREAM_CHUNK_BYTES):
            begun = time.perf_counter()
            passed += len(exchange.feed(piece))
            seconds += time.perf_counter() - begun
            sent += len(piece)
        if len(peaks) == 1 and sent >= GB // 10:
            peaks.append(peak_megabytes())
        if sent >= GB:
            break
    passed += len(exchange.finish())
    peaks.append(peak_megabytes())
    print(f"One stream of {sent / GB:.1f} GB of ordinary pages: {sent / MB / seconds:.1f} MB/s ({machine()})")
    print("  most memory of the process: {:.1f} MB before, {:.1f} at a tenth, {:.1f} behind".format(*peaks))


def _peak_megabytes() -> Callable[[], float]:
    import resource  # not on Windows, where everything else here runs

    unit = 1 if sys.platform == "darwin" else 1024
    return lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MB


def main() -> None:
    """Prints what was asked for. The stream comes first: later the tables' pages would be in its peak."""
    parser = argparse.ArgumentParser(description="What a byte costs in pages made to be slow.")
    parser.add_argument("folder", type=Path, help="ordinary pages, for the stream")
    parser.add_argument("--full", action="store_true", help="also 64 MB of each, and a stream of 1 GB")
    arguments = parser.parse_args()
    if arguments.full:
        print_stream(read_pages(arguments.folder))
    print_costs(FULL_SIZES if arguments.full else SIZES)


if __name__ == "__main__":
    main()
