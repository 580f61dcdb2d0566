"""Kernels and C code are tested where a compiler works."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _compiler(compiler):
    """Skip where none does; say why."""
