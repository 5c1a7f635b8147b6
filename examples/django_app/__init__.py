"""Harbour Readers: a book club whose Django site is put right by the middleware."""
