"""What an editor of pages asks of those who know what is refused, and what it tells of its work."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Final, NamedTuple, Protocol

from privacy_mw.blocking import Kind, Suspicion
from privacy_mw.html.tag import StartTag


class Refused(Protocol):
    """What is known of something refused."""

    @property
    def purpose(self) -> str:
        """What it waits for."""


class NotJudged(NamedTuple):
    """Too little is known of an element, or judging it failed."""

    purpose: str = "unknown"


NOT_JUDGED: Final = NotJudged()


class Held(NamedTuple):
    """One thing held back: where in the page, in which element, by what (an attribute's name, ``text``,
    ``url()``, or ``tag`` for one that could not be judged), what it names, and why. ``is_left``: it is only
    reported, and stays as it is.
    """

    offset: int
    element: str
    by: str
    reference: str
    why: Refused
    is_left: bool = False


class Refusals(Protocol):
    """Who knows what a visitor has refused on a site."""

    @property
    def hosts(self) -> Mapping[bytes, Suspicion]:
        """Authorities as written to whether an address there may be refused."""

    @property
    def telling_ends(self) -> Container[bytes]:
        """The last three bytes of all paths that ``is_telling`` may say yes to."""

    def is_telling(self, path: bytes) -> bool:
        """Whether an address with this path may be refused on a host that nobody knows."""

    @property
    def known_hosts(self) -> Mapping[bytes, Suspicion]:
        """The same, when it is enough to know the host."""

    @property
    def remembered(self) -> dict[bytes, bytes | None]:
        """Room for what was made of tags, by their bytes: the same pages come again and again."""

    @property
    def widgets(self) -> Mapping[str, Refused]:
        """Class names of elements that a refused script would fill, to why it is refused."""

    def draws_in_place(self, why: Refused) -> bool:
        """Whether what is refused is a script that draws where it stands."""

    def url(self, reference: str, kind: Kind) -> Refused | None:
        """Why an address is refused that would be loaded as ``kind``; None for one that may load."""

    def loader(self, script: bytes) -> Refused | None:
        """The same for an inline script."""

    def placeholder(self, tag: StartTag, reference: str, why: Refused) -> bytes:
        """A document, as an attribute's value without quotes, to show in place of a refused one."""
