"""Renders the middleware's own markup: ASCII bytes, the same in every charset.

All of it is rendered from templates and texts, once for each language. A banner differs from page to page
only in its return path, so it is rendered once and the path is put in.
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
from privacy_mw.consent import COOKIE_NAME, HOST_COOKIE_NAME, MAX_AGE_SECONDS
from privacy_mw.languages import DEFAULT, language_tags, read_language
from privacy_mw.policy import REFUSED_BY_SIGNAL, Decision, Rule
from privacy_mw.purposes import NECESSARY_ONLY, OPTIONAL, Purpose
from privacy_mw.regimes import REGIMES, STRICTEST

_RETURN_MARK = "privacy-mw-return-path"
_PLACEHOLDER_MARKS = ("privacy-mw-service", "privacy-mw-title", "privacy-mw-reference")


class Footer(NamedTuple):
    """What goes to the end of a page, by whether it has a privacy link of its own."""

    unlinked: bytes
    linked: bytes


class Pages:
    """The pages of one configuration. ``mount`` is the application's SCRIPT_NAME or root_path, ``language`` a
    tag that there are texts for.
    """

    def __init__(self, config: PrivacyConfig) -> None:
        package = files("privacy_mw.pages")
        self._config = config
        self._environment = Environment(
            loader=PackageLoader("privacy_mw.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.stylesheet = package.joinpath("static/privacy.css").read_bytes()
        self.script = package.joinpath("static/privacy.js").read_bytes()
        self._versions = {
            "privacy.css": hashlib.sha256(self.stylesheet).hexdigest()[:12],
            "privacy.js": hashlib.sha256(self.script).hexdigest()[:12],
        }
        self._rules = json.dumps(_browser_rules(config), separators=(",", ":"))
        self._banner = lru_cache(maxsize=256)(self._render_banner)
        self._shared_start = lru_cache(maxsize=256)(self._render_shared_start)
        self.footer = lru_cache(maxsize=256)(self._render_footer)
        self._placeholder = lru_cache(maxsize=1024)(self._render_placeholder)
        self.version = self._fingerprint()

    def _fingerprint(self) -> bytes:
        """Changes when what pages get changes: a part of their validators."""
        templates = (self._environment.loader.get_source(self._environment, name)[0] for name in _PUT_IN)  # type: ignore[union-attr]
        texts = (
            files("privacy_mw.pages").joinpath(f"texts/{tag}.json").read_text("utf-8")
            for tag in language_tags().values()
        )
        settings = (str(self._config.policy_url), self._config.path_prefix, str(self._config.language))
        parts = (*templates, *texts, *settings, *self._versions.values(), self._rules)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8].encode()

    def banner(self, mount: str, return_path: str, language: str = DEFAULT) -> bytes:
        """The banner for a page; ``return_path`` is where the visitor goes back to."""
        before, after = self._banner(mount, language)
        return before + _ascii(escape(return_path)) + after

    def shared_start(self, mount: str, return_path: str, language: str) -> bytes:
        """What a page that is the same for everybody begins with: the script that brings to life what its
        visitor allows, and a banner that waits for the script to show it.
        """
        script, before, after = self._shared_start(mount, language)
        return script + (before + _ascii(escape(return_path)) + after if before else b"")

    def placeholder(
        self,
        mount: str,
        return_path: str,
        service: str,
        title: str,
        purpose: str,
        reference: str,
        language: str = DEFAULT,
    ) -> bytes:
        """What stands in place of a refused document, as the value of a srcdoc attribute in double quotes.

        ``reference`` is where a link leads to it, or empty; ``return_path`` is where the form comes back to.
        """
        document = self._placeholder(mount, purpose, bool(reference), language)
        known = (service or self._texts(language)["another_site"], title, reference)
        for mark, text in zip((*_PLACEHOLDER_MARKS, _RETURN_MARK), (*known, return_path), strict=True):
            document = document.replace(mark.encode(), _for_nested_document(text))
        return document

    def _render_placeholder(self, mount: str, purpose: str, has_link: bool, language: str) -> bytes:
        service, title, reference = _PLACEHOLDER_MARKS
        html = self._render_text(
            "placeholder.html",
            mount,
            language,
            service=service,
            title=title,
            reference=reference if has_link else "",
            purpose=purpose,
            label=self._texts(language).get(purpose, purpose),
            return_path=_RETURN_MARK,
        )
        return _ascii(escape(html))

    def settings(self, mount: str, decision: Decision, language: str = DEFAULT) -> bytes:
        """The page on which a visitor sees and changes the choice."""
        states = {Rule.CHILD: "state_child", Rule.CHOICE: "state_choice", Rule.REGIME: "state_none"}
        texts = self._texts(language)
        return self._render(
            "settings.html",
            mount,
            language,
            title=texts["page_title"],
            state=texts[states.get(decision.rule, "state_signal")],
            purposes=[str(purpose) for purpose in Purpose],
            allowed=decision.allowed,
        )

    def permission(self, mount: str, return_path: str, purpose: Purpose, language: str = DEFAULT) -> bytes:
        """The page that stands in place of one that needs a purpose: says so, and takes the permission."""
        texts = self._texts(language)
        return self._render(
            "permission.html",
            mount,
            language,
            title=texts["needs_title"],
            purpose=str(purpose),
            label=texts[purpose],
            return_path=return_path,
        )

    def problem(self, mount: str, status: int, language: str = DEFAULT) -> bytes:
        """A page that says why a choice was not taken."""
        texts = self._texts(language)
        title, problem = texts["refused_title"], texts[f"refused_{status}"]
        return self._render("problem.html", mount, language, title=title, problem=problem)

    def _render_banner(self, mount: str, language: str, *, is_hidden: bool = False) -> tuple[bytes, bytes]:
        html = self._render("banner.html", mount, language, return_path=_RETURN_MARK, is_hidden=is_hidden)
        before, _, after = html.partition(_RETURN_MARK.encode())
        return before, after

    def _render_shared_start(self, mount: str, language: str) -> tuple[bytes, bytes, bytes]:
        script = self._render("script.html", mount, language, rules=self._rules)
        if not self._config.banner:
            return script, b"", b""
        return (script, *self._render_banner(mount, language, is_hidden=True))

    def _render_footer(self, mount: str, language: str = DEFAULT) -> Footer:
        return Footer(
            *(
                self._render("footer.html", mount, language, is_linked=is_linked)
                for is_linked in (False, True)
            )
        )

    def _texts(self, language: str) -> dict[str, str]:
        return read_language(language).texts

    def _render(self, template: str, mount: str, language: str, **values: Any) -> bytes:
        return _ascii(self._render_text(template, mount, language, **values))

    def _render_text(self, template: str, mount: str, language: str, **values: Any) -> str:
        prefix = mount + self._config.path_prefix
        static = {name: f"{prefix}/static/{name}?v={version}" for name, version in self._versions.items()}
        read = read_language(language)
        return self._environment.get_template(template).render(
            texts=read.texts,
            language=read.tag,
            direction=read.direction,
            policy_url=self._config.policy_url,
            action=f"{prefix}/choice",
            settings=f"{prefix}/",
            stylesheet=static["privacy.css"],
            script=static["privacy.js"],
            **values,
        )


_PUT_IN = ("banner.html", "script.html", "footer.html", "placeholder.html")
"""Templates of what comes into pages of the site."""


def _browser_rules(config: PrivacyConfig) -> dict[str, object]:
    """What ``policy.decide`` goes by, for the script that decides in the browser. Where the regime depends on
    the request it is the strictest, because a page for everybody knows of no request.
    """
    regime = STRICTEST if callable(config.regime) else REGIMES[config.regime]
    return {
        "cookies": [HOST_COOKIE_NAME.decode(), COOKIE_NAME.decode()],
        "version": config.policy_version,
        "age": MAX_AGE_SECONDS,
        "purposes": [*OPTIONAL],
        "allowed": sorted(regime.allowed - NECESSARY_ONLY),
        "asks": regime.asks,
        "gpc": config.honour_gpc,
        "gpcFirst": regime.gpc_beats_choice,
        "dnt": config.honour_dnt,
        "refused": sorted(REFUSED_BY_SIGNAL),
    }


@lru_cache(maxsize=1024)
def _for_nested_document(text: str) -> bytes:
    """Escaped twice: within a document, and the document within an attribute."""
    return _ascii(escape(escape(text)))


def _ascii(html: str) -> bytes:
    return html.encode("ascii", "xmlcharrefreplace")
