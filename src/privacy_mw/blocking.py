"""What loads in which element, and what a refused element becomes: the tables.

A refused element stays where it is and becomes inert: the attribute that loads is renamed with the
prefix ``data-privacy-``, and ``data-privacy`` names the purpose it waits for. A script also gets
``type="text/plain"``, its own type kept as ``data-privacy-type``. Addresses in style sheets get the prefix
``about:invalid#privacy-mw=<purpose>,``. Every other byte stays, so taking out what was put in revives it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum, StrEnum, auto
from typing import Final, NamedTuple, TypeAlias

from privacy_mw.html.runs import Runs, compile_runs
from privacy_mw.html.tag import StartTag

PREFIX = b"data-privacy-"
STYLE_PREFIX = b"about:invalid#privacy-mw="


class Unknown(Enum):
    """A host that nobody knows."""

    HOST = auto()


UNKNOWN_HOST: Final = Unknown.HOST
Suspicion: TypeAlias = bool | Unknown | Callable[[bytes], bool]
"""Whether an address on some host may be refused: always, never, or by its path as the page has it. Of a host
that nobody knows the end of a path may tell.
"""


class How(Enum):
    """How an attribute's value names what is loaded."""

    URL = auto()
    URLS = auto()
    """Addresses with blanks between them."""
    SRCSET = auto()
    """Image candidates with commas between them (HTML Standard 4.8.4.2.1)."""
    CSS = auto()
    """Declarations."""
    HTML = auto()
    """A document, scanned in its turn."""


# Which attributes of which elements make a browser load something by itself, with the place of the HTML
# Standard (or SVG 2) that says so. A form's action and a link's href load only when the visitor asks for it.
LOADS: dict[bytes, dict[bytes, How]] = {
    # 4.12.1, and SVG 2 section 15.4 for a script within a drawing
    b"script": {b"src": How.URL, b"href": How.URL, b"xlink:href": How.URL, b"attributionsrc": How.URLS},
    b"link": {b"href": How.URL, b"imagesrcset": How.SRCSET},  # 4.2.4, by link type: 4.6.8
    b"iframe": {b"src": How.URL, b"srcdoc": How.HTML},  # 4.8.5
    b"frame": {b"src": How.URL},  # 16.3.2
    b"embed": {b"src": How.URL},  # 4.8.6
    b"object": {b"data": How.URL, b"codebase": How.URL, b"classid": How.URL, b"archive": How.URLS},  # 4.8.7
    b"applet": {b"archive": How.URLS, b"codebase": How.URL},  # 16.2; browsers of today load none
    b"img": {b"src": How.URL, b"srcset": How.SRCSET, b"attributionsrc": How.URLS},  # 4.8.3
    # The tree builder makes an img of it (13.2.6.4.7); within a drawing it is SVG 2 section 12.3.
    b"image": {b"src": How.URL, b"srcset": How.SRCSET, b"href": How.URL, b"xlink:href": How.URL},
    b"feimage": {b"href": How.URL, b"xlink:href": How.URL},  # Filter Effects 9.12
    b"use": {b"href": How.URL, b"xlink:href": How.URL},  # SVG 2 section 5.5
    b"input": {b"src": How.URL},  # 4.10.5.1.19
    b"source": {b"src": How.URL, b"srcset": How.SRCSET},  # 4.8.2
    b"video": {b"src": How.URL, b"poster": How.URL},  # 4.8.8
    b"audio": {b"src": How.URL},  # 4.8.9
    b"track": {b"src": How.URL},  # 4.8.11
    b"a": {b"ping": How.URLS, b"attributionsrc": How.URLS},  # 4.6.5, when the link is followed
    b"area": {b"ping": How.URLS},
    **{  # 15.3.2, 15.3.9: presentational hints
        name: {b"background": How.URL}
        for name in (b"body", b"table", b"thead", b"tbody", b"tfoot", b"tr", b"td", b"th")
    },
}

# Attributes that a lazy loader on the page will put into the ones above, on whichever element: lazysizes,
# vanilla-lazyload, lozad, jQuery Lazy, WP Rocket, Jetpack, LiteSpeed, EWWW, Cloudflare, Swiper, slick.
# And those under which other consent tools keep an address until they let it load (consentmanager, Cookie
# Information, iubenda, Usercentrics, Complianz, CCM19): of two refusals neither lifts the other.
_LAZY_URL = (
    b"data-src data-lazy-src data-lazy data-original data-rocket-src data-litespeed-src data-cfsrc "
    b"data-iframe-src data-orig-src data-deferred-src data-opt-src data-ezsrc data-src-retina "
    b"data-iesrc data-poster data-bg data-background data-background-image data-bg-hidpi data-lazy-bg "
    b"data-pagespeed-lazy-src data-pmdelayedscript data-wpmeteor-src data-flying-press-lazy-src "
    b"data-lazyload data-echo data-hi-res-src "
    b"data-cmp-src data-consent-src data-suppressedsrc data-uc-src data-src-cmplz data-ccm-loader-src"
).split()
_LAZY_SRCSET = b"data-srcset data-lazy-srcset data-original-set data-bgset data-rocket-srcset".split()
ANYWHERE: dict[bytes, How] = {
    b"style": How.CSS,  # CSS Style Attributes
    **dict.fromkeys(_LAZY_URL, How.URL),
    **dict.fromkeys(_LAZY_SRCSET, How.SRCSET),
}
"""What loads in any element."""

REPORTED: dict[bytes, bytes] = {b"form": b"action"}
"""What sends data elsewhere when the visitor wants it (HTML Standard 4.10.18.6): reported, left as it is."""


class Kind(StrEnum):
    """What a browser takes an address for when it loads it; the values are adblock-rust's names."""

    SCRIPT = "script"
    IMAGE = "image"
    STYLESHEET = "stylesheet"
    FRAME = "subdocument"
    MEDIA = "media"
    OBJECT = "object"
    FONT = "font"
    PING = "ping"
    FETCH = "xmlhttprequest"
    DOCUMENT = "document"
    OTHER = "other"


# What the attributes above load: by the attribute where it says so itself, else by the element. A track
# counts as media (as in Firefox), what use names as an image (as in Chromium). A picture's source has no src.
_KIND_BY_ATTRIBUTE: dict[bytes, Kind] = {
    **dict.fromkeys((b"srcset", b"imagesrcset", b"poster", b"background"), Kind.IMAGE),
    **dict.fromkeys((b"ping", b"attributionsrc"), Kind.PING),
    **dict.fromkeys(
        (*_LAZY_SRCSET, b"data-poster", b"data-bg", b"data-bg-hidpi", b"data-lazy-bg"), Kind.IMAGE
    ),
    **dict.fromkeys((b"data-background", b"data-background-image"), Kind.IMAGE),
    b"data-iframe-src": Kind.FRAME,
    b"data-pmdelayedscript": Kind.SCRIPT,
}
_KIND_BY_ELEMENT: dict[bytes, Kind] = {
    b"script": Kind.SCRIPT,
    **dict.fromkeys((b"iframe", b"frame"), Kind.FRAME),
    **dict.fromkeys((b"embed", b"object", b"applet"), Kind.OBJECT),
    **dict.fromkeys((b"video", b"audio", b"source", b"track"), Kind.MEDIA),
}
_KIND_BY_REL: dict[str, Kind] = {
    "stylesheet": Kind.STYLESHEET,
    **dict.fromkeys(("icon", "apple-touch-icon", "apple-touch-icon-precomposed"), Kind.IMAGE),
    **dict.fromkeys(("apple-touch-startup-image", "mask-icon"), Kind.IMAGE),
}
# Fetch Standard, "destination"; what the engine has no word for is other.
_KIND_BY_DESTINATION: dict[str, Kind] = {
    **dict.fromkeys(("script", "worker", "sharedworker", "serviceworker"), Kind.SCRIPT),
    "style": Kind.STYLESHEET,
    "image": Kind.IMAGE,
    "font": Kind.FONT,
    "fetch": Kind.FETCH,
    **dict.fromkeys(("audio", "video", "track"), Kind.MEDIA),
    **dict.fromkeys(("embed", "object"), Kind.OBJECT),
    **dict.fromkeys(("document", "iframe", "frame"), Kind.FRAME),
}

# Link types that fetch or connect (HTML Standard 4.6.8); canonical, alternate, author … only point.
_LOADING_RELS = frozenset(
    {
        "stylesheet", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch", "prerender",
        "icon", "apple-touch-icon", "apple-touch-icon-precomposed", "apple-touch-startup-image", "mask-icon",
        "manifest", "expect", "compression-dictionary",
    }
)  # fmt: skip
# JavaScript MIME type essences (MIME Sniffing, 4.6), and module; anything else is a data block.
_EXECUTABLE_TYPES = frozenset(
    {
        "", "module", "text/javascript", "application/javascript", "application/ecmascript",
        "application/x-ecmascript", "application/x-javascript", "text/ecmascript", "text/javascript1.0",
        "text/javascript1.1", "text/javascript1.2", "text/javascript1.3", "text/javascript1.4",
        "text/javascript1.5", "text/jscript", "text/livescript", "text/x-ecmascript", "text/x-javascript",
    }
)  # fmt: skip


class Inertia(NamedTuple):
    """What else has to give way for an element to stay inert."""

    rename: tuple[bytes, ...] = ()
    """Attributes of these names wait with the address."""
    insert: bytes = b""
    neutral: bytes = b""
    """Put in front of the attributes of an active element whose address is not known: of two
    attributes with one name a browser heeds the first."""
    is_box: bool = False
    """Whether it shows a document of another site, in whose place something is to be seen."""


_FRAME_NAME = b' name="privacy-mw-refused"'
_PLAIN = Inertia()
INERTIA: dict[bytes, Inertia] = {
    b"script": Inertia((b"type",), b' type="text/plain"', neutral=b' type="text/plain"'),
    b"link": Inertia(neutral=b' rel=""'),
    # Going back, Chromium loads what a frame of this name showed before, whatever its src is now; so a
    # refused frame is another one, and its own name waits with its address. The placeholder is a document of
    # the page's own, which a sandbox would not let send its form.
    b"iframe": Inertia(
        (b"name", b"srcdoc", b"sandbox"),
        _FRAME_NAME,
        b' src="about:blank" srcdoc=""' + _FRAME_NAME,
        is_box=True,
    ),
    b"frame": Inertia((b"name",), _FRAME_NAME, b' src="about:blank"' + _FRAME_NAME),
    b"embed": Inertia(neutral=b' src=""', is_box=True),
    b"object": Inertia(neutral=b' data=""', is_box=True),
    b"applet": Inertia(is_box=True),
}


def inertia_of(name: bytes) -> Inertia:
    """What is done to a refused element besides renaming what loads."""
    return INERTIA.get(name, _PLAIN)


# A plain address is seen wherever it stands; these are looked at however it is written. Links are not among
# them: a page has hundreds, and their ping is the only thing that loads.
NO_RUNS: Runs = compile_runs([])
"""For pages in which nothing is looked at."""
RUNS: Runs = compile_runs(
    LOADS.keys() - {b"a", b"area", b"table", b"thead", b"tbody", b"tfoot", b"tr", b"td", b"th"}
)


def is_executable(tag: StartTag) -> bool:
    """Whether a browser runs a script with this start tag (HTML Standard, "prepare the script element")."""
    kind = tag.value(b"type")
    if kind is None:
        language = tag.value(b"language")
        kind = f"text/{language}" if language else ""
    return kind.strip(" \t\n\f\r").lower() in _EXECUTABLE_TYPES


def loads_by_rel(tag: StartTag) -> bool:
    """Whether a link element fetches or connects. One that is not whole might."""
    rel = tag.value(b"rel")
    if rel is None:
        return not tag.is_whole
    return fetches(rel.lower().split())


def fetches(types: Iterable[str]) -> bool:
    """Whether one of the link types, in lower case, makes a browser fetch or connect."""
    return not _LOADING_RELS.isdisjoint(types)


def kind_of(tag: StartTag, attribute: bytes) -> Kind:
    """What one of the attributes that load is loaded for."""
    kind = _KIND_BY_ATTRIBUTE.get(attribute)
    if kind is not None:
        return kind
    if tag.name == b"link":
        return kind_of_link((tag.value(b"rel") or "").lower().split(), tag.value(b"as") or "")
    return _KIND_BY_ELEMENT.get(tag.name, Kind.IMAGE)


def kind_of_link(types: Iterable[str], destination: str) -> Kind:
    """The same for a link, by its types in lower case and what it says it fetches (``as``). What only
    connects is other.
    """
    by_rel = next((_KIND_BY_REL[each] for each in types if each in _KIND_BY_REL), None)
    if by_rel is not None:
        return by_rel
    unsaid = Kind.SCRIPT if "modulepreload" in types else Kind.OTHER
    return _KIND_BY_DESTINATION.get(destination.strip().lower(), unsaid)
