"""Homes of the frameworks: one package each, and nothing else imports them."""
