"""The languages of the middleware's own texts, and which of them somebody gets."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

DEFAULT = "en"
_TEXTS = files("privacy_mw").joinpath("pages/texts")
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "yi"})
# Tags in use for a language to the tag of its texts here (CLDR, "likely subtags").
_ALIASES = {
    "zh": "zh-hans", "zh-cn": "zh-hans", "zh-sg": "zh-hans", "no": "nb", "nn": "nb", "iw": "he",
}  # fmt: skip
_MOST_TAGS = 16
"""Of an Accept-Language field; browsers send fewer than ten."""


class Language(NamedTuple):
    """A language with its texts. ``tag`` (BCP 47) and ``direction`` are for markup."""

    tag: str
    direction: str
    texts: dict[str, str]


@lru_cache(maxsize=1)
def language_tags() -> dict[str, str]:
    """Tags of all languages in lower case, to the tags as they are written."""
    names = (each.name for each in _TEXTS.iterdir())
    written = sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))
    return {tag.lower(): tag for tag in written}


@lru_cache(maxsize=1024)
def find_language(wanted: str) -> str | None:
    """The tag of the texts for a wanted language: its own, or that of a shorter tag (RFC 4647, section 3.4);
    None where there are none.
    """
    tag = wanted.strip().lower().replace("_", "-")
    while tag:
        tag = _ALIASES.get(tag, tag)
        if tag in language_tags():
            return language_tags()[tag]
        tag = tag.rpartition("-")[0]
    return None


def accepted_language(accept_language: str) -> str | None:
    """The first of a visitor's languages that there is (RFC 9110 section 12.5.4)."""
    wanted: list[tuple[float, str]] = []
    for member in accept_language.split(",")[:_MOST_TAGS]:
        tag, _, parameter = member.partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            weight = float(value) if name.strip().lower() == "q" else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            wanted.append((-weight, tag))
    wanted.sort(key=lambda each: each[0])
    return next((found for _, tag in wanted if (found := find_language(tag))), None)


@lru_cache(maxsize=64)
def read_language(tag: str) -> Language:
    """A language by its written tag."""
    path = _TEXTS.joinpath(f"{tag}.json")
    direction = "rtl" if tag.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"
    return Language(tag, direction, json.loads(path.read_text("utf-8")))
