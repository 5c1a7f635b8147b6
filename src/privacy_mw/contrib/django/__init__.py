"""Django: ``"privacy_mw.contrib.django"`` in INSTALLED_APPS and
``"privacy_mw.contrib.django.PrivacyMiddleware"`` in MIDDLEWARE, settings in ``PRIVACY_MW``.
"""

from privacy_mw.contrib.django.middleware import PrivacyMiddleware

__all__ = ["PrivacyMiddleware"]
