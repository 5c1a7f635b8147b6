"""Reads what came with this version: the tables for look-ups at start-up, the facts when somebody asks."""

from __future__ import annotations

import json
import pkgutil
from functools import cache
from typing import Any

from privacy_mw.catalogue.match import Catalogue
from privacy_mw.catalogue.service import Facts
from privacy_mw.errors import CatalogueError


@cache
def load_catalogue() -> Catalogue:
    """The catalogue. Raises CatalogueError when its file is damaged."""
    try:
        return Catalogue(read_tables())
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise _damaged("catalogue.json") from error


def read_tables() -> dict[str, Any]:
    """The shipped tables as Catalogue takes them: columns of texts taken apart."""
    tables: dict[str, Any] = _read("catalogue.json")
    for name in ("hosts", "cookies"):
        texts, numbers = tables[name]
        tables[name] = dict(zip(texts.split("\n"), numbers, strict=True))
    ids, names, flags = tables["services"]
    tables["services"] = (ids.split("\n"), names.split("\n"), flags)
    tables["urls"].update(tables.pop("hosts"))
    return tables


@cache
def load_facts() -> dict[str, Facts]:
    """Ids of services to the facts behind them; some megabytes. Raises CatalogueError."""
    try:
        return {id: Facts(*row) for id, row in _read("facts.json").items()}
    except (TypeError, AttributeError) as error:
        raise _damaged("facts.json") from error


def _read(name: str) -> Any:
    try:
        # importlib.resources would take longer to be imported than the file to be read.
        return json.loads(pkgutil.get_data(__package__, f"data/{name}") or b"")
    except (OSError, ValueError) as error:
        raise _damaged(name) from error


def _damaged(name: str) -> CatalogueError:
    return CatalogueError(f"privacy_mw's data/{name} cannot be read; install privacy-mw again")
