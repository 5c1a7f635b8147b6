"""One family of exceptions, named for who can act. Each carries its evidence and its repair."""

from __future__ import annotations


class PrivacyError(Exception):
    """Base of everything this library raises on purpose."""


class ConfigError(PrivacyError):
    """A setting cannot be used. Raised while the app starts, never for a request.

    ``code`` is stable (for silencing and searching), ``setting`` names the setting, ``value`` is what
    was found, and ``repair`` says what to write instead.
    """

    def __init__(self, code: str, setting: str, value: object, repair: str) -> None:
        self.code = code
        self.setting = setting
        self.value = value
        self.repair = repair
        super().__init__(f"{code}: setting {setting!r} is {value!r}; {repair}")


class ApplicationError(PrivacyError):
    """The application behind the middleware broke a rule of WSGI or ASGI; the message says which."""


class CatalogueError(PrivacyError):
    """The shipped catalogue cannot be read: a broken installation."""
