"""How the doors come to an engine: from a config, from settings, or from both."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from privacy_mw.config import PrivacyConfig
from privacy_mw.engine import PrivacyEngine

logger = logging.getLogger("privacy_mw")

KILL_SWITCH = "PRIVACY_MW_DISABLED"
"""An environment variable with which whoever runs the process, and need not be its author, switches the
middleware off: requests and responses pass untouched. Any value but none, 0, false and no."""
SCOPE_KEY = "privacy_mw"
ENVIRON_KEY = "privacy_mw.decision"
"""Where the application finds its RequestPrivacy, and the sign that a request has been through us. PEP 3333
wants a dot in the names of variables that are not CGI's; without it wsgiref.validate demands a string."""


def make_engine(config: PrivacyConfig | None, settings: dict[str, Any]) -> PrivacyEngine:
    """An engine for ``PrivacyMiddleware(app, config, **settings)``; settings go over the config."""
    if config is None:
        config = PrivacyConfig.from_settings(settings)
    elif settings:
        config = replace(config, **settings)
    if is_switched_off(os.environ):
        logger.warning("%s is set: the middleware is off", KILL_SWITCH)
        config = replace(config, enabled=False)
    return PrivacyEngine(config)


def is_switched_off(environment: Mapping[str, str]) -> bool:
    """Whether the kill switch is set."""
    return environment.get(KILL_SWITCH, "").strip().lower() not in ("", "0", "false", "no")
