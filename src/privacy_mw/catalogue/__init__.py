"""What is known of cookies and hosts: whose they are and what for. Knows no HTML, no visitor, no settings."""

from privacy_mw.catalogue.load import load_catalogue
from privacy_mw.catalogue.match import Catalogue
from privacy_mw.catalogue.service import Service

__all__ = ["Catalogue", "Service", "load_catalogue"]
