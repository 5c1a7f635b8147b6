"""A visitor who keeps cookies and sends forms, and a reader of what a page makes a browser fetch.

Written with the standard library alone and without a look at the middleware's code, so that it can
say whether the middleware did its work.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

FETCHED_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "link": ("href",),
    "embed": ("src",),
    "object": ("data",),
    "source": ("src", "srcset"),
}
FETCHED_RELATIONS = {"stylesheet", "preconnect", "dns-prefetch", "preload", "prefetch", "icon"}
SCRIPT_TYPES = {"", "module", "text/javascript", "application/javascript"}
ADDRESS_IN_SCRIPT = re.compile(r"""(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s"'`\\]*""", re.IGNORECASE)
BANNER_ID = "privacy-mw-banner"


@dataclass
class Form:
    """A form as a browser would send it; ``choices`` are the values of its buttons by name."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, set[str]] = field(default_factory=dict)


class Page(HTMLParser):
    """What one page fetches from other hosts, its forms, and what it offers to the visitor."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fetches: list[str] = []
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._runs = False
        self._in_banner = False
        self._link: tuple[str, str] | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "section" and values.get("id") == BANNER_ID:
            self._in_banner = True
        elif tag == "script":
            self._runs = values.get("type", "").strip().lower() in SCRIPT_TYPES
        elif tag == "form":
            self.forms.append(Form(values.get("action", "")))
        elif tag in ("input", "button") and self.forms and values.get("name"):
            self._read_control(tag, values)
        elif tag == "a" and not self._in_banner:
            self._link = (values.get("href", ""), "")
        if not (tag == "script" and not self._runs):
            self._read_fetches(tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag == "section":
            self._in_banner = False
        elif tag == "script":
            self._runs = False
        elif tag == "a" and self._link is not None:
            self.links.append(self._link)
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._runs:
            self.fetches += ADDRESS_IN_SCRIPT.findall(data)
        elif self._link is not None:
            self._link = (self._link[0], self._link[1] + data)

    def _read_control(self, tag: str, values: dict[str, str]) -> None:
        form, name, value = self.forms[-1], values["name"], values.get("value", "")
        if tag == "input" and values.get("type") == "hidden":
            form.fields[name] = value
        elif tag == "button":
            form.choices.setdefault(name, set()).add(value)

    def _read_fetches(self, tag: str, values: dict[str, str]) -> None:
        if tag == "link" and not FETCHED_RELATIONS & set(values.get("rel", "").lower().split()):
            return
        for name in FETCHED_ATTRIBUTES.get(tag, ()):
            candidates = values.get(name, "").split(",") if name == "srcset" else [values.get(name)]
            self.fetches += [c.split()[0] for c in candidates if c and c.strip()]

    def fetches_from(self, hosts: tuple[str, ...]) -> int:
        """How many fetches go to one of ``hosts`` or to a name below it."""
        names = ["." + (urlsplit(address).hostname or "") for address in self.fetches]
        return sum(any(name.endswith("." + host) for host in hosts) for name in names)

    def form(self, action: str) -> Form | None:
        return next((form for form in self.forms if form.action == action), None)

    @property
    def banner(self) -> Form | None:
        """The form that asks for a choice: it must offer to accept and to refuse."""
        asked = {"accept", "refuse"}
        return next((f for f in self.forms if asked <= f.choices.get("choice", set())), None)

    @property
    def has_privacy_link(self) -> bool:
        """Whether a link outside the banner, named for privacy, leads to the privacy page."""
        return any(href == "/privacy" and "privacy" in text.lower() for href, text in self.links)


class Visitor:
    """Somebody with a browser that sends ``headers``, keeps cookies and follows redirects."""

    def __init__(self, site: str, headers: dict[str, str]) -> None:
        self.site = site
        self._jar = CookieJar()
        # No proxy: the shop is on this machine, whatever the environment says.
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self._jar))
        self._opener.addheaders = [("User-Agent", "Mozilla/5.0 Demo/1.0"), *headers.items()]

    def get(self, path: str) -> Page:
        return self._open(Request(urljoin(self.site, path), headers={"Accept": "text/html"}))

    def send(self, form: Form | None, **filled: str) -> Page:
        """Send ``form`` with its hidden fields and what was ``filled`` in."""
        if form is None:
            raise LookupError(f"the page lacks the form to be filled with {sorted(filled)}")
        body = urlencode(form.fields | filled).encode()
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        return self._open(Request(urljoin(self.site, form.action), data=body, headers=headers))

    @property
    def cookies(self) -> set[str]:
        """The names this browser keeps now."""
        return {cookie.name for cookie in self._jar}

    def _open(self, request: Request) -> Page:
        with self._opener.open(request, timeout=30) as answer:
            return Page(answer.read().decode())
