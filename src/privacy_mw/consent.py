"""A visitor's choice, in one signed cookie. The cookie is the only state there is.

It holds the purposes granted, the policy version they were granted for, and the time; no identifier.
Signed, not encrypted: a page's own script may read it. The clock is the caller's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_encode

from privacy_mw.purposes import NECESSARY_ONLY, OPTIONAL, Purpose

COOKIE_NAME = b"privacy_choice"
HOST_COOKIE_NAME = b"__Host-privacy_choice"
MAX_COOKIE_BYTES = 1024
"""Ours has under 200: four purposes, a version of 64 characters, a time, and 43 for the signature."""
MAX_AGE_SECONDS = 180 * 24 * 3600
"""As long as FR, IE and IT let a choice stand; well below the 400 days of rfc6265bis section 5.5."""
_SALT = b"privacy_mw.choice"


class Choice(NamedTuple):
    """What a visitor chose, and for which version of the policy. ``given_at`` in Unix seconds."""

    granted: frozenset[Purpose]
    policy_version: str
    given_at: int


class _PlainSerializer(URLSafeSerializer):
    """Never compresses, which URLSafeSerializer does when it helps: the script on pages for everybody reads
    the choice, too.
    """

    def dump_payload(self, obj: Any) -> bytes:
        return base64_encode(json.dumps(obj, separators=(",", ":")))


class ChoiceSigner:
    """Writes choices and reads back what it, or one of the older keys, has written."""

    def __init__(self, keys: Iterable[str | bytes]) -> None:
        """``keys`` oldest first; the last one signs."""
        self._serializer = _PlainSerializer(
            # itsdangerous takes a list of keys at run time; its annotation names only single ones.
            list(keys),  # type: ignore[arg-type]
            salt=_SALT,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
        self._read = lru_cache(maxsize=1024)(self._read_signed)

    def write(self, choice: Choice) -> bytes:
        """The cookie's value: URL-safe ASCII."""
        granted = sorted(choice.granted - NECESSARY_ONLY)
        text = self._serializer.dumps({"g": granted, "v": choice.policy_version, "t": choice.given_at})
        return text.encode() if isinstance(text, str) else text

    def read(self, value: bytes | None, *, policy_version: str, now: float) -> Choice | None:
        """The choice in a cookie's value; None for whatever is not a valid, current choice.

        Tampered, truncated, oversized, signed with a foreign key, too old, or for another policy
        version: all of them are "no choice yet". Never raises.
        """
        if value is None or len(value) > MAX_COOKIE_BYTES:
            return None
        choice = self._read(value)
        if choice is None or choice.policy_version != policy_version:
            return None
        return choice if now - choice.given_at <= MAX_AGE_SECONDS else None

    def _read_signed(self, value: bytes) -> Choice | None:
        try:
            payload: Any = self._serializer.loads(value)
            granted = frozenset(map(Purpose, payload["g"])) & frozenset(OPTIONAL)
            return Choice(granted | NECESSARY_ONLY, str(payload["v"]), int(payload["t"]))
        except (BadData, KeyError, TypeError, ValueError):
            return None


def read_choice_cookie(header: bytes) -> bytes | None:
    """The value of our cookie in a request's Cookie header; the ``__Host-`` one counts first."""
    if COOKIE_NAME not in header:
        return None
    found: dict[bytes, bytes] = {}
    for pair in header.split(b";"):
        name, _, value = pair.partition(b"=")
        found.setdefault(name.strip(b" \t"), value.strip(b" \t"))
    return found.get(HOST_COOKIE_NAME, found.get(COOKIE_NAME))


def set_choice_cookie(value: bytes, *, is_https: bool) -> bytes:
    """The Set-Cookie line: host-only on https (``__Host-``), readable by scripts, SameSite=Lax."""
    name, secure = (HOST_COOKIE_NAME, b"; Secure") if is_https else (COOKIE_NAME, b"")
    return b"%s=%s; Path=/; Max-Age=%d; SameSite=Lax%s" % (name, value, MAX_AGE_SECONDS, secure)
