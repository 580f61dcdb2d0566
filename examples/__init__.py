"""Examples, one file a story; each runs as a script and from the tests."""
