"""Imports point downwards. The table is the house of docs/architecture.md."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "privacy_mw"

# From the ground up. A module may import what stands on a lower line, and its own package.
LAYERS: tuple[frozenset[str], ...] = tuple(
    frozenset(line.split())
    for line in (
        "errors",
        "purposes headers drops",
        "messages signals cookies urls link_field",
        "catalogue html deletion filters codings nonces languages",
        "documents body",
        "regimes",
        "config consent crawlers",
        "policy blocking widgets",
        "refusals",
        "judge editor pages caching tracking_status",
        "endpoint exchange",
        "rehearsal request_privacy",
        "engine",
        "setup",
        "wsgi asgi",
        "contrib",
        "cli",
    )
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
FORBIDDEN = {
    "html": {"policy", "catalogue", "pages", "config"},
    "exchange": {"sqlite3", "asyncio", "time", "socket"},
    "engine": {"sqlite3", "asyncio", "socket"},
    "wsgi": {"asyncio"},
}


def _rooms() -> dict[str, list[Path]]:
    rooms: dict[str, list[Path]] = {}
    for path in PACKAGE.rglob("*.py"):
        inside = path.relative_to(PACKAGE)
        if inside.name == "__init__.py" and len(inside.parts) == 1:
            continue
        rooms.setdefault(inside.parts[0].removesuffix(".py"), []).append(path)
    return rooms


def _imports(path: Path) -> set[str]:
    """Top-level names that a module imports; of our own package the room."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {_room(alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "privacy_mw":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(_room(node.module))
    return found


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "privacy_mw" and len(parts) > 1 else parts[0]


def test_every_room_of_the_house_has_its_place() -> None:
    assert set(_rooms()) == set(LEVEL)


@pytest.mark.parametrize("room", sorted(LEVEL))
def test_imports_point_downwards(room: str) -> None:
    upwards = {
        f"{path.name} imports {name}"
        for path in _rooms()[room]
        for name in _imports(path)
        if name in LEVEL and name != room and LEVEL[name] >= LEVEL[room]
    }

    assert upwards == set()


@pytest.mark.parametrize("room", sorted(FORBIDDEN))
def test_a_room_does_not_know_what_is_not_its_business(room: str) -> None:
    known = set().union(*map(_imports, _rooms()[room]))

    assert known & FORBIDDEN[room] == set()


@pytest.mark.parametrize("door", ["wsgi", "asgi"])
def test_a_door_loads_no_framework_and_not_the_other_door(door: str) -> None:
    others = ["django", "flask", "starlette", "sqlalchemy", "werkzeug"]
    others.append("privacy_mw.asgi" if door == "wsgi" else "privacy_mw.wsgi")
    script = f"import sys, privacy_mw.{door}; print([m for m in {others!r} if m in sys.modules])"

    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert run.stdout == "[]\n"
