"""Privacy middleware for Python web apps: the public names."""

from privacy_mw.catalogue import load_catalogue
from privacy_mw.config import PrivacyConfig
from privacy_mw.errors import ConfigError, PrivacyError
from privacy_mw.policy import Decision
from privacy_mw.purposes import Purpose

__version__ = "0.1.0"

__all__ = [
    "ConfigError",
    "Decision",
    "PrivacyConfig",
    "PrivacyError",
    "Purpose",
    "__version__",
    "classify_cookie",
]


def classify_cookie(name: str) -> Purpose | None:
    """What a cookie of this name is for, by the catalogue; None for a name it does not know."""
    service = load_catalogue().service_of_cookie(name)
    return service.purpose if service else None
