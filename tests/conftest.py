"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from autoenc import load_mnist
from autoenc.datasets import Mnist

# The full data set may be in a folder that several checkouts share; where it is found,
# more tests are collected.
_SHARED = Path(__file__).parents[2] / "shared" / "data" / "mnist.pkl.gz"
if _SHARED.is_file():
    os.environ.setdefault("AUTOENC_DATA", str(_SHARED))

# Compiling C takes seconds for every new kind of model. Where a test does not name a backend, its
# subject is not the backend.
os.environ.setdefault("AUTOENC_BACKEND", "xla")

# MLflow counts its users over the network unless it is told not to when it is imported.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

# Compilation makes the first example of a property slow.
settings.register_profile("autoenc", deadline=None)
settings.load_profile("autoenc")

BACKENDS = ("c", "xla", "numba")


@pytest.fixture(scope="session")
def digits() -> Mnist:
    """The bundled sample of real digits, read-only."""
    digits = load_mnist(sample=True)
    for split in digits:
        split.images.setflags(write=False)
    return digits


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Each backend by name."""
    return str(request.param)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(20081)
