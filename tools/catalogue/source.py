"""Reads the source tables."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PURPOSES = ("necessary", "functional", "analytics", "advertising", "media")


class CatalogueError(Exception):
    """The source tables cannot be used; the message names file, service and repair."""


@dataclass(frozen=True)
class Source:
    """One table, with the place it came from."""

    file: str
    purpose: str
    id: str
    fields: Mapping[str, object]

    def text(self, key: str) -> str:
        value = self.fields.get(key, "")
        return value if isinstance(value, str) else str(value)

    def strings(self, key: str) -> tuple[str, ...]:
        value = self.fields.get(key)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    def names(self, key: str) -> dict[str, str]:
        """Cookie names to lifetimes."""
        value = self.fields.get(key)
        return {name: str(life) for name, life in value.items()} if isinstance(value, dict) else {}

    def problem(self, what: str, repair: str) -> str:
        return f"{self.file}: [{self.id}]: {what}; {repair}"


@dataclass(frozen=True)
class Sources:
    """All of them."""

    services: tuple[Source, ...]
    generic_words: frozenset[str]
    """Cookie names that tell nothing."""

    @cached_property
    def generic_names(self) -> frozenset[str]:
        """The same as ``plain_name`` writes them."""
        return frozenset(map(plain_name, self.generic_words))

    def covered(self, name: str) -> list[str]:
        """The names that tell nothing among those that a name or pattern stands for."""
        if not is_pattern(name):
            return [name] if plain_name(name) in self.generic_names else []
        expression = wildcard(name)
        return sorted(each for each in self.generic_words | self.generic_names if expression.fullmatch(each))


def wildcard(name: str) -> re.Pattern[str]:
    """An expression for what a pattern stands for."""
    return re.compile(re.sub(r"\\\{.*?\\\}", ".+", re.escape(name).replace(r"\*", ".*")))


def is_pattern(name: str) -> bool:
    """Whether a cookie's name stands for many: ``*`` for any characters, ``{number}`` for at least one."""
    return "*" in name or "{" in name


def plain_name(name: str) -> str:
    """A cookie's name in small letters without what only divides words: "_" in front belongs to the name."""
    start = len(name) - len(name.lstrip("_"))
    return name[:start] + "".join(letter for letter in name[start:].lower() if letter not in "_-.")


def read_all(folder: Path) -> Sources:
    """Raises CatalogueError."""
    paths = sorted(folder.glob("*/*.toml"))
    if not paths:
        raise CatalogueError(f"{folder}: holds no */*.toml file; run this from a full checkout")
    services = [service for path in paths for service in _read(path)]
    words = (folder / "generic-names.txt").read_text(encoding="ascii").splitlines()
    names = (word for line in words if not line.startswith("#") for word in line.split())
    return Sources(tuple(services), frozenset(names))


def _read(path: Path) -> list[Source]:
    place = f"{path.parent.name}/{path.name}"
    if path.parent.name not in PURPOSES:
        raise CatalogueError(f"{place}: no such purpose; use a folder of {', '.join(PURPOSES)}")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{place}: not readable as UTF-8 TOML ({error}); correct the file") from error
    services = []
    for name, fields in table.items():
        if not isinstance(fields, dict):
            raise CatalogueError(
                f"{place}: {name}: stands outside a table; move it below a [service-id] line"
            )
        services.append(Source(place, path.parent.name, name, fields))
    return services
