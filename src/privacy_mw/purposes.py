"""What cookies and embeds are for. The one list of purposes; it decides nothing."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """Why something is stored or fetched. A visitor allows or refuses each but ``NECESSARY``."""

    NECESSARY = "necessary"
    """What the requested service cannot do without: session, log-in, cart, protection of forms."""
    FUNCTIONAL = "functional"
    """Comfort the visitor can do without: chat, remembered views, web fonts."""
    ANALYTICS = "analytics"
    """Measuring visits, sessions, performance."""
    ADVERTISING = "advertising"
    """Ads, their measurement, and profiles across sites."""
    MEDIA = "media"
    """Embedded third-party content and social widgets."""


ALL: frozenset[Purpose] = frozenset(Purpose)
NECESSARY_ONLY: frozenset[Purpose] = frozenset({Purpose.NECESSARY})
OPTIONAL: tuple[Purpose, ...] = tuple(p for p in Purpose if p is not Purpose.NECESSARY)
