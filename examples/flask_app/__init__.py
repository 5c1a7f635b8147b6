"""Fernleaf Teas: a shop that carries the usual trackers and is put right by the middleware."""
