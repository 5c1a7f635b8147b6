"""What a site answers to DNT: W3C Tracking Preference Expression, sections 6 and 7.

A resource for the whole site says that its answer depends on the visitor (``?``), so every response carries
a ``Tk`` field. It says ``N``, nothing tracks; ``T``, something may; or ``C``, something may because this
visitor has said so, and where that can be taken back.
"""

from __future__ import annotations

import json

from privacy_mw.headers import FieldList, without
from privacy_mw.messages import Reply
from privacy_mw.policy import REFUSED_BY_SIGNAL, Decision, Rule

PATH = "/.well-known/dnt"
CHANGED = (b"tk", b"U")
"""For the answer to a request that has changed the status (section 6.2.9)."""
_CONSENT_ID = "c"
_TYPE = (b"content-type", b"application/tracking-status+json")
# A day: more tracking has to be announced so long before it begins (section 7.4.4).
_CACHE = (b"cache-control", b"public, max-age=86400")
_NAME = frozenset({b"tk"})


def status_of(decision: Decision) -> bytes:
    """The value of Tk for a request (section 7.3)."""
    if decision.allowed.isdisjoint(REFUSED_BY_SIGNAL):
        return b"N"
    return b"C;" + _CONSENT_ID.encode() if decision.rule is Rule.CHOICE else b"T"


def with_status(fields: FieldList, decision: Decision) -> FieldList:
    """A response's fields with one Tk, which is ours: the application cannot know what was held back."""
    return [*without(fields, _NAME), (b"tk", status_of(decision))]


def answer(method: str, path: str, policy_url: str | None, settings_path: str) -> Reply:
    """The answer for ``path`` at or below PATH: a tracking status resource (section 7.4), or where it is.

    It is the same for everybody and sets no cookie.
    """
    if method not in ("GET", "HEAD"):
        return Reply(405, [(b"allow", b"GET, HEAD"), (b"content-type", b"text/plain")], b"")
    if path == PATH:
        return Reply(301, [(b"location", PATH.encode() + b"/"), _CACHE], b"")
    status = {"": "?", _CONSENT_ID: "C"}.get(path.removeprefix(PATH + "/"))
    if status is None:
        return Reply(404, [(b"content-type", b"text/plain")], b"There is no such status.\n")
    resource = {"tracking": status, "config": settings_path}
    if policy_url is not None:
        resource["policy"] = policy_url
    return Reply(200, [_TYPE, _CACHE], json.dumps(resource).encode())
