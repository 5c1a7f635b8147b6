"""Reads the shipped catalogue, once, at start-up."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from privacy_mw.catalogue.match import Catalogue
from privacy_mw.catalogue.service import Service
from privacy_mw.errors import CatalogueError
from privacy_mw.purposes import Purpose


@cache
def load_catalogue() -> Catalogue:
    """The catalogue that came with this version. Raises CatalogueError when its file is damaged."""
    try:
        rows = json.loads(files(__package__).joinpath("data/catalogue.json").read_bytes())
        return Catalogue([_service(row) for row in rows])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CatalogueError(
            "privacy_mw's data/catalogue.json cannot be read; install privacy-mw again"
        ) from error


def _service(row: dict[str, Any]) -> Service:
    facts: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    facts["purpose"] = Purpose(row["purpose"])
    return Service(**facts)
