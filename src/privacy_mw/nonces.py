"""What a page's Content-Security-Policy wants on elements that are put in (CSP3 sections 2.3, 6.7.2).

Policies are read and never changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from privacy_mw.headers import Field

# CSP3 section 2.3.1, nonce-source: base64 in either alphabet. Nothing else may come into markup.
_NONCE = re.compile(rb"'nonce-([A-Za-z0-9+/_-]{1,256}={0,2})'", re.I)
_FOR_SCRIPTS = (b"script-src-elem", b"script-src", b"default-src")
_FOR_STYLES = (b"style-src-elem", b"style-src", b"default-src")


class Nonces(NamedTuple):
    """For a script element and for a style sheet's link; None where the policy names none."""

    script: bytes | None = None
    style: bytes | None = None

    def put_on(self, markup: bytes) -> bytes:
        """Our own markup, whose scripts and links are written without attributes that could be mistaken."""
        if self.script:
            markup = markup.replace(b"<script ", b'<script nonce="%s" ' % self.script)
        return markup.replace(b"<link ", b'<link nonce="%s" ' % self.style) if self.style else markup


NO_NONCES = Nonces()


def read_nonces(fields: Iterable[Field]) -> Nonces:
    """The nonces of a response's policies; of several policies the first that has one."""
    found = NO_NONCES
    for name, value in fields:
        if name.lower() == b"content-security-policy":
            for policy in value.split(b","):
                read = _read_policy(policy)
                found = Nonces(found.script or read.script, found.style or read.style)
    return found


def _read_policy(policy: bytes) -> Nonces:
    directives: dict[bytes, bytes] = {}
    for directive in policy.split(b";"):
        name, _, sources = directive.strip().partition(b" ")
        directives.setdefault(name.lower(), sources)  # of two with one name the first counts
    return Nonces(*(_nonce_in(directives, names) for names in (_FOR_SCRIPTS, _FOR_STYLES)))


def _nonce_in(directives: dict[bytes, bytes], names: Iterable[bytes]) -> bytes | None:
    sources = next((directives[name] for name in names if name in directives), b"")
    match = _NONCE.search(sources)
    return match[1] if match else None
