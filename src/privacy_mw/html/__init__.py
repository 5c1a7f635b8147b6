"""HTML as bytes: found, judged by somebody else, changed in place. Knows no policy and no service."""
