"""The app of this integration."""

from django.apps import AppConfig


class PrivacyAppConfig(AppConfig):
    """No models; the label is unlikely to meet another."""

    name = "privacy_mw.contrib.django"
    label = "privacy_mw"
    verbose_name = "Privacy"
