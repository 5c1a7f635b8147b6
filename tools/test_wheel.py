"""Builds the sdist, a wheel from it, and runs the tests against the installed wheel.

``python tools/test_wheel.py [--newest]``: under every supported Python on the PATH, or only under the newest.
Each gets a virtual environment of its own below ``build/``, which the next run uses again.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
OLDEST = 11
"""The minor version that pyproject.toml demands."""
_TRIED = range(OLDEST, OLDEST + 10)


def main() -> None:
    """Exits with the first failure."""
    parser = argparse.ArgumentParser(description="build, install, test")
    parser.add_argument("--newest", action="store_true", help="only under the newest Python there is")
    only_newest = parser.parse_args().newest
    wheel = _built()
    pythons = _pythons()
    for version, python in pythons[-1:] if only_newest else pythons:
        print(f"{wheel.name} under Python {version} …", flush=True)
        _test(wheel, version, python)


def _built() -> Path:
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    # Without a choice, build makes the wheel from the sdist: what is missing there is missing here.
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", dist, ROOT], check=True, stdout=subprocess.DEVNULL
    )
    names = sorted(path.name for path in dist.iterdir())
    print("Built", ", ".join(names), flush=True)
    return next(dist.glob("*.whl"))


def _pythons() -> list[tuple[str, Path]]:
    """Versions and interpreters, oldest first: those on the PATH and those that pyenv keeps."""
    named = (shutil.which(f"python3.{minor}") for minor in _TRIED)
    found = {version: Path(python) for python in named if python and (version := _version_of(python))}
    if shutil.which("pyenv"):
        kept = subprocess.run(["pyenv", "versions", "--bare"], capture_output=True, text=True, check=True)
        for name in kept.stdout.split():
            prefix = subprocess.run(["pyenv", "prefix", name], capture_output=True, text=True, check=True)
            python = Path(prefix.stdout.strip(), "bin", "python")
            if version := _version_of(python):
                found[version] = python
    supported = {version: path for version, path in found.items() if _key(version) >= (3, OLDEST)}
    return sorted(supported.items(), key=lambda each: _key(each[0]))


def _version_of(python: str | Path) -> str | None:
    """None for a name that leads nowhere, as a version manager may put it on the PATH."""
    said = subprocess.run([python, "--version"], capture_output=True, text=True, check=False)
    return said.stdout.split()[-1] if said.returncode == 0 and said.stdout else None


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def _test(wheel: Path, version: str, python: Path) -> None:
    environment = ROOT / "build" / f"wheel-{version}"
    own = str(environment / "bin" / "python")
    if not Path(own).exists():
        subprocess.run([python, "-m", "venv", environment], check=True)
    pip = [own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, f"{wheel}[dev]"], check=True)
    subprocess.run([*pip, "--force-reinstall", "--no-deps", str(wheel)], check=True)
    where = "import privacy_mw; print(privacy_mw.__file__)"
    imported = subprocess.run([own, "-c", where], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    if str(environment) not in imported:
        sys.exit(f"the tests would run against {imported.strip()}, not against the wheel")
    tests = [own, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not browser"]
    status = subprocess.run(tests, cwd=ROOT, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, check=False)
    if status.returncode:
        sys.exit(f"the tests fail against the installed wheel under Python {version}")


if __name__ == "__main__":
    main()
