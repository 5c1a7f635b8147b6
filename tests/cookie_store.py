"""A slow reader of cookie lines, byte by byte as draft-ietf-httpbis-rfc6265bis is written, to compare ours with.

It shares nothing with the library: no regular expression, no ``split``, no ``datetime``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, TypeAlias

DIGITS: Final = b"0123456789"
BLANKS: Final = b" \t"
MONTHS: Final = (
    b"jan",
    b"feb",
    b"mar",
    b"apr",
    b"may",
    b"jun",
    b"jul",
    b"aug",
    b"sep",
    b"oct",
    b"nov",
    b"dec",
)
LONGEST: Final = 10**15
"""Our cookie-age-limit (section 5.5), in seconds. Browsers have 400 days, which would hide how dates are read."""
Ignored: TypeAlias = Literal["controls", "size", "nothing"]
Time: TypeAlias = tuple[int, int, int]


class Stored(NamedTuple):
    """A cookie as a browser takes it: seconds to live (None: for the session), 0 for one that is forgotten."""

    name: bytes
    seconds: int | None


def store(line: bytes, now: int) -> Stored | Ignored:
    """Sections 5.6 and 5.7, as far as name and lifetime go; or why the line is ignored."""
    for byte in line:
        if byte <= 0x08 or 0x0A <= byte <= 0x1F or byte == 0x7F:
            return "controls"
    pair, attributes = _until(line, b";")
    name, value = _name_and_value(pair)
    if len(name) + len(value) > 4096:
        return "size"
    if len(name) + len(value) == 0:
        return "nothing"
    max_age = expires = None
    while attributes is not None:
        attribute, attributes = _until(attributes, b";")
        key, value = _attribute(attribute)
        if len(value) > 1024:
            continue
        if key == b"max-age" and (seconds := _max_age(value)) is not None:
            max_age = min(seconds, LONGEST)
        if key == b"expires" and (moment := date(value)) is not None:
            expires = max(moment - now, 0)
    return Stored(name, expires if max_age is None else max_age)


def cut(header: bytes, is_refused: Callable[[bytes], bool]) -> bytes:
    """A Cookie header (section 4.2) without the pairs of refused names, and without the separator before each:
    the semicolon and its blanks, or those behind a pair that was the first."""
    out: bytes | None = None
    has_cut = False
    rest: bytes | None = header
    while rest is not None:
        pair, rest = _until(rest, b";")
        name, _ = _name_and_value(pair)
        if b"=" in pair and is_refused(name):
            has_cut = True
        elif out is not None:
            out += b";" + pair
        else:
            out = pair
            while has_cut and out and out[0] in BLANKS:
                out = out[1:]
    return out or b""


def _until(text: bytes, mark: bytes) -> tuple[bytes, bytes | None]:
    """What stands before the first ``mark`` and what stands behind it; None when there is no mark."""
    for place in range(len(text)):
        if text[place : place + 1] == mark:
            return text[:place], text[place + 1 :]
    return text, None


def _trim(text: bytes) -> bytes:
    while text and text[0] in BLANKS:
        text = text[1:]
    while text and text[-1] in BLANKS:
        text = text[:-1]
    return text


def _name_and_value(pair: bytes) -> tuple[bytes, bytes]:
    """Section 5.6, steps 3 and 4: without an equals sign all is value."""
    before, behind = _until(pair, b"=")
    return (b"", _trim(before)) if behind is None else (_trim(before), _trim(behind))


def _attribute(attribute: bytes) -> tuple[bytes, bytes]:
    """Without an equals sign all is name."""
    before, behind = _until(attribute, b"=")
    lowered = bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in _trim(before))
    return lowered, _trim(behind or b"")


def _max_age(value: bytes) -> int | None:
    """Section 5.6.2."""
    is_negative = value[:1] == b"-"
    digits = value[1:] if is_negative else value
    if not digits:
        return None
    seconds = 0
    for byte in digits:
        if byte not in DIGITS:
            return None
        seconds = seconds * 10 + byte - 48
    return 0 if is_negative else seconds


def date(value: bytes) -> int | None:
    """Section 5.1.1, in Unix seconds."""
    time: Time | None = None
    day = month = year = None
    for token in _date_tokens(value):
        if time is None and (time := _time(token)) is not None:
            continue
        if day is None and (day := _number(token, 1, 2)) is not None:
            continue
        if month is None and token[:3].lower() in MONTHS:
            month = MONTHS.index(token[:3].lower()) + 1
            continue
        if year is None:
            year = _number(token, 2, 4)
    if time is None or day is None or month is None or year is None:
        return None
    if 70 <= year <= 99:
        year += 1900
    elif 0 <= year <= 69:
        year += 2000
    hour, minute, second = time
    if year < 1601 or hour > 23 or minute > 59 or second > 59:
        return None
    if not 1 <= day <= _days_of(year, month):
        return None
    days = _days_before(year) - _days_before(1970) + day - 1
    days += sum(_days_of(year, earlier) for earlier in range(1, month))
    return ((days * 24 + hour) * 60 + minute) * 60 + second


def _date_tokens(value: bytes) -> list[bytes]:
    tokens = [b""]
    for byte in value:
        if (
            byte == 9
            or 0x20 <= byte <= 0x2F
            or 0x3B <= byte <= 0x40
            or 0x5B <= byte <= 0x60
            or 0x7B <= byte <= 0x7E
        ):
            tokens.append(b"")
        else:
            tokens[-1] += bytes([byte])
    return [token for token in tokens if token]


def _leading_digits(token: bytes) -> bytes:
    count = 0
    while count < len(token) and token[count] in DIGITS:
        count += 1
    return token[:count]


def _number(token: bytes, fewest: int, most: int) -> int | None:
    """So many digits, then no digit."""
    digits = _leading_digits(token)
    return int(digits) if fewest <= len(digits) <= most else None


def _time(token: bytes) -> Time | None:
    hour, rest = _until(token, b":")
    minute, rest = _until(rest or b"", b":")
    fields = (hour, minute, _leading_digits(rest or b""))
    for field in fields:
        if not 1 <= len(field) <= 2 or _leading_digits(field) != field:
            return None
    return int(fields[0]), int(fields[1]), int(fields[2])


def _days_before(year: int) -> int:
    """Days of all years before this one."""
    past = year - 1
    return past * 365 + past // 4 - past // 100 + past // 400


def _days_of(year: int, month: int) -> int:
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and is_leap else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
