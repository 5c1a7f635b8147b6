"""lol-html (Rust), of which a package for node has the wasm build: a process that rewrites when asked."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.clock import Round

_HERE = Path(__file__).parent


@contextmanager
def lolhtml_rounds(folder: Path, reads: Mapping[str, str]) -> Iterator[dict[str, Round]]:
    """Rounds over the pages in ``folder``; none, and a line that says why, when something is missing.

    ``reads``: the attribute that is read of each element. No process start and no pipe is measured.
    """
    node = shutil.which("node")
    if node is None:
        print("lol-html is left out: there is no node (on Debian and Ubuntu: apt-get install nodejs npm)")
        yield {}
        return
    if not (_HERE / ".node" / "node_modules" / "html-rewriter-wasm").is_dir():
        print("lol-html is left out: its package html-rewriter-wasm is missing (make bench-node; needs npm)")
        yield {}
        return
    command = [node, str(_HERE / "lolhtml.mjs"), str(folder), json.dumps(dict(reads))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        requests, answers = process.stdin, process.stdout
        assert requests is not None
        assert answers is not None

        def one_round() -> float:
            requests.write("\n")
            requests.flush()
            return float(answers.readline())

        if answers.readline() == "ready\n":
            yield {"lol-html (wasm in node), reading": one_round}
        else:
            print("lol-html is left out: it did not start; what node said stands above")
            yield {}
