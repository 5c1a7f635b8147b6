"""The commands that ask the catalogue."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from privacy_mw.catalogue import load_catalogue, load_facts
from privacy_mw.cli.commands import privacy_mw


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(privacy_mw, arguments)
    return result.exit_code, result.stdout, result.stderr


def test_classify_says_whose_a_cookie_is_and_which_rule_won() -> None:
    status, said, _ = run("classify", "_ga_ABC", "__Secure-_ga", "mystery")
    parts = [
        dict(line.split(": ", 1) for line in part.splitlines() if ": " in line) for part in said.split("\n\n")
    ]

    assert status == 0
    assert [(part["name"], part["purpose"], part.get("rule")) for part in parts] == [
        ("_ga_ABC", "analytics", "pattern _ga_*"),
        ("__Secure-_ga", "analytics", "exact name _ga, without its prefix"),
        ("mystery", "unknown", None),
    ]
    assert parts[0]["service"] == "Google Analytics"
    assert parts[0]["lifetime"] == "2 years"


def test_classify_writes_json_for_programs() -> None:
    _, said, _ = run("classify", "--json", "IDE", "mystery")
    known, unknown = json.loads(said)

    assert unknown == {"name": "mystery", "purpose": None}
    assert (known["purpose"], known["set on"], known["id"]) == (
        "advertising",
        "the vendor's host",
        "google-ads",
    )
    assert known["evidence"]


def test_search_finds_services_by_any_of_their_words() -> None:
    for words in (["hotjar"], ["HOTJAR"], ["_hjSession_1"], ["static.hotjar.com"], ["hot", "jar"]):
        _, said, _ = run("catalogue", "search", *words)
        assert "hotjar" in [line.split()[0] for line in said.splitlines()]

    _, narrowed, _ = run("catalogue", "search", "google", "--purpose", "media", "--json")
    assert {row["purpose"] for row in json.loads(narrowed)} == {"media"}


def test_search_says_when_nothing_is_found() -> None:
    assert run("catalogue", "search", "no such thing") == (
        1,
        "",
        "Error: nothing has 'no such thing' in it; try a shorter word\n",
    )


def test_show_has_all_that_is_known() -> None:
    _, said, _ = run("catalogue", "show", "matomo", "--json")
    shown = json.loads(said)
    facts = load_facts()["matomo"]

    assert shown["cookies on the site's host"] == dict(facts.cookies)
    assert "matomo.js" in shown["copies"]
    assert (shown["purpose"], shown["privacy"]) == ("analytics", facts.privacy)
    assert "  matomo.js\n" in run("catalogue", "show", "matomo")[1]


def test_show_names_what_may_have_been_meant() -> None:
    status, _, said = run("catalogue", "show", "hotjarr")

    assert status == 2
    assert "there is no service 'hotjarr'; did you mean 'hotjar'" in said


def test_stats_count_everything_once() -> None:
    counts = json.loads(run("catalogue", "stats", "--json")[1])
    _, table, _ = run("catalogue", "stats")

    assert counts["all"]["services"] == len(load_catalogue().services)
    assert counts["all"]["services"] == sum(counts[key]["services"] for key in counts if key != "all")
    assert f"{counts['all']['cookies']:,}" in table.splitlines()[-1]


@pytest.mark.parametrize("service", ["gravatar", "google-fonts"])
def test_show_says_what_passes(service: str) -> None:
    assert "passes: as plain delivery" in run("catalogue", "show", service)[1]
