"""Reads what came with this version: the tables for look-ups at start-up, the facts when somebody asks."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from privacy_mw.catalogue.match import Catalogue
from privacy_mw.catalogue.service import Facts
from privacy_mw.errors import CatalogueError


@cache
def load_catalogue() -> Catalogue:
    """The catalogue. Raises CatalogueError when its file is damaged."""
    try:
        return Catalogue(_read("catalogue.json"))
    except (TypeError, KeyError, IndexError) as error:
        raise _damaged("catalogue.json") from error


@cache
def load_facts() -> dict[str, Facts]:
    """Ids of services to the facts behind them; some megabytes. Raises CatalogueError."""
    try:
        return {id: Facts(*row) for id, row in _read("facts.json").items()}
    except (TypeError, AttributeError) as error:
        raise _damaged("facts.json") from error


def _read(name: str) -> Any:
    try:
        return json.loads(files(__package__).joinpath("data", name).read_bytes())
    except (OSError, ValueError) as error:
        raise _damaged(name) from error


def _damaged(name: str) -> CatalogueError:
    return CatalogueError(f"privacy_mw's data/{name} cannot be read; install privacy-mw again")
