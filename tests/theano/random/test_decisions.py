"""Decisions by the kernel: NumPy's bits, and NumPy's state after them."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoenc.backends.c.library import kernels
from autoenc.theano.random.decisions import decisions
from autoenc.theano.random.states import RandomStateType

ONE = np.array(1)
needs_kernels = pytest.mark.skipif(kernels() is None, reason="no compiler")


def check(state: np.random.RandomState, p: Any, size: tuple[int, ...], dtype: str) -> None:
    """Check that a draw equals NumPy's and leaves the same state."""
    numpys = copy.deepcopy(state)
    draw = decisions(state, ONE, np.asarray(p), size, dtype)
    assert draw is not None
    expected = numpys.binomial(1, p, size).astype(dtype)
    np.testing.assert_array_equal(draw, expected, strict=True)
    assert RandomStateType.values_eq(state, numpys)


@needs_kernels
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 2, 311, 312, 313, 624, 5000]),
    st.integers(0, 3),
    st.sampled_from(["float32", "float64"]),
    st.sampled_from(["float32", "float64", "int64"]),
)
def test_draws_numpys_bits(seed: int, n: int, words: int, of: str, to: str) -> None:
    state = np.random.RandomState(seed)
    for _ in range(words):
        state.randint(0, 2**32, dtype="uint32")
    p = np.random.default_rng(seed).random(n).astype(of)
    p[:3] = [0, 1, 0.5][:n]
    check(state, p, (n,), to)
    check(state, p.reshape(1, n), (1, n), to)
    check(state, np.asarray(p[0], of), (n, 2), to)


@needs_kernels
@pytest.mark.parametrize("of_p", [lambda u: u, lambda u: 1 - u, lambda u: np.nextafter(1 - u, 1)])
def test_decides_as_numpy_does_where_rounding_does(of_p: Any) -> None:
    state = np.random.RandomState(3)
    check(state, of_p(copy.deepcopy(state).random_sample(1000)), (1000,), "int64")


def untempered(word: int) -> int:
    """Return the word of the state that the generator gives as this one."""
    bits = np.array([word], "uint32")
    bits ^= bits >> np.uint32(18)
    bits ^= (bits << np.uint32(15)) & np.uint32(0xEFC60000)
    before = bits.copy()
    for _ in range(5):
        before = bits ^ ((before << np.uint32(7)) & np.uint32(0x9D2C5680))
    bits = before.copy()
    for _ in range(3):
        bits = before ^ (bits >> np.uint32(11))
    return int(bits[0])


@needs_kernels
def test_decides_as_numpy_does_by_the_largest_number() -> None:
    for p in np.linspace(0.01, 0.99, 99):
        state = np.random.RandomState(5)
        state.random_sample(7)
        fields = list(state.get_state())
        fields[1][fields[2] : fields[2] + 2] = untempered(2**32 - 1)
        state.set_state(tuple(fields))
        assert copy.deepcopy(state).random_sample() == 1 - 2.0**-53
        check(state, np.full(400, p), (400,), "int64")


@needs_kernels
@pytest.mark.parametrize(
    ("n", "p", "size", "dtype"),
    [
        (2, 0.5, (3,), "int64"),
        (1, 0.5, None, "int64"),
        (1, 0.5, (0, 3), "int64"),
        (1, 0.5, (3,), "int8"),
        (1, np.array(1), (3,), "int64"),
        (1, np.array([0.1, 0.2]), (3, 2), "int64"),
        (1, np.array([0.5, np.nan]), (2,), "int64"),
        (1, 1.5, (2,), "int64"),
        (np.array([1, 1]), 0.5, (2,), "int64"),
    ],
)
def test_leaves_the_rest_to_numpy(n: Any, p: Any, size: Any, dtype: str) -> None:
    state = np.random.RandomState(0)
    before = copy.deepcopy(state)
    drawn = decisions(state, np.asarray(n), np.asarray(p), size, dtype)
    assert drawn is None or not drawn.size
    assert RandomStateType.values_eq(state, before)


@needs_kernels
def test_leaves_other_generators_to_numpy() -> None:
    state = np.random.RandomState(np.random.PCG64(1))  # type: ignore[arg-type]
    assert decisions(state, ONE, np.asarray(0.5), (3,), "int64") is None
