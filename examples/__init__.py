"""Examples, one topic per file. Each is a script, and is run by the tests."""
