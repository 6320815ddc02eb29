"""One module a family of vectors."""
