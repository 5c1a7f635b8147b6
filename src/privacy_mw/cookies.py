"""Cookie lines as bytes: names are read out, refused pairs cut out, nothing is written anew.

Follows draft-ietf-httpbis-rfc6265bis sections 5.6 (Set-Cookie) and 4.2 (Cookie). The standard
library's ``http.cookies`` is never used on foreign cookies: it loses what it does not understand.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_BLANKS = b" \t"
# Section 5.6, step 1: a line with one of these is to be ignored whole; CR and LF would also split it.
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_MAX_AGE = re.compile(rb"-?[0-9]+\Z")
# Nothing is set to expire in the last century but to delete it: no clock is needed to see that.
# A year of two digits from 70 on is a 19xx (section 5.1.1).
_LAST_CENTURY = re.compile(rb"[ \t-](?:19[0-9]{2}|[7-9][0-9])(?:[ \t]|\Z)")


def cookie_name(pair: bytes) -> bytes:
    """The name in ``name=value``; empty for a nameless cookie (no ``=``, or nothing before it)."""
    name, equals, _ = pair.partition(b"=")
    return name.strip(_BLANKS) if equals else b""


def cookies_of(header: bytes) -> list[tuple[bytes, bytes]]:
    """Names and values in a request's Cookie header, in order; pairs without a name left out."""
    pairs = (pair.partition(b"=") for pair in header.split(b";"))
    return [(name.strip(_BLANKS), value.strip(_BLANKS)) for name, equals, value in pairs if equals]


def edit_cookie_header(value: bytes, is_refused: Callable[[bytes], bool]) -> bytes:
    """``value`` without the refused pairs and one separator for each; other bytes are kept.

    Returns the very same object when nothing is refused, and ``b""`` when nothing is left.
    """
    pairs = value.split(b";")
    kept = []
    for pair in pairs:
        # As cookie_name reads it, without a call for every cookie of every request.
        name, equals, _ = pair.partition(b"=")
        if not equals or not is_refused(name.strip(_BLANKS)):
            kept.append(pair)
    if len(kept) == len(pairs):
        return value
    return b";".join(kept).lstrip(_BLANKS)


def set_cookie_name(line: bytes) -> bytes | None:
    """The name that a browser would store; None for a line that it must ignore for its controls."""
    if _CONTROL.search(line):
        return None
    return cookie_name(line.partition(b";")[0])


def is_deletion(line: bytes) -> bool:
    """Whether a Set-Cookie line only makes the browser forget the cookie.

    Max-Age of zero or less, or, when there is none, an Expires in the last century; the last of
    repeated attributes counts, and Max-Age beats Expires (section 5.5).
    """
    max_age = expires = None
    for attribute in line.split(b";")[1:]:
        name, _, value = attribute.partition(b"=")
        match name.strip(_BLANKS).lower():
            case b"max-age" if _MAX_AGE.match(value.strip(_BLANKS)):
                max_age = value.strip(_BLANKS)
            case b"expires":
                expires = value.strip(_BLANKS)
    if max_age is not None:
        return max_age.startswith(b"-") or not max_age.strip(b"0")
    return expires is not None and _LAST_CENTURY.search(expires) is not None
