"""Rounds of several candidates in turn, so that a busy moment of the machine hits all of them."""

from __future__ import annotations

import operator
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

Round = Callable[[], float]
"""Does one round and returns its seconds."""
_T = TypeVar("_T")


def timed(run: Callable[[_T], object], given: Callable[[], _T]) -> Round:
    """Rounds of ``run(given())``, of which ``given`` is not measured."""

    def one_round() -> float:
        value = given()
        begun = time.perf_counter()
        run(value)
        return time.perf_counter() - begun

    return one_round


def always(value: _T) -> Callable[[], _T]:
    """Gives ``value``, whenever asked."""
    return lambda: value


def median_rounds(candidates: Mapping[str, Round], *, rounds: int) -> dict[str, float]:
    """Median seconds of one round of each candidate. The first round of each does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for one_round in candidates.values():
        one_round()
    for _ in range(rounds):
        for name, one_round in candidates.items():
            seconds[name].append(one_round())
    return {name: statistics.median(values) for name, values in seconds.items()}


def medians(candidates: Mapping[str, Callable[[], object]], *, rounds: int) -> dict[str, float]:
    """Median seconds of one call of each candidate."""
    calls = {name: timed(operator.call, always(run)) for name, run in candidates.items()}
    return median_rounds(calls, rounds=rounds)


def machine() -> str:
    """What the figures were taken on."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as lines:
            model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{model}, Python {platform.python_version()}, {platform.system()}"
