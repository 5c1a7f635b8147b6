"""What is known of cookies and hosts: whose they are and what for. Knows no HTML, no visitor, no settings."""

from privacy_mw.catalogue.load import load_catalogue, load_facts
from privacy_mw.catalogue.match import Catalogue
from privacy_mw.catalogue.service import Facts, Service

__all__ = ["Catalogue", "Facts", "Service", "load_catalogue", "load_facts"]
