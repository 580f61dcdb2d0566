"""Logarithms of functions of rows in float64, on the CPU."""

import jax
import numpy as np
import pytensor.tensor as pt
import pytest

from autoenc.backends import resolve_backend
from autoenc.backends.xla.compiling import MODE, ROW_MODE, jaxify

FUNCTIONS = {"log": (pt.log, np.log), "log1p": (pt.log1p, np.log1p)}
NAMES = pytest.mark.parametrize("name", FUNCTIONS)


def compiled(name, dtype="float64"):
    x = pt.vector("x", dtype=dtype)
    return resolve_backend("xla", "cpu").function([x], FUNCTIONS[name][0](x))


@NAMES
@np.errstate(all="ignore")
def test_error_in_units_of_the_last_place(name):
    rng, limits = np.random.default_rng(0), np.finfo("float64")
    exponents = np.log10(float(limits.tiny)), np.log10(float(limits.max))
    positive = np.concatenate([
        10 ** rng.uniform(*exponents, 20_000),
        10 ** rng.uniform(-20, 0, 20_000),
        1 + rng.uniform(-1, 1, 20_000) * 10 ** rng.uniform(-16, 0, 20_000),
        rng.uniform(0, 2, 20_000),
    ])  # fmt: skip
    x = np.concatenate([positive, -positive])
    found, exact = compiled(name)(x), FUNCTIONS[name][1](x.astype("longdouble"))
    rounded = exact.astype("float64")
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(found[~finite], rounded[~finite])
    assert (np.abs(found - exact)[finite] <= np.spacing(np.abs(rounded[finite]))).all()


@NAMES
@np.errstate(all="ignore")
def test_ends(name):
    limits = np.finfo("float64")
    positive = np.array([0, 1, 2, limits.tiny, limits.max, np.inf])
    x = np.concatenate([positive, -positive, [np.nan]])
    np.testing.assert_allclose(compiled(name)(x), FUNCTIONS[name][1](x), rtol=3e-16, atol=0)


def steps(mode, dtype):
    """Return the names of JAX's operations in the logarithm of a logarithm."""
    x = pt.vector("x", dtype=dtype)
    function = jaxify([x], [pt.log(pt.log1p(x))], mode)
    with jax.enable_x64(dtype == "float64"):
        return str(jax.make_jaxpr(function)(np.ones(3, dtype)))


def test_only_rows_in_float64_need_them():
    assert "= log" not in steps(ROW_MODE, "float64")
    for mode, dtype in ((ROW_MODE, "float32"), (MODE, "float64")):
        assert "= log " in steps(mode, dtype)
        assert "= log1p " in steps(mode, dtype)
