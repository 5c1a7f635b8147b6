"""Requests and responses as values: what the doors carry into the engine and out of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from privacy_mw import headers
from privacy_mw.headers import FieldList


class RequestHead(NamedTuple):
    """A request without its body.

    ``path`` is below ``mount`` (SCRIPT_NAME, root_path), both percent-decoded, and ``query`` is raw.
    ``host`` is the Host field in lower case with its port. ``fields`` has lower-case names.
    """

    method: str
    scheme: str
    host: str
    mount: str
    path: str
    query: bytes
    fields: Mapping[bytes, bytes]

    def header(self, name: str) -> str | None:
        """A request header as text, its name in any case; None when absent."""
        return headers.text_of(self.fields, name)


class ResponseHead(NamedTuple):
    """Status and fields of a response on its way out.

    ``rewrites`` says that the body has to pass through ``Exchange.feed`` and ``finish``; when it is
    False the door hands the app's body on as the object it is. ``keeps_length``: it passes through, but
    comes out as it went in, so that what the fields say of its length stays true.
    """

    status: int
    fields: FieldList
    rewrites: bool
    keeps_length: bool = False


class Reply(NamedTuple):
    """A whole response that the middleware gives itself."""

    status: int
    fields: FieldList
    body: bytes


class ReadForm(NamedTuple):
    """The engine wants a form's body, at most ``limit_bytes`` of it, and then ``submit``."""

    head: RequestHead
    limit_bytes: int
