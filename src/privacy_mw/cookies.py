"""Cookie lines as bytes: names and lifetimes are read out, refused pairs cut out, lifetimes cut short.

No other byte is written anew.

Follows draft-ietf-httpbis-rfc6265bis sections 5.6 and 5.7 (Set-Cookie), 5.1.1 (dates) and 4.2 (Cookie). The
standard library's ``http.cookies`` is never used on foreign cookies: it loses what it does not understand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar

T = TypeVar("T")
RefusedCookie: TypeAlias = tuple[str, str]
"""A refused cookie's name and purpose."""

_BLANKS = b" \t"
_MOST_PAIR_BYTES = 4096
_MOST_ATTRIBUTE_BYTES = 1024
# Section 5.6, step 1: a line with one of these is to be ignored whole; CR and LF would also split it.
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_MAX_AGE = re.compile(rb"-?[0-9]+\Z")
_DELIMITERS = re.compile(rb"[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Section 5.1.1: what a token of a date may be, in the order in which it is tried; each counts once.
_DATE_PARTS = (
    ("time", re.compile(rb"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")),
    ("day", re.compile(rb"([0-9]{1,2})(?![0-9])")),
    ("month", re.compile("({})".format("|".join(_MONTHS)).encode(), re.IGNORECASE)),
    ("year", re.compile(rb"([0-9]{2,4})(?![0-9])")),
)
_EARLIEST_YEAR = 1601


def cookie_name(pair: bytes) -> bytes:
    """The name in ``name=value``; empty for a nameless cookie (no ``=``, or nothing before it)."""
    name, equals, _ = pair.partition(b"=")
    return name.strip(_BLANKS) if equals else b""


def cookies_of(header: bytes) -> list[tuple[bytes, bytes]]:
    """Names and values in a request's Cookie header, in order; pairs without a name left out."""
    pairs = (pair.partition(b"=") for pair in header.split(b";"))
    return [(name.strip(_BLANKS), value.strip(_BLANKS)) for name, equals, value in pairs if equals]


def edit_cookie_header(value: bytes, refusal_of: Callable[[bytes], T | None]) -> tuple[bytes, list[T]]:
    """``value`` without the refused pairs and one separator for each, other bytes kept, and why each of them
    is refused.

    The value is the very same object when nothing is refused, and ``b""`` when nothing is left.
    """
    pairs = value.split(b";")
    kept, refusals = [], []
    for pair in pairs:
        # As cookie_name reads it, without a call for every cookie of every request.
        name, equals, _ = pair.partition(b"=")
        if equals and (refusal := refusal_of(name.strip(_BLANKS))):
            refusals.append(refusal)
        else:
            kept.append(pair)
    if not refusals:
        return value, refusals
    rest = b";".join(kept)
    # Blanks belong to the separator before them, which is cut with the first pair.
    return rest if kept and kept[0] is pairs[0] else rest.lstrip(_BLANKS), refusals


def set_cookie_name(line: bytes) -> bytes | None:
    """The name that a browser would store; None for a line that it must ignore for its controls."""
    if _CONTROL.search(line):
        return None
    return cookie_name(line.partition(b";")[0])


def lifetime(line: bytes, now: float) -> float | None:
    """For how many seconds a browser keeps the cookie; zero or less when it forgets it.

    None for a cookie of the session, and for a line that is ignored for its size (section 5.6, step 5; 5.7,
    step 2). The last of repeated attributes counts, and Max-Age beats Expires.
    """
    pair, *attributes = line.split(b";")
    if not 0 < _pair_bytes(pair) <= _MOST_PAIR_BYTES:
        return None
    max_age = expires = None
    for attribute in attributes:
        name, seconds = _read_attribute(attribute, now)
        if seconds is None:
            continue
        if name == b"max-age":
            max_age = seconds
        else:
            expires = seconds
    return expires if max_age is None else max_age


def is_deletion(line: bytes, now: float) -> bool:
    """Whether a Set-Cookie line only makes the browser forget the cookie."""
    seconds = lifetime(line, now)
    return seconds is not None and seconds <= 0


def cap_lifetime(line: bytes, most_seconds: int, now: float) -> bytes:
    """``line`` with each Max-Age and Expires that goes beyond ``most_seconds`` set to it.

    The same object for a cookie of the session and for one that does not live longer.
    """
    seconds = lifetime(line, now)
    if seconds is None or seconds <= most_seconds:
        return line
    pair, *attributes = line.split(b";")
    return b";".join([pair, *(_cap_attribute(each, most_seconds, now) for each in attributes)])


def _cap_attribute(attribute: bytes, most_seconds: int, now: float) -> bytes:
    name, seconds = _read_attribute(attribute, now)
    if seconds is None or seconds <= most_seconds:
        return attribute
    before, equals, value = attribute.partition(b"=")
    capped = b"%d" % most_seconds if name == b"max-age" else _http_date(now + most_seconds)
    return before + equals + value.replace(value.strip(_BLANKS), capped, 1)


def _http_date(moment: float) -> bytes:
    """IMF-fixdate (RFC 9110, 5.6.7). ``strftime`` would take the names from the process's locale."""
    at = datetime.fromtimestamp(int(moment), UTC)
    return f"{_WEEKDAYS[at.weekday()]}, {at:%d} {_MONTHS[at.month - 1]} {at:%Y %H:%M:%S} GMT".encode()


def _pair_bytes(pair: bytes) -> int:
    """The length of name and value without the blanks around them."""
    return sum(len(part.strip(_BLANKS)) for part in pair.split(b"=", 1))


def _read_attribute(attribute: bytes, now: float) -> tuple[bytes, float | None]:
    """Its name in lower case, and the seconds to live that it gives; None when it gives none."""
    name, _, value = attribute.partition(b"=")
    name, value = name.strip(_BLANKS).lower(), value.strip(_BLANKS)
    if len(value) > _MOST_ATTRIBUTE_BYTES:
        return name, None
    if name == b"max-age" and _MAX_AGE.match(value):
        # Unlike int, float takes any number of digits: too many are infinity.
        return name, float(value)
    if name == b"expires" and (moment := _read_date(value)) is not None:
        return name, moment - now
    return name, None


def _read_date(value: bytes) -> float | None:
    """Unix seconds of a date in any of the spellings that section 5.1.1 puts up with; None for no date."""
    found: dict[str, re.Match[bytes]] = {}
    for token in _DELIMITERS.split(value):
        for part, grammar in _DATE_PARTS:
            if part not in found and (match := grammar.match(token)):
                found[part] = match
                break
    if len(found) < len(_DATE_PARTS):
        return None
    year = int(found["year"][1])
    if year < 100:
        year += 1900 if year >= 70 else 2000
    month = _MONTHS.index(found["month"][1].decode().title()) + 1
    hour, minute, second = map(int, found["time"].groups())
    try:
        moment = datetime(year, month, int(found["day"][1]), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return moment.timestamp() if year >= _EARLIEST_YEAR else None
