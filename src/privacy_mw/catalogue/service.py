"""One service of the catalogue, as reviewed: what look-ups need, and the facts behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from privacy_mw.purposes import Purpose


class Service(NamedTuple):
    """A vendor's product that sites embed, or a framework whose cookies they set.

    ``delivery``: it only hands out files and sets no cookie. ``in_place``: its script draws where it stands.
    """

    id: str
    name: str
    purpose: Purpose
    delivery: bool
    in_place: bool


class Facts(NamedTuple):
    """What people want to know of a service, and where it is from.

    ``privacy`` is the vendor's privacy page or, where none is known, its site; ``opt_out`` a page on which
    visitors can object, or nothing. ``cookies`` are set on the site's own host, ``vendor_cookies`` on the
    vendor's: names and patterns to usual lifetimes, such as "13 months", "session" or "unknown". ``checked``
    is the ISO date of the last review, and ``evidence`` says where the facts are from.
    """

    provider: str
    privacy: str
    opt_out: str
    evidence: Sequence[str]
    checked: str
    cookies: Mapping[str, str]
    vendor_cookies: Mapping[str, str]
