"""The demo as a stranger runs it: in a process of its own, judged by its output and exit status."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

from examples.flask_app.demo import EXPECTED, format_table

ROOT = Path(__file__).parent.parent
DEMO = [sys.executable, "-m", "examples.flask_app.demo"]


def run_demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*DEMO, "--port", "0", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_the_check_finds_every_cell_as_expected() -> None:
    ran = run_demo("--check")

    table = format_table(EXPECTED)
    assert (ran.stderr, ran.stdout) == ("", f"{table}\n24 of 24 cells are as expected.\n")
    assert ran.returncode == 0


def test_the_check_names_every_cell_that_is_wrong_without_the_middleware() -> None:
    ran = run_demo("--check", "--unprotected")

    everything = ["cookies set", "cookies refused", "tracker requests left", "embeds held back"]
    named = re.findall(r"^WRONG  (.+?): expected", ran.stderr, re.MULTILINE)
    assert named == [
        *(f"first visit / {column}" for column in [*everything, "banner", "privacy link"]),
        *(f"Sec-GPC: 1 / {column}" for column in [*everything, "privacy link"]),
        *(f"DNT: 1 / {column}" for column in [*everything, "privacy link"]),
        "accepted all / cookies set",
        "accepted all / privacy link",
    ]
    assert ran.stdout.splitlines()[-1] == "6 of 24 cells are as expected."
    assert ran.returncode == 1


def test_the_readme_of_the_shop_shows_the_table_that_the_demo_prints() -> None:
    assert format_table(EXPECTED) in (ROOT / "examples/flask_app/README.md").read_text("utf-8")


def test_without_the_check_the_shop_stays_open_on_the_next_free_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with subprocess.Popen(
            [*DEMO, "--port", str(port)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as demo:
            assert demo.stdout is not None
            said = (re.search(r"open at (http://127\.0\.0\.1:(\d+)/)", s) for s in demo.stdout)
            found = next((match for match in said if match), None)
            try:
                assert found is not None, "the demo ended without an address"
                assert port < int(found[2]) < port + 100
                with urllib.request.urlopen(found[1], timeout=30) as page:
                    assert page.status == 200
            finally:
                demo.send_signal(signal.SIGINT)
                demo.wait(30)
    assert demo.returncode == 0
