"""Renders the middleware's own markup: ASCII bytes, the same in every charset.

All of it is rendered from templates and texts read at start-up. A banner differs from page to page only
in its return path, so it is rendered once and the path is put in.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from html import escape
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from privacy_mw.config import PrivacyConfig
from privacy_mw.policy import Decision, Rule
from privacy_mw.purposes import Purpose

_RETURN_MARK = "privacy-mw-return-path"
_PLACEHOLDER_MARKS = ("privacy-mw-service", "privacy-mw-title", "privacy-mw-reference")


class Footer(NamedTuple):
    """What goes to the end of a page, by whether it has a privacy link of its own."""

    unlinked: bytes
    linked: bytes


class Pages:
    """The pages of one configuration. ``mount`` is the application's SCRIPT_NAME or root_path."""

    def __init__(self, config: PrivacyConfig, language: str = "en") -> None:
        package = files("privacy_mw.pages")
        self._config = config
        self._language = language
        self._texts: dict[str, str] = json.loads(
            package.joinpath(f"texts/{language}.json").read_text("utf-8")
        )
        self._environment = Environment(
            loader=PackageLoader("privacy_mw.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.stylesheet = package.joinpath("static/privacy.css").read_bytes()
        self._stylesheet_version = hashlib.sha256(self.stylesheet).hexdigest()[:12]
        self._banner = lru_cache(maxsize=64)(self._render_banner)
        self.footer = lru_cache(maxsize=64)(self._render_footer)
        self._placeholder = lru_cache(maxsize=256)(self._render_placeholder)
        self.version = self._fingerprint()

    def _fingerprint(self) -> bytes:
        """Changes when what pages get changes: a part of their validators."""
        parts = (*self._banner(""), *self.footer(""), self._placeholder("", Purpose.MEDIA, True))
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:8].encode()

    def banner(self, mount: str, return_path: str) -> bytes:
        """The banner for a page; ``return_path`` is where the visitor goes back to."""
        before, after = self._banner(mount)
        return before + _ascii(escape(return_path)) + after

    def placeholder(
        self, mount: str, return_path: str, service: str, title: str, purpose: str, reference: str
    ) -> bytes:
        """What stands in place of a refused document, as the value of a srcdoc attribute in double quotes.

        ``reference`` is where a link leads to it, or empty; ``return_path`` is where the form comes back to.
        """
        document = self._placeholder(mount, purpose, bool(reference))
        known = (service or self._texts["another_site"], title, reference)
        for mark, text in zip((*_PLACEHOLDER_MARKS, _RETURN_MARK), (*known, return_path), strict=True):
            document = document.replace(mark.encode(), _for_nested_document(text))
        return document

    def _render_placeholder(self, mount: str, purpose: str, has_link: bool) -> bytes:
        service, title, reference = _PLACEHOLDER_MARKS
        html = self._render_text(
            "placeholder.html",
            mount,
            service=service,
            title=title,
            reference=reference if has_link else "",
            purpose=purpose,
            label=self._texts.get(purpose, purpose),
            return_path=_RETURN_MARK,
        )
        return _ascii(escape(html))

    def settings(self, mount: str, decision: Decision) -> bytes:
        """The page on which a visitor sees and changes the choice."""
        states = {Rule.CHILD: "state_child", Rule.CHOICE: "state_choice", Rule.REGIME: "state_none"}
        return self._render(
            "settings.html",
            mount,
            title=self._texts["page_title"],
            state=self._texts[states.get(decision.rule, "state_signal")],
            purposes=[str(purpose) for purpose in Purpose],
            allowed=decision.allowed,
        )

    def problem(self, mount: str, status: int) -> bytes:
        """A page that says why a choice was not taken."""
        title, problem = self._texts["refused_title"], self._texts[f"refused_{status}"]
        return self._render("problem.html", mount, title=title, problem=problem)

    def _render_banner(self, mount: str) -> tuple[bytes, bytes]:
        html = self._render("banner.html", mount, return_path=_RETURN_MARK)
        before, _, after = html.partition(_RETURN_MARK.encode())
        return before, after

    def _render_footer(self, mount: str) -> Footer:
        return Footer(
            *(self._render("footer.html", mount, is_linked=is_linked) for is_linked in (False, True))
        )

    def _render(self, template: str, mount: str, **values: Any) -> bytes:
        return _ascii(self._render_text(template, mount, **values))

    def _render_text(self, template: str, mount: str, **values: Any) -> str:
        prefix = mount + self._config.path_prefix
        return self._environment.get_template(template).render(
            texts=self._texts,
            language=self._language,
            policy_url=self._config.policy_url,
            action=f"{prefix}/choice",
            settings=f"{prefix}/",
            stylesheet=f"{prefix}/static/privacy.css?v={self._stylesheet_version}",
            **values,
        )


@lru_cache(maxsize=1024)
def _for_nested_document(text: str) -> bytes:
    """Escaped twice: within a document, and the document within an attribute."""
    return _ascii(escape(escape(text)))


def _ascii(html: str) -> bytes:
    return html.encode("ascii", "xmlcharrefreplace")
