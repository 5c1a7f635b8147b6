"""How the doors come to an engine: from a config, from settings, or from both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from privacy_mw.config import PrivacyConfig
from privacy_mw.engine import PrivacyEngine

SCOPE_KEY = "privacy_mw"
ENVIRON_KEY = "privacy_mw.decision"
"""Where the application finds its Decision, and the sign that a request has been through us. PEP 3333 wants a
dot in the names of variables that are not CGI's; without it wsgiref.validate demands a string."""


def make_engine(config: PrivacyConfig | None, settings: dict[str, Any]) -> PrivacyEngine:
    """An engine for ``PrivacyMiddleware(app, config, **settings)``; settings go over the config."""
    if config is None:
        config = PrivacyConfig.from_settings(settings)
    elif settings:
        config = replace(config, **settings)
    return PrivacyEngine(config)
