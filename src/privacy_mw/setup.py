"""How the doors come to an engine: from a config, from settings, or from both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from privacy_mw.config import PrivacyConfig
from privacy_mw.engine import PrivacyEngine

MARK = "privacy_mw"
"""The key in environ and scope: the Decision for the application, and the sign that a request is ours."""


def make_engine(config: PrivacyConfig | None, settings: dict[str, Any]) -> PrivacyEngine:
    """An engine for ``PrivacyMiddleware(app, config, **settings)``; settings go over the config."""
    if config is None:
        config = PrivacyConfig.from_settings(settings)
    elif settings:
        config = replace(config, **settings)
    return PrivacyEngine(config)
