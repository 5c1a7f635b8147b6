"""A browser's cookie store, straight from rfc6265bis section 5.7 and CHIPS, as far as scopes go."""

from __future__ import annotations

from typing import NamedTuple

PUBLIC_SUFFIXES = frozenset({"example", "co.uk", "uk", "localhost"})


class Key(NamedTuple):
    """What tells one cookie from another; ``host`` is the only host of a host-only cookie."""

    name: str
    domain: str
    is_host_only: bool
    path: str
    is_partitioned: bool


class Jar:
    """Cookies of one top-level site. ``secure`` origins only."""

    def __init__(self) -> None:
        self.keys: dict[Key, None] = {}

    def receive(self, line: str, *, host: str, path: str = "/") -> None:
        """One Set-Cookie line of a response from ``https://host/path``."""
        pair, *rest = line.split(";")
        name = pair.partition("=")[0].strip()
        attributes = {
            key.strip().lower(): value.strip() for key, _, value in (each.partition("=") for each in rest)
        }
        domain = attributes.get("domain", "").removeprefix(".").lower()
        if domain in PUBLIC_SUFFIXES and domain != host:
            return
        if domain and not (host == domain or host.endswith("." + domain)):
            return
        given = attributes.get("path", "")
        where = given if given.startswith("/") else path[: path.rfind("/")] or "/"
        is_secure = "secure" in attributes
        lower = name.lower()
        if lower.startswith("__host-") and (not is_secure or domain or where != "/"):
            return
        if lower.startswith(("__secure-", "__http-")) and not is_secure:
            return
        if lower.startswith(("__http-", "__host-http-")) and "httponly" not in attributes:
            return
        if "partitioned" in attributes and not is_secure:
            return
        key = Key(name, domain or host, not domain, where, "partitioned" in attributes)
        if int(attributes.get("max-age", "1")) <= 0:
            self.keys.pop(key, None)
        else:
            self.keys[key] = None

    def sent(self, host: str, path: str) -> list[str]:
        """Names in the Cookie field of a request."""
        return [key.name for key in self.keys if _is_for(key, host, path)]


def _is_for(key: Key, host: str, path: str) -> bool:
    is_host = host == key.domain or (not key.is_host_only and host.endswith("." + key.domain))
    is_below = path.startswith(key.path) and (
        key.path.endswith("/") or path[len(key.path) :][:1] in ("", "/")
    )
    return is_host and is_below
