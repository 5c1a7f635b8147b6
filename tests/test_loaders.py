"""Inline loaders of every service in the catalogue: what loads is held back, what only speaks of it is not."""

from __future__ import annotations

import json

import pytest

from privacy_mw.catalogue import Service, load_catalogue
from privacy_mw.purposes import Purpose
from tests.editing import edited

CATALOGUE = load_catalogue()
# What a visitor who has refused everything is spared: necessary services load.
REFUSED = [
    (service, pattern)
    for service in CATALOGUE.services.values()
    for pattern in CATALOGUE.scripts_of(service)
    if service.purpose is not Purpose.NECESSARY and not service.delivery
]
LOADER = (
    "(function(d,t){var s=d.createElement(t),f=d.getElementsByTagName(t)[0];s.async=1;"
    "s.src=%s;f.parentNode.insertBefore(s,f)})(document,'script');"
)


def address(pattern: str) -> str:
    """An address that a pattern of the catalogue covers."""
    place, _, query = pattern.partition("?")
    path = place.replace("*", "en_US")
    return path + ("" if "/" in place else "/a.js") + (f"?{query}1" if query else "")


def held(script: str) -> bool:
    page = f"<head><script>{script}</script>".encode()
    out = edited(page)
    inert = b'<head><script data-privacy="'
    assert out == page or (out.startswith(inert) and out.endswith(page[len("<head><script") :]))
    return out != page


def test_the_catalogue_has_the_loaders_of_many_services() -> None:
    assert len({service.id for service, _ in REFUSED}) > 200


@pytest.mark.parametrize(
    "spelling",
    [
        lambda where: f"'https://{where}'",
        lambda where: f'"//{where}"',
        lambda where: json.dumps(f"https://{where}").replace("/", "\\/"),
        lambda where: f"('https:'==location.protocol?'https://':'http://')+'{where}'",
        lambda where: f"`https://{where}`",
        lambda where: "'https://{}' + '/{}'".format(*where.split("/", 1)),
    ],
    ids=["https", "no scheme", "escaped", "put together", "template", "two literals"],
)
def test_a_loader_is_held_back_however_its_address_is_written(spelling: object) -> None:
    assert callable(spelling)
    passing = [pattern for _, pattern in REFUSED if not held(LOADER % spelling(address(pattern)))]

    assert passing == []


def test_a_script_that_only_speaks_of_an_address_stays_as_it_is() -> None:
    mentions = (
        "// see https://{0}\nvar a = 1;",
        "/* https://{0} */",
        "var note = 'we no longer load https://{0} here';",
        "var link = 'https://shop.example/?next=https://{0}';",
        "if (/{0}/.test(location.href)) {{ }}",
    )
    held_back = [
        (pattern, mention)
        for _, pattern in REFUSED
        for mention in mentions
        if held(mention.format(address(pattern)))
    ]

    assert held_back == []


IDIOMS = [
    (service, idiom)
    for service in CATALOGUE.services.values()
    for idiom in CATALOGUE.idioms_of(service)
    if service.purpose is not Purpose.NECESSARY
]


@pytest.mark.parametrize(("service", "idiom"), IDIOMS, ids=[idiom for _, idiom in IDIOMS])
def test_an_idiom_counts_in_a_script_that_makes_elements_and_near_its_beginning(
    service: Service, idiom: str
) -> None:
    makes = "var s = document.createElement('script'); "
    other_addresses = makes + " " * 9000 + idiom

    assert held(makes + idiom)
    assert not held(idiom)
    assert not held(other_addresses)


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/ld+json",
        "importmap",
        "speculationrules",
        "text/template",
        "text/x-handlebars",
    ],
)
def test_data_blocks_stay_as_they_are(kind: str) -> None:
    pages = [
        f'<script type="{kind}">{LOADER % repr("https://" + address(pattern))}</script>'.encode()
        for _, pattern in REFUSED
    ]

    assert [page for page in pages if edited(page) != page] == []
