"""The command line filter: bytes in, bytes out at once, and a line for each thing held back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from privacy_mw.cli.commands import privacy_mw
from privacy_mw.cli.lines import Lines
from tests.editing import edited

PAGE = (
    b"<!doctype html>\n<p>\xff\n  <script src=https://www.google-analytics.com/ga.js></script>\n"
    b"<iframe src=https://www.youtube.com/embed/x></iframe>\n<noscript>\n<img src=https://cdn.example/a></noscript>\n"
)

COMMAND = [sys.executable, "-c", "from privacy_mw.cli import main; main()"]


def run(*arguments: str, page: bytes = PAGE) -> tuple[int, bytes, str]:
    result = CliRunner().invoke(privacy_mw, ["rewrite", *arguments], input=page)
    return result.exit_code, result.stdout_bytes, result.stderr


def test_a_page_is_written_as_the_middleware_sends_it() -> None:
    assert run("--site", "shop.example") == (0, edited(PAGE), "")


@pytest.mark.parametrize("deny", [["--deny", "analytics"], ["--deny", "functional, Analytics"]])
def test_only_what_is_denied_is_held_back(deny: list[str]) -> None:
    _, out, _ = run("--site", "shop.example", *deny)

    assert out == PAGE.replace(
        b"<script src", b'<script data-privacy="analytics" type="text/plain" data-privacy-src'
    )


def test_each_thing_held_back_is_explained_with_its_place() -> None:
    _, _, said = run("--site", "shop.example", "--explain", "--unknown-hosts", "deny")

    assert said.splitlines() == [
        "3:3 (byte 23) script src https://www.google-analytics.com/ga.js: analytics, Google Analytics "
        "(service 'google-analytics' of the catalogue)",
        "4:1 (byte 84) iframe src https://www.youtube.com/embed/x: media, YouTube (service 'youtube' of the catalogue)",
        "6:1 (byte 149) img src https://cdn.example/a: no purpose is known for its host (unknown_hosts is 'deny')",
    ]


def test_a_form_that_sends_elsewhere_is_reported_and_left_as_it_is() -> None:
    page = b"<form action=https://www.google-analytics.com/collect>"
    _, out, said = run("--site", "shop.example", "--explain", page=page)

    assert (out, said.endswith("of the catalogue); left as it is\n")) == (page, True)


def test_a_long_address_is_shortened_and_a_named_host_passes() -> None:
    page = b"<img src=https://cdn.example/" + b"x" * 300 + b">"
    _, out, said = run("--site", "a.example", "--explain", "--unknown-hosts", "deny", page=page)
    passed = run("--site", "a.example", "--unknown-hosts", "deny", "--allowed-host", "cdn.example", page=page)

    assert (out == page, len(said) < 220, "…: no purpose" in said) == (False, True, True)
    assert passed == (0, page, "")


@pytest.mark.parametrize(
    ("arguments", "repair"),
    [
        (["--site", "a.example", "--deny", "analitics"], "did you mean 'analytics'?"),
        (["--site", "a.example", "--deny", "x"], "use one of functional, analytics, advertising, media"),
        (["--site", "https://a.example/"], "write it as in shop.example"),
        ([], "Missing option '--site'"),
    ],
)
def test_a_wrong_option_names_the_repair(arguments: list[str], repair: str) -> None:
    code, out, said = run(*arguments)

    assert (code, out) == (2, b"")
    assert repair in said


@pytest.mark.parametrize("arguments", [["PAGE", "-o", "PAGE"], ["-o", "PAGE"]])
def test_a_page_is_not_written_over_while_it_is_read(tmp_path: Path, arguments: list[str]) -> None:
    file = tmp_path / "page.html"
    file.write_bytes(PAGE)
    named = [argument.replace("PAGE", str(file)) for argument in arguments]
    # Were it not refused, it would never end: it is killed, and its file stays small.
    command = [
        "/bin/sh",
        "-c",
        'ulimit -f 64; exec "$@"',
        "sh",
        *COMMAND,
        "rewrite",
        "--site",
        "a.example",
        *named,
    ]
    with file.open("rb") as source:
        done = subprocess.run(command, stdin=source, capture_output=True, timeout=20, check=False)

    assert (done.returncode, file.read_bytes()) == (2, PAGE)
    assert b"write to another file" in done.stderr


def test_who_stops_listening_to_the_explanation_changes_nothing_of_the_page() -> None:
    page = b"<img src=https://www.facebook.com/tr?id=1>\n" * 5000
    command = [*COMMAND, "rewrite", "--site", "a.example", "--explain"]
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            command, input=page, stdout=subprocess.PIPE, stderr=writer, timeout=60, check=False
        )
    finally:
        os.close(writer)

    assert (done.returncode, done.stdout) == (0, edited(page, host="a.example"))


def test_what_a_terminal_would_obey_is_written_out() -> None:
    _, _, said = run(
        "--site", "a.example", "--explain", page=b"<img src='https://www.facebook.com/tr?\x1b[2J\n9:9 b'>"
    )

    assert said.count("\n") == 1
    assert "\\x1b[2J\\n9:9 b: advertising" in said


def test_fonts_that_only_the_setting_denies_are_not_said_to_be_the_catalogues() -> None:
    page = b"<link rel=stylesheet href=https://fonts.googleapis.com/css>"
    _, _, said = run("--site", "a.example", "--explain", "--unknown-hosts", "deny", page=page)

    assert said.endswith("(unknown_hosts is 'deny')\n")


def test_without_click_the_command_says_what_to_install() -> None:
    script = "import sys; sys.modules['click'] = None; from privacy_mw.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=False)

    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        [b"privacy-mw needs click: pip install 'privacy-mw[cli]'"],
    )


def test_the_first_bytes_are_out_before_the_input_ends() -> None:
    command = [
        sys.executable,
        "-c",
        "from privacy_mw.cli import main; main()",
        "rewrite",
        "--site",
        "a.example",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"<p>one\n<p>two")
        process.stdin.flush()

        assert process.stdout.readline() == b"<p>one\n"
        process.stdin.write(b"<b>")
        process.stdin.close()
        assert process.stdout.read() == b"<p>two<b>"


def test_places_are_right_far_into_a_stream() -> None:
    lines = Lines()
    for number in range(20_000):
        lines.add(b"%020d" % number + b"\n")

    assert lines.place_of(0 + 19_999 * 21 + 5) == (20_000, 6)
    assert lines.place_of(19_000 * 21) == (19_001, 1)


def test_a_reader_who_has_enough_ends_the_command_quietly(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(PAGE * 20_000)
    command = [*COMMAND, "rewrite", "--site", "shop.example", str(page)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr
        said = process.stderr.read()

    assert (process.returncode, said) == (141, b"")
