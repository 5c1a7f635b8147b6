"""What an application is told of its visitor's decision, and what it may say of its own response."""

from __future__ import annotations

from privacy_mw.consent import Choice
from privacy_mw.cookies import RefusedCookie
from privacy_mw.exchange import Exchange
from privacy_mw.messages import Reply
from privacy_mw.policy import OFF, Decision, Rule
from privacy_mw.purposes import Purpose
from privacy_mw.signals import Signals


class RequestPrivacy:
    """The Decision for one request, for the application to go by.

    Who reads it makes a page for this visitor: in the mode ``"auto"`` it is then kept by no shared cache. In
    the mode ``"uniform"`` it allows nothing optional, because everybody gets the same page.
    """

    __slots__ = ("_exchange",)

    def __init__(self, exchange: Exchange | None) -> None:
        """Without an exchange the middleware is off for the request, and nothing optional is allowed."""
        self._exchange = exchange

    @property
    def decision(self) -> Decision:
        """The decision as a value."""
        return OFF if self._exchange is None else self._exchange.read_decision()

    def allows(self, purpose: Purpose | str) -> bool:
        """Whether cookies and embeds of this purpose may be used. An unknown word is not allowed."""
        return self.decision.allows(purpose)

    def explain(self) -> str:
        """One sentence for people: what is allowed, what decided, and which cookies were hidden for it."""
        return self.decision.explain()

    # What templates ask: {% if privacy.analytics %}.

    @property
    def functional(self) -> bool:
        return self.allows(Purpose.FUNCTIONAL)

    @property
    def analytics(self) -> bool:
        return self.allows(Purpose.ANALYTICS)

    @property
    def advertising(self) -> bool:
        return self.allows(Purpose.ADVERTISING)

    @property
    def media(self) -> bool:
        return self.allows(Purpose.MEDIA)

    # The decision's parts, as Decision has them.

    @property
    def allowed(self) -> frozenset[Purpose]:
        return self.decision.allowed

    @property
    def rule(self) -> Rule:
        return self.decision.rule

    @property
    def regime(self) -> str:
        return self.decision.regime

    @property
    def signals(self) -> Signals:
        return self.decision.signals

    @property
    def choice(self) -> Choice | None:
        return self.decision.choice

    @property
    def banner_due(self) -> bool:
        return self.decision.banner_due

    @property
    def hidden(self) -> tuple[RefusedCookie, ...]:
        return self.decision.hidden

    # --- what the application says ---

    def exempt(self, *, blocking: bool = False) -> None:
        """Nothing is put into the response: no banner, no link. With ``blocking`` nothing in it is held back
        either, and its body leaves byte for byte. Cookies are judged all the same. To be said before the
        response starts.
        """
        if self._exchange is not None:
            self._exchange.exempt(blocking=blocking)

    def links(self) -> str:
        """The links to the privacy policy and the settings, as markup: they are then not put in once more."""
        return "" if self._exchange is None else self._exchange.footer().decode("ascii")

    def keeps(self, purpose: Purpose | str, markup: str) -> str:
        """Markup that is for visitors who allow a purpose: as it is for them, nothing for others. On a page
        that is the same for everybody it waits in a template for the browser.
        """
        if self._exchange is not None and self._exchange.is_for_everybody:
            return f'<template data-privacy="{Purpose(purpose)}">{markup}</template>'
        return markup if self.allows(Purpose(purpose)) else ""

    def permission_page(self, purpose: Purpose | str) -> Reply | None:
        """What to answer in place of a page that needs a purpose, with a button that allows it; None for a
        visitor who has allowed it. Raises ValueError for a word that is no purpose.
        """
        if self.allows(Purpose(purpose)):
            return None
        if self._exchange is None:
            return Reply(
                403, [(b"content-type", b"text/plain; charset=utf-8")], b"This page needs a permission."
            )
        return self._exchange.permission_page(Purpose(purpose))


NO_REQUEST = RequestPrivacy(None)
"""For a request that the middleware does not see."""
