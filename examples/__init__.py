"""Small sites with the tags that real sites carry, each protected in a few lines."""
