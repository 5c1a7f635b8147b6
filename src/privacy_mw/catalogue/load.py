"""Reads the shipped catalogue, once, at start-up."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from privacy_mw.catalogue.match import Catalogue
from privacy_mw.errors import CatalogueError


@cache
def load_catalogue() -> Catalogue:
    """The catalogue that came with this version. Raises CatalogueError when its file is damaged."""
    try:
        return Catalogue(json.loads(files(__package__).joinpath("data/catalogue.json").read_bytes()))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CatalogueError(
            "privacy_mw's data/catalogue.json cannot be read; install privacy-mw again"
        ) from error
