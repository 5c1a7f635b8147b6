"""The command line: ``privacy-mw``. Needs the extra ``cli``."""

from __future__ import annotations

import sys


def main() -> None:
    """The console script. Without click it says what to install."""
    try:
        from privacy_mw.cli.commands import privacy_mw
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print("privacy-mw needs click: pip install 'privacy-mw[cli]'", file=sys.stderr)
        sys.exit(2)
    privacy_mw(prog_name="privacy-mw")
