"""Compiled modules of these tests have their own folder, chosen before anything is compiled."""

import autoenc.theano  # noqa: F401 - the folder depends on it
from autoenc.backends import resolve_backend
from autoenc.backends.c.compiler import compiler_trouble

if not compiler_trouble():
    resolve_backend("c", "cpu")
