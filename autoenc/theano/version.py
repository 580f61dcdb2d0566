"""The version whose names and meaning this room keeps: ``theano.version``."""

FULL_VERSION = True
version = "1.0.5"
short_version = version
full_version = version
git_revision = "unknown"
release = True
