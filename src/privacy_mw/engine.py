"""The engine: one configuration made ready, and the way of every request through it.

Does no I/O and keeps no state of visitors. The clock is an argument. Safe to share between threads and
event loops.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cached_property, lru_cache
from urllib.parse import quote

from privacy_mw import caching, endpoint, policy, tracking_status
from privacy_mw.blocking import Kind
from privacy_mw.config import PrivacyConfig
from privacy_mw.consent import Choice, ChoiceSigner, read_choice_cookie, set_choice_cookie
from privacy_mw.cookies import cookies_of
from privacy_mw.crawlers import is_crawler
from privacy_mw.deletion import PROGRESS_COOKIE, Place, sweep
from privacy_mw.drops import Drop, Drops
from privacy_mw.editor import IdleEditor, PageEditor
from privacy_mw.exchange import Exchange, View
from privacy_mw.headers import FieldList
from privacy_mw.html.rewriter import Inserts
from privacy_mw.html.tag import StartTag
from privacy_mw.judge import Finding, Judge
from privacy_mw.languages import DEFAULT, accepted_language, find_language
from privacy_mw.messages import ReadForm, Reply, RequestHead
from privacy_mw.pages import Pages
from privacy_mw.policy import UNIFORM, Decision, Rule
from privacy_mw.purposes import Purpose
from privacy_mw.refusals import Held, Refused
from privacy_mw.regimes import REGIMES, Regime
from privacy_mw.rehearsal import Rehearsal, Told
from privacy_mw.signals import Signals, read_signals
from privacy_mw.urls import read_host

logger = logging.getLogger("privacy_mw")

GPC_PATH = "/.well-known/gpc.json"
_PATH_SAFE = "/:@!$&'()*+,;=~-._"
"""What a path may hold besides letters and digits without being percent-encoded (RFC 3986, 3.3)."""


class PrivacyEngine:
    """Takes a request head and says what happens with it."""

    def __init__(self, config: PrivacyConfig, *, clock: Callable[[], float] = time.time) -> None:
        """``clock`` gives Unix seconds."""
        self._config = config
        self._clock = clock
        self._signer = ChoiceSigner(config.secret_keys)
        self._pages = Pages(config)
        self._judge = Judge(config)
        self.drops = Drops()
        """How often cookies were held back, by what was done and for which purpose."""
        self.explains = config.debug
        self.keeps_transformed = config.honour_no_transform
        self.uniform = UNIFORM
        self.tells_status = config.tracking_status
        self._told = Told()
        for doubt in config.doubts():
            logger.warning("%s", doubt)
        self._decide = lru_cache(maxsize=1024)(self._decide_anew)
        # What the site gave as a callable is asked for every request; a plain value is looked up once, here.
        self._asks_whether_enabled = config.enabled is not True
        self._regime = None if callable(config.regime) else REGIMES[config.regime]
        self._prefix = config.path_prefix + "/"
        self.vary = tuple(
            name
            for name, is_read in (
                (b"Sec-GPC", config.honour_gpc),
                (b"DNT", config.honour_dnt),
                (b"Cookie", True),
                (b"Sec-Fetch-Dest", config.banner or config.privacy_link),
            )
            if is_read and config.mode != "uniform"
        )

    def open(self, head: RequestHead) -> Exchange | ReadForm | Reply | None:
        """What to do with a request: let the application answer through an Exchange, read a form and
        ``submit`` it, or send a Reply. None: the middleware is off for it.
        """
        if self._asks_whether_enabled and not self._config.is_enabled_for(head):
            return None
        if head.path.startswith(self._prefix):
            return self._open_own(head)
        if self.tells_status and head.path.startswith(tracking_status.PATH) and not head.mount:
            rest = head.path[len(tracking_status.PATH) :]
            if not rest or rest.startswith("/"):
                policy_url = self._config.policy_url
                return tracking_status.answer(head.method, head.path, policy_url, self._prefix)
        return self.exchange(head)

    def exchange(self, head: RequestHead) -> Exchange:
        """The exchange for a request of the application itself."""
        decision = UNIFORM if self._config.mode == "uniform" else self.decide(head)
        refusal_of = self._judge.cookie_refusal(decision.allowed)
        if self._config.report_only:
            return Rehearsal(self, head, decision, refusal_of, self._told)
        fallback = None
        if head.path == GPC_PATH and not head.mount and self._config.honour_gpc:
            fallback = endpoint.gpc_support() if head.method in ("GET", "HEAD") else None
        return Exchange(self, head, decision, refusal_of, fallback)

    def decide(self, head: RequestHead) -> Decision:
        """What a request allows, from its signals, its choice cookie and the regime."""
        fields = head.fields
        cookie = fields.get(b"cookie")
        choice = None
        if cookie is not None and (value := read_choice_cookie(cookie)) is not None:
            version = self._config.policy_version
            choice = self._signer.read(value, policy_version=version, now=self._clock())
        regime = self._config.regime_of(head) if self._regime is None else self._regime
        return self._decide(regime, read_signals(fields), choice)

    def _decide_anew(self, regime: Regime, signals: Signals, choice: Choice | None) -> Decision:
        config = self._config
        return policy.decide(
            regime,
            signals,
            choice,
            honour_gpc=config.honour_gpc,
            honour_dnt=config.honour_dnt,
            child_directed=config.child_directed,
        )

    # --- the middleware's own addresses ---

    def _open_own(self, head: RequestHead) -> ReadForm | Reply:
        is_read = head.method in ("GET", "HEAD")
        match head.path[len(self._prefix) :]:
            case "choice":
                status = endpoint.problem_of(head)
                return self._problem(head, status) if status else self._form(head)
            case "" if is_read:
                page = self._pages.settings(head.mount, self.decide(head), self._own_language(head))
                return endpoint.page(200, page)
            case "static/privacy.css" if is_read:
                return endpoint.static(b"text/css", self._pages.stylesheet)
            case "static/privacy.js" if is_read:
                return endpoint.static(b"text/javascript", self._pages.script)
        return self._problem(head, 404)

    def _own_language(self, head: RequestHead) -> str:
        """Of a page of the middleware's own: the site's, else the visitor's."""
        if self._config.language != "auto":
            return self._language(None)
        return accepted_language(head.header("accept-language") or "") or DEFAULT

    def _language(self, spoken: str | None) -> str:
        """Of what is put into a page: the site's setting, else what the application says it speaks."""
        wanted = spoken if self._config.language == "auto" else self._config.language
        return (find_language(wanted) if wanted else None) or DEFAULT

    @staticmethod
    def _form(head: RequestHead) -> ReadForm:
        return ReadForm(head, endpoint.MAX_FORM_BYTES)

    def _problem(self, head: RequestHead, status: int) -> Reply:
        allow = [(b"allow", b"POST")] if status == 405 else []
        return endpoint.page(
            status, self._pages.problem(head.mount, status, self._own_language(head)), *allow
        )

    def submit(self, form: ReadForm, body: bytes) -> Reply:
        """The answer to a form. ``body`` may be one byte over the limit, which refuses it."""
        head = form.head
        if len(body) > form.limit_bytes:
            return self._problem(head, 413)
        read = endpoint.read_form(body)
        if read is None:
            return self._problem(head, 400)
        granted = read.granted
        if read.adds:
            earlier = self.decide(head).choice
            granted |= earlier.granted if earlier else frozenset()
        choice = Choice(granted, self._config.policy_version, int(self._clock()))
        cookie = set_choice_cookie(self._signer.write(choice), is_https=head.scheme == "https")
        regime = self._config.regime_of(head)
        decision = self._decide(regime, read_signals(head.fields), choice)
        fields = [
            (b"location", read.return_path.encode("ascii")),
            (b"set-cookie", cookie),
            *self._deletions(head, decision, "/"),
            endpoint.NO_STORE,
        ]
        return Reply(303, [*fields, tracking_status.CHANGED] if self.tells_status else fields, b"")

    # --- what an exchange asks ---

    def now(self) -> float:
        """Unix seconds."""
        return self._clock()

    def most_cookie_seconds(self, name: bytes) -> int | None:
        """How long a cookie of this name may live; None where the site sets no bound."""
        return self._judge.most_cookie_seconds(name)

    def is_uniform(self, shared: Callable[[], bool]) -> bool:
        """Whether a page is made for everybody; ``shared`` says whether its caches may be shared ones."""
        mode = self._config.mode
        return shared() if mode == "auto" else mode == "uniform"

    def inserts(self, head: RequestHead, view: View) -> Inserts | None:
        """Banner and link for a full document; None for a page that gets neither."""
        if self._config.is_exempt(head.path):
            return None
        start = self._start(head, view)
        if not self._config.privacy_link:
            return Inserts(start) if start else None
        footer = self._pages.footer(head.mount, self._language(view.language))
        return Inserts(start, footer.unlinked, footer.linked)

    def _start(self, head: RequestHead, view: View) -> bytes:
        """What a full document begins with."""
        pages, language = self._pages, self._language(view.language)
        if view.is_uniform:
            if self._config.child_directed:
                return b""
            return pages.shared_start(head.mount, _return_path(head), language)
        if not (view.decision.banner_due and self._config.banner):
            return b""
        agent = head.header("user-agent")
        if agent and is_crawler(agent):
            return b""
        return pages.banner(head.mount, _return_path(head), language)

    def editor(
        self, head: RequestHead, view: View, report: Callable[[Held], None] | None = None
    ) -> PageEditor:
        """Judges addresses and loaders by what this visitor allows; ``report`` is told of all held back."""
        allowed = view.decision.allowed
        is_idle = self._judge.refuses_nothing(allowed)
        refusals = _Refusals(self._judge, self._pages, head, allowed, self._language(view.language))
        return (IdleEditor if is_idle else PageEditor)(refusals, report)

    def permission_page(self, head: RequestHead, view: View, purpose: Purpose) -> Reply:
        """What a visitor gets in place of a page that needs a purpose."""
        language = self._language(view.language)
        # TPE section 7.6: who refuses access because of DNT says so with Conflict.
        status = 409 if self.tells_status and view.decision.signals.dnt else 403
        page = self._pages.permission(head.mount, _return_path(head), purpose, language)
        return endpoint.page(status, page)

    def deletions(self, head: RequestHead, decision: Decision) -> FieldList:
        """For a visitor who has refused, by choice or signal: who has not been asked yet has not."""
        if decision.rule is Rule.REGIME or b"cookie" not in head.fields:
            return []
        return self._deletions(head, decision, head.mount + head.path)

    def _deletions(self, head: RequestHead, decision: Decision, path: str) -> FieldList:
        refusal_of = self._judge.cookie_refusal(decision.allowed)
        sent = cookies_of(head.fields.get(b"cookie", b""))
        names = [name for name, _ in sent if refusal_of(name) and self._judge.is_deletable(name)]
        place = Place(read_host(head.host), path, head.scheme == "https")
        for name in names:
            if refusal := refusal_of(name):
                self.drops.add(Drop.DELETED, refusal)
        lines = sweep(names, place, dict(sent).get(PROGRESS_COOKIE)) if names else []
        return [(b"set-cookie", line) for line in lines]

    def variant(self, inserts: Inserts | None, view: View) -> bytes:
        """Names what differs: our version of pages, the purposes allowed, what is put in, the lists."""
        purposes = sorted(view.decision.allowed)
        put_in = b"" if inserts is None else b"%d" % bool(inserts.body_start)
        parts = [self._pages.version, ",".join(purposes).encode(), put_in, b"%d" % view.is_uniform]
        lists = self._config.filter_lists
        return caching.variant_of(parts if lists is None else [*parts, lists.digest])


class _Refusals:
    """What one visitor has refused on one site."""

    def __init__(
        self, judge: Judge, pages: Pages, head: RequestHead, allowed: frozenset[Purpose], language: str
    ) -> None:
        self._judge = judge
        self._language = language
        self._pages = pages
        self._head = head
        self._allowed = allowed
        self._site = read_host(head.host)
        memory = judge.memory(self._site, allowed, head.mount, judge.generation)
        self.telling_ends, self.is_telling = judge.copies.ends, judge.copies.may_be
        self.hosts, self.known_hosts, self.remembered, self.widgets = memory

    def url(self, reference: str, kind: Kind) -> Finding | None:
        found = self._judge.reference(self._site, reference)
        if found is None:
            return self._judge.listed(self._site, reference, kind, self._allowed)
        return None if found.purpose in self._allowed else found

    def loader(self, script: bytes) -> Finding | None:
        return self._judge.loader(self._site, script, self._allowed)

    def draws_in_place(self, why: Refused) -> bool:
        return isinstance(why, Finding) and why.service is not None and why.service.in_place

    def placeholder(self, tag: StartTag, reference: str, why: Refused) -> bytes:
        name = why.service.name if isinstance(why, Finding) and why.service else ""
        title = tag.value(b"title") or ""
        return self._pages.placeholder(
            self._head.mount, self._return_path, name, title, why.purpose, reference, self._language
        )

    @cached_property
    def _return_path(self) -> str:
        return _return_path(self._head)


def _return_path(head: RequestHead) -> str:
    path = quote((head.mount + head.path).encode("utf-8", "surrogateescape"), safe=_PATH_SAFE)
    query = "?" + head.query.decode("latin-1") if head.query else ""
    return endpoint.safe_return_path(path + query)
