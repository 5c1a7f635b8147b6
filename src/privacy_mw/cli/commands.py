"""The commands: options in, streams through the engine, lines for people out."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import BinaryIO

import click

from privacy_mw import ConfigError, Decision, PrivacyConfig, Purpose, __version__
from privacy_mw.cli.knowledge import catalogue, classify
from privacy_mw.cli.lines import Lines
from privacy_mw.engine import PrivacyEngine
from privacy_mw.exchange import View
from privacy_mw.html.rewriter import Rewriter
from privacy_mw.judge import UNKNOWN, Finding
from privacy_mw.messages import RequestHead
from privacy_mw.policy import Rule
from privacy_mw.purposes import ALL, NECESSARY_ONLY, OPTIONAL
from privacy_mw.refusals import Held, NotJudged
from privacy_mw.regimes import STRICTEST
from privacy_mw.signals import Signals
from privacy_mw.urls import read_host

_CHUNK_BYTES = 64 * 1024
_LONGEST_SHOWN_REFERENCE = 120


class _Purposes(click.ParamType[frozenset[Purpose]]):
    """One or more purposes with commas between them, or ``all``."""

    name = "purpose"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> frozenset[Purpose]:
        words = [word.strip().lower() for word in str(value).split(",")]
        if words == ["all"]:
            return frozenset(OPTIONAL)
        for word in words:
            if word not in set(OPTIONAL):
                near = get_close_matches(word, OPTIONAL, n=1)
                hint = f"did you mean {str(near[0])!r}?" if near else "use one of " + ", ".join(OPTIONAL)
                self.fail(f"there is no purpose {word!r} to deny; {hint}", param, ctx)
        return frozenset(map(Purpose, words))


class _Filter(click.ParamType[tuple[str, str]]):
    """A purpose and a list's file."""

    name = "purpose=file"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        purpose, equals, path = str(value).partition("=")
        if not (equals and path):
            self.fail(f"{value!r} has no file; write it as in analytics=easyprivacy.txt", param, ctx)
        return purpose.strip().lower(), path


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def privacy_mw() -> None:
    """Privacy middleware for Python web apps, from the command line."""


privacy_mw.add_command(classify)
privacy_mw.add_command(catalogue)


@privacy_mw.command()
@click.option("--site", required=True, help="The host that serves the page: its own addresses pass.")
@click.option(
    "--deny",
    type=_Purposes(),
    multiple=True,
    help="What the visitor refuses: purposes with commas between them, or all (the default).",
)
@click.option("--allowed-host", "allowed_hosts", multiple=True, help="A third-party host that passes.")
@click.option(
    "--filter",
    "filters",
    type=_Filter(),
    multiple=True,
    help="A filter list in EasyList's format, and the purpose of what it blocks.",
)
@click.option("--unknown-hosts", type=click.Choice(["allow", "deny"]), default="allow", show_default=True)
@click.option("--explain", is_flag=True, help="Say on standard error what is held back, where and why.")
@click.argument("page", type=click.File("rb"), default="-")
@click.option("--output", "-o", type=click.Path(dir_okay=False, allow_dash=True), default="-")
def rewrite(
    site: str,
    deny: tuple[frozenset[Purpose], ...],
    allowed_hosts: tuple[str, ...],
    filters: tuple[tuple[str, str], ...],
    unknown_hosts: str,
    explain: bool,
    page: BinaryIO,
    output: str,
) -> None:
    """Write the HTML of PAGE (standard input) as a visitor would be sent it, without banner and link."""
    if site.lower() != read_host(site) or "/" in site:
        raise click.UsageError(f"--site {site!r} is not a host's name alone; write it as in shop.example")
    try:
        config = PrivacyConfig(
            debug=True, allowed_hosts=allowed_hosts, unknown_hosts=unknown_hosts, filters=_by_purpose(filters)
        )
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    denied = frozenset[Purpose]().union(*deny) if deny else frozenset(OPTIONAL)
    decision = Decision(NECESSARY_ONLY | (ALL - denied), Rule.CHOICE, STRICTEST.name, Signals(), None, False)
    explainer = _Explainer()
    head = RequestHead("GET", "https", site.lower(), "", "/", b"", {b"host": site.encode()})
    report = explainer.held.append if explain else None
    rewriter = Rewriter(PrivacyEngine(config).editor(head, View(decision), report), None)
    _check_not_the_same(page, output)
    with click.open_file(output, "wb") as out:
        try:
            for chunk in _chunks(page):
                explainer.lines.add(chunk)
                out.write(rewriter.feed(chunk))
                out.flush()
                explainer.say()
            out.write(rewriter.finish())
            out.flush()
            explainer.say()
        except BrokenPipeError:
            # Who reads has enough; Python would complain once more when it closes the stream.
            os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
            sys.exit(141)


def _by_purpose(filters: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    paths: dict[str, list[str]] = {}
    for purpose, path in filters:
        paths.setdefault(purpose, []).append(path)
    return paths


def _check_not_the_same(page: BinaryIO, output: str) -> None:
    """A page that is written while it is read would be read for ever."""
    try:
        source = os.fstat(page.fileno())
        target = os.fstat(sys.stdout.fileno()) if output == "-" else os.stat(output)
    except (OSError, ValueError):  # no file of the system's, or none yet
        return
    if stat.S_ISREG(source.st_mode) and os.path.samestat(source, target):
        raise click.UsageError("the output is the page itself; write to another file, then move it")


def _chunks(page: BinaryIO) -> Iterator[bytes]:
    """What is there, as soon as it is there."""
    read = getattr(page, "read1", page.read)
    while chunk := read(_CHUNK_BYTES):
        yield chunk


class _Explainer:
    """Says what was held back, behind the bytes that it was held back from.

    Never from within the rewriter: an error in saying must not be taken for one in judging.
    """

    def __init__(self) -> None:
        self.held: list[Held] = []
        self.lines = Lines()
        self._is_heard = True

    def say(self) -> None:
        """A line for each thing since the last time, while somebody listens."""
        held, self.held[:] = list(self.held), []
        for each in held if self._is_heard else ():
            try:
                click.echo(self._line(each), err=True)
            except BrokenPipeError:
                self._is_heard = False
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
                break

    def _line(self, held: Held) -> str:
        line, column = self.lines.place_of(held.offset)
        reference = _printable(held.reference)
        if len(reference) > _LONGEST_SHOWN_REFERENCE:
            reference = reference[: _LONGEST_SHOWN_REFERENCE - 1] + "…"
        what = _printable(f"{held.element} {held.by}") + (f" {reference}" if reference else "")
        left = "; left as it is" if held.is_left else ""
        return f"{line}:{column} (byte {held.offset}) {what}: {_reason(held)}{left}"


def _printable(text: str) -> str:
    """Text of a page on one line, and without what a terminal would obey."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _reason(held: Held) -> str:
    why = held.why
    if isinstance(why, NotJudged):
        return "could not be judged, and was made harmless"
    if why.purpose == UNKNOWN:
        return "no purpose is known for its host (unknown_hosts is 'deny')"
    if isinstance(why, Finding) and why.service is not None:
        return f"{why.purpose}, {why.service.name} (service {why.service.id!r} of the catalogue)"
    if isinstance(why, Finding) and why.list_path:
        return f"{why.purpose}, blocked by the list {_printable(why.list_path)}"
    return why.purpose
