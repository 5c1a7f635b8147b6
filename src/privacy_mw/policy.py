"""The decision: what a request allows. Pure functions of signals, choice and regime."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from privacy_mw.consent import Choice
from privacy_mw.cookies import RefusedCookie
from privacy_mw.purposes import NECESSARY_ONLY, Purpose
from privacy_mw.regimes import STRICTEST, Regime
from privacy_mw.signals import Signals


class Rule(StrEnum):
    """Which rule settled a decision."""

    CHILD = "child-directed"
    CHOICE = "choice"
    GPC = "gpc"
    DNT = "dnt"
    REGIME = "regime"
    UNIFORM = "uniform"
    OFF = "off"


# A signal objects to being tracked and to embedded third parties; a chat or a web font is neither
# (W3C GPC, "Definitions"; 11 CCR 7025(f): no degraded experience in answer to a signal).
REFUSED_BY_SIGNAL = frozenset({Purpose.ANALYTICS, Purpose.ADVERTISING, Purpose.MEDIA})


class Decision(NamedTuple):
    """What is allowed for one request, and why. The application finds it in its environ or scope."""

    allowed: frozenset[Purpose]
    rule: Rule
    regime: str
    signals: Signals
    choice: Choice | None
    banner_due: bool
    hidden: tuple[RefusedCookie, ...] = ()
    """Names and purposes of the request's cookies that the application does not see."""

    def allows(self, purpose: Purpose | str) -> bool:
        """Whether cookies and embeds of this purpose may be used. An unknown word is not allowed."""
        return purpose in self.allowed

    def hiding(self, refused: Iterable[RefusedCookie]) -> Decision:
        """The same, with further cookies that the application does not see."""
        allowed, rule, regime, signals, choice, banner_due, hidden = self
        # A third of what _replace takes, which every request with such a cookie would pay.
        return Decision(allowed, rule, regime, signals, choice, banner_due, (*hidden, *refused))

    def explain(self) -> str:
        """One sentence for people: what is allowed, what decided, and which cookies were hidden for it."""
        optional = ", ".join(sorted(self.allowed - NECESSARY_ONLY)) or "nothing"
        reason = _REASONS[self.rule].format(regime=self.regime)
        sentence = f"{optional} besides the necessary, {reason}"
        hidden = ", ".join(f"{name} ({purpose})" for name, purpose in self.hidden)
        return f"{sentence}; hidden cookies: {hidden}" if hidden else sentence


_REASONS = {
    Rule.CHILD: "because the site is directed at children",
    Rule.CHOICE: "because the visitor chose so",
    Rule.GPC: "because the browser sent Sec-GPC: 1 (regime {regime})",
    Rule.DNT: "because the browser sent DNT: 1 (regime {regime})",
    Rule.REGIME: "because no choice was made and the regime is {regime}",
    Rule.UNIFORM: "because everybody gets the same page and the browser puts in what its visitor allows",
    Rule.OFF: "because the middleware is off for this request",
}
UNIFORM = Decision(NECESSARY_ONLY, Rule.UNIFORM, STRICTEST.name, Signals(), None, banner_due=False)
"""What is decided for a page that is the same for everybody: nothing that anybody might have refused."""
OFF = UNIFORM._replace(rule=Rule.OFF)
"""Where nobody has decided."""


def decide(
    regime: Regime,
    signals: Signals,
    choice: Choice | None,
    *,
    honour_gpc: bool = True,
    honour_dnt: bool = True,
    child_directed: bool = False,
) -> Decision:
    """What is allowed. Every merge is an intersection: no signal and no absence of one ever grants.

    In this order: the necessary passes; a child gets no more; a valid choice counts, but gives way to
    GPC where the regime says so; GPC, then DNT, refuse; else the regime's default. ``DNT: 0`` and a
    missing signal are never consent. A signal is an answer, so nobody is asked again.
    """

    def decided(allowed: frozenset[Purpose], rule: Rule, *, banner_due: bool = False) -> Decision:
        return Decision(allowed | NECESSARY_ONLY, rule, regime.name, signals, choice, banner_due)

    gpc = honour_gpc and signals.gpc
    dnt = honour_dnt and signals.dnt is True
    if child_directed:
        return decided(NECESSARY_ONLY, Rule.CHILD)
    if choice is not None:
        if gpc and regime.gpc_beats_choice:
            return decided(choice.granted - REFUSED_BY_SIGNAL, Rule.GPC)
        return decided(choice.granted, Rule.CHOICE)
    if gpc or dnt:
        return decided(regime.allowed - REFUSED_BY_SIGNAL, Rule.GPC if gpc else Rule.DNT)
    return decided(regime.allowed, Rule.REGIME, banner_due=regime.asks)
