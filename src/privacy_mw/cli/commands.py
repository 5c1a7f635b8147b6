"""The commands: options in, streams through the engine, lines for people out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import BinaryIO

import click

from privacy_mw import ConfigError, Decision, PrivacyConfig, Purpose, __version__
from privacy_mw.cli.lines import Lines
from privacy_mw.editor import Held
from privacy_mw.engine import PrivacyEngine
from privacy_mw.html.rewriter import Rewriter
from privacy_mw.judge import UNKNOWN, Finding
from privacy_mw.messages import RequestHead
from privacy_mw.policy import Rule
from privacy_mw.purposes import ALL, NECESSARY_ONLY, OPTIONAL
from privacy_mw.regimes import STRICTEST
from privacy_mw.signals import Signals

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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def privacy_mw() -> None:
    """Privacy middleware for Python web apps, from the command line."""


@privacy_mw.command()
@click.option("--site", required=True, help="The host that serves the page: its own addresses pass.")
@click.option(
    "--deny",
    type=_Purposes(),
    multiple=True,
    help="What the visitor refuses: purposes with commas between them, or all (the default).",
)
@click.option("--allowed-host", "allowed_hosts", multiple=True, help="A third-party host that passes.")
@click.option("--unknown-hosts", type=click.Choice(["allow", "deny"]), default="allow", show_default=True)
@click.option("--explain", is_flag=True, help="Say on standard error what is held back, where and why.")
@click.argument("page", type=click.File("rb"), default="-")
@click.option("--output", "-o", type=click.File("wb"), default="-")
def rewrite(
    site: str,
    deny: tuple[frozenset[Purpose], ...],
    allowed_hosts: tuple[str, ...],
    unknown_hosts: str,
    explain: bool,
    page: BinaryIO,
    output: BinaryIO,
) -> None:
    """Write the HTML of PAGE (standard input) as a visitor would be sent it, without banner and link."""
    try:
        config = PrivacyConfig(debug=True, allowed_hosts=allowed_hosts, unknown_hosts=unknown_hosts)
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    denied = frozenset[Purpose]().union(*deny) if deny else frozenset(OPTIONAL)
    decision = Decision(NECESSARY_ONLY | (ALL - denied), Rule.CHOICE, STRICTEST.name, Signals(), None, False)
    lines = Lines()
    head = RequestHead("GET", "https", site.lower(), "", "/", b"", {b"host": site.encode()})
    report = _explainer(lines) if explain else None
    rewriter = Rewriter(PrivacyEngine(config).editor(head, decision, report), None)
    try:
        for chunk in _chunks(page):
            lines.add(chunk)
            output.write(rewriter.feed(chunk))
            output.flush()
        output.write(rewriter.finish())
        output.flush()
    except BrokenPipeError:
        sys.stderr.close()  # who reads has enough; nothing is to be said about it
        sys.exit(141)


def _chunks(page: BinaryIO) -> Iterator[bytes]:
    """What is there, as soon as it is there."""
    read = getattr(page, "read1", page.read)
    while chunk := read(_CHUNK_BYTES):
        yield chunk


def _explainer(lines: Lines) -> Callable[[Held], None]:
    def explain(held: Held) -> None:
        line, column = lines.place_of(held.offset)
        reference = held.reference
        if len(reference) > _LONGEST_SHOWN_REFERENCE:
            reference = reference[: _LONGEST_SHOWN_REFERENCE - 1] + "…"
        what = f"{held.element} {held.by}" + (f" {reference}" if reference else "")
        left = "; left as it is" if held.is_left else ""
        click.echo(f"{line}:{column} (byte {held.offset}) {what}: {_reason(held)}{left}", err=True)

    return explain


def _reason(held: Held) -> str:
    why = held.why
    if isinstance(why, Finding) and why.service is not None:
        return f"{why.purpose}, {why.service.name} (service {why.service.id!r} of the catalogue)"
    if why.purpose == UNKNOWN:
        return "unknown host (unknown_hosts is 'deny')"
    return why.purpose
