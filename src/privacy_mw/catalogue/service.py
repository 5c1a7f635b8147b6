"""One service of the catalogue, as reviewed: facts and where they are from."""

from __future__ import annotations

from dataclasses import dataclass

from privacy_mw.purposes import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A vendor's product that sites embed, or a framework whose cookies they set.

    ``urls`` are patterns of everything it serves, ``scripts`` those that an inline loader names in a
    string, ``idioms`` exact bytes that only its loader has. ``cookies`` are set on the site's own
    host; ``vendor_cookies`` on the vendor's, so they never mark a site's cookie. ``delivery``: it only
    hands out files and sets no cookie.
    """

    id: str
    name: str
    provider: str
    purpose: Purpose
    privacy: str
    evidence: tuple[str, ...]
    checked: str
    opt_out: str = ""
    urls: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    idioms: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    vendor_cookies: tuple[str, ...] = ()
    delivery: bool = False
