"""What visitors see of the middleware: banner, link, settings page. Rendering only; decides nothing."""

from privacy_mw.pages.render import Pages

__all__ = ["Pages"]
