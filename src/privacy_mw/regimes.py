"""What holds before a visitor has chosen: the regimes, as a table. Defaults of a site, not legal advice."""

from __future__ import annotations

from typing import NamedTuple

from privacy_mw.purposes import ALL, NECESSARY_ONLY, Purpose


class Regime(NamedTuple):
    """The rule of a jurisdiction in short.

    ``allowed`` is what needs no choice, ``asks`` whether a first visit is asked, and
    ``gpc_beats_choice`` whether an earlier "yes" gives way to the signal.
    """

    name: str
    allowed: frozenset[Purpose]
    asks: bool
    gpc_beats_choice: bool


REGIMES: dict[str, Regime] = {
    regime.name: regime
    for regime in (
        # ePrivacy Directive 5(3), GDPR 4(11) and 7: nothing optional before a choice.
        Regime("opt-in", NECESSARY_ONLY, asks=True, gpc_beats_choice=False),
        # CCPA 1798.120/.135 and the states after it: allowed until refused; the signal binds (11 CCR 7025).
        Regime("opt-out", ALL, asks=False, gpc_beats_choice=True),
        # Notice is enough; what the browser says is honoured all the same.
        Regime("notice", ALL, asks=False, gpc_beats_choice=False),
    )
}
STRICTEST = REGIMES["opt-in"]
"""For a visitor of whom nothing is known."""
