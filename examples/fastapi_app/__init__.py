"""Gull Point: a weather station whose FastAPI site is put right by the middleware."""
