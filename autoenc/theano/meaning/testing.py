"""What Theano's own tests were written with: ``theano.tests.unittest_tools``."""

from __future__ import annotations

from typing import Any
from unittest import SkipTest

import numpy as np
from pytensor.gradient import verify_grad as _verify_grad

__all__ = ["SkipTest", "assert_allclose", "disturb_mem", "fetch_seed", "seed_rng", "verify_grad"]


def fetch_seed(pseed: int | None = None) -> int:
    """Return a seed: the one given, else ``theano.config.unittests.rseed``."""
    from autoenc.theano.flags import config

    seed = config.unittests.rseed if pseed is None else pseed
    return int(seed)


def seed_rng(pseed: int | None = None) -> int:
    """Seed NumPy's global generator, and return the seed."""
    seed = fetch_seed(pseed)
    np.random.seed(seed)  # noqa: NPY002 - Theano's tests drew from it
    return seed


def verify_grad(op: Any, pt: Any, n_tests: int = 2, rng: Any = None, **more: Any) -> None:
    """Check gradients against finite differences.

    Raises
    ------
    AssertionError
        If they differ.
    """
    rng = rng or np.random.RandomState(fetch_seed())
    _verify_grad(op, pt, n_tests, rng, **more)


def assert_allclose(expected: Any, value: Any, rtol: Any = None, atol: Any = None) -> None:
    """Check that two arrays are close.

    Raises
    ------
    AssertionError
        If they are not.
    """
    more = {key: x for key, x in (("rtol", rtol), ("atol", atol)) if x is not None}
    np.testing.assert_allclose(value, expected, **{"rtol": 1e-5, "atol": 1e-8, **more})


def disturb_mem() -> None:
    """Do nothing: results do not depend on where arrays are in memory."""
