"""The commands that ask the catalogue: whose is this cookie, what is known of a service."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import click

from privacy_mw.catalogue import Catalogue, Facts, Service, load_catalogue, load_facts
from privacy_mw.catalogue.cookie_names import bare_cookie_name
from privacy_mw.purposes import Purpose
from privacy_mw.urls import read_url

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON for programs.")


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@_AS_JSON
def classify(names: tuple[str, ...], as_json: bool) -> None:
    """Say what cookies of these names are for, whose they are, and by which rule that is known."""
    answers = [_classified(name) for name in names]
    if as_json:
        click.echo(json.dumps(answers, indent=2))
        return
    for number, answer in enumerate(answers):
        if number:
            click.echo()
        _write(answer)


def _classified(name: str) -> dict[str, Any]:
    catalogue = load_catalogue()
    service = catalogue.service_of_cookie(name)
    if service is None:
        return {"name": name, "purpose": None}
    facts, rule = load_facts()[service.id], catalogue.cookie_rule(name)
    is_first_party = rule in facts.cookies
    return {
        "name": name,
        "purpose": str(service.purpose),
        "service": service.name,
        "provider": facts.provider,
        "id": service.id,
        "rule": _rule(name, rule),
        "set on": "the site's own host" if is_first_party else "the vendor's host",
        "lifetime": (facts.cookies if is_first_party else facts.vendor_cookies)[rule],
        "privacy": facts.privacy,
        "evidence": list(facts.evidence),
        "checked": facts.checked,
    }


def _rule(name: str, rule: str) -> str:
    kind = "exact name" if "*" not in rule else "pattern"
    seen_through = "" if name == rule or bare_cookie_name(name) == name else ", without its prefix"
    return f"{kind} {rule}{seen_through}"


@click.group()
def catalogue() -> None:
    """Look into what is known of services, their addresses and cookies."""


@catalogue.command()
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@click.option(
    "--purpose", type=click.Choice([str(each) for each in Purpose]), help="Only services for this purpose."
)
@_AS_JSON
def search(words: tuple[str, ...], purpose: str | None, as_json: bool) -> None:
    """List the services in whose name, provider, addresses or cookies all words occur, and whose an address
    or a cookie of this name is.
    """
    known = load_catalogue()
    owners = _owners(known, words[0]) if len(words) == 1 else ()
    found = [
        service
        for service, text in _texts(known, load_facts())
        if purpose in (None, service.purpose)
        and (service in owners or all(word.lower() in text for word in words))
    ]
    if as_json:
        rows = [{"id": each.id, "name": each.name, "purpose": str(each.purpose)} for each in found]
        click.echo(json.dumps(rows, indent=2))
        return
    width = max((len(each.id) for each in found), default=0)
    for each in found:
        click.echo(f"{each.id:{width}}  {each.purpose:12} {each.name}")
    if not found:
        raise click.ClickException(f"nothing has {' and '.join(map(repr, words))} in it; try a shorter word")


def _owners(known: Catalogue, word: str) -> tuple[Service | None, ...]:
    url = read_url(word if "//" in word else f"//{word}")
    return known.service_of_url(*url) if url else None, known.service_of_cookie(word)


def _texts(known: Catalogue, facts: Mapping[str, Facts]) -> Iterable[tuple[Service, str]]:
    """Each service with all that it may be found by, in lower case."""
    hosts = known.all_urls()
    for service in known.services.values():
        fact = facts[service.id]
        parts = (
            service.id,
            service.name,
            fact.provider,
            *hosts[service.id],
            *fact.cookies,
            *fact.vendor_cookies,
        )
        yield service, "\n".join(parts).lower()


@catalogue.command()
@click.argument("id")
@_AS_JSON
def show(id: str, as_json: bool) -> None:
    """Show all that is known of the service with this id."""
    known = load_catalogue()
    service = known.services.get(id)
    if service is None:
        near = get_close_matches(id, known.services, n=3)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "try: privacy-mw catalogue search"
        raise click.UsageError(f"there is no service {id!r}; {hint}")
    answer = _shown(known, service, load_facts()[id])
    if as_json:
        click.echo(json.dumps(answer, indent=2))
    else:
        _write(answer)


def _shown(known: Catalogue, service: Service, facts: Facts) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "id": service.id,
        "name": service.name,
        "provider": facts.provider,
        "purpose": str(service.purpose),
        "passes": "as plain delivery, until the site gives it a purpose" if service.delivery else "",
        "privacy": facts.privacy,
        "opt-out": facts.opt_out,
        "addresses": known.all_urls()[service.id],
        "scripts": known.scripts_of(service),
        "copies": known.copies_of(service),
        "idioms": known.idioms_of(service),
        "cookies on the site's host": dict(facts.cookies),
        "cookies on the vendor's host": dict(facts.vendor_cookies),
        "evidence": list(facts.evidence),
        "checked": facts.checked,
    }
    return {key: value for key, value in answer.items() if value}


@catalogue.command()
@_AS_JSON
def stats(as_json: bool) -> None:
    """Count services, address patterns and cookie names by purpose."""
    known, facts = load_catalogue(), load_facts()
    hosts = known.all_urls()
    counts: dict[str, Counter[str]] = {str(purpose): Counter() for purpose in Purpose}
    for service in known.services.values():
        fact = facts[service.id]
        counts[service.purpose].update(
            services=1, addresses=len(hosts[service.id]), cookies=len(fact.cookies) + len(fact.vendor_cookies)
        )
    counts["all"] = sum(counts.values(), Counter())
    if as_json:
        click.echo(json.dumps(counts, indent=2))
        return
    columns = ("services", "addresses", "cookies")
    click.echo(f"{'':12}" + "".join(f"{column:>12}" for column in columns))
    for purpose, counter in counts.items():
        click.echo(f"{purpose:12}" + "".join(f"{counter[column]:12,}" for column in columns))


def _write(answer: Mapping[str, Any]) -> None:
    """A line for each fact, lists and tables below their names."""
    for key, value in answer.items():
        if isinstance(value, dict):
            click.echo(f"{key}:")
            for name, lifetime in value.items():
                click.echo(f"  {name}  {lifetime}")
        elif isinstance(value, list):
            click.echo(f"{key}:")
            for item in value:
                click.echo(f"  {item}")
        else:
            click.echo(f"{key}: {'unknown' if value is None else value}")
