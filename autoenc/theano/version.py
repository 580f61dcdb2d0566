"""The version of Theano whose names and behaviour this package provides: ``theano.version``."""

FULL_VERSION = True
version = "1.0.5"
short_version = version
full_version = version
git_revision = "unknown"
release = True
