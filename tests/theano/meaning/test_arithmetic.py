"""Arithmetic has Theano's dtypes."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from tests.theano.quick import function


def test_chi2sf_is_a_float64():
    x = T.fvector("x")
    result = function([x], T.chi2sf(x, np.float32(3)))(np.array([0.5, 2, 7], "float32"))
    assert result.dtype == "float64"
    # Computed by Theano 1.0.5.
    np.testing.assert_allclose(result, [0.91889141, 0.5724067, 0.07189777], rtol=1e-7)


@pytest.mark.parametrize(("n", "expected"), [(1, [True, False]), (2, [True])])
def test_bools_differ_or_not(n, expected):
    x = T.tensor("bool", (False,))
    result = function([x], T.extra_ops.diff(x, n))(np.array([True, False, False]))
    np.testing.assert_array_equal(result, expected, strict=True)


EXTREMES = [
    (lambda x: T.log(T.exp(x)), [-800.0, 800.0], [-np.inf, np.inf]),
    (lambda x: T.log1p(T.expm1(x)), [-800.0, 800.0], [-np.inf, np.inf]),
    (lambda x: T.sqrt(T.sqr(x)), [1e-200, -1e200], [0.0, np.inf]),
    (lambda x: T.log(1 / x), [1e-310, 0.5], [np.inf, np.log(2.0)]),
]


@pytest.mark.filterwarnings("ignore:(overflow|divide by zero)")
@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize(("graph", "numbers", "expected"), EXTREMES)
def test_functions_and_their_inverses_overflow_and_underflow(
    graph, numbers, expected, mode, request
):
    if mode == "FAST_RUN":  # runs on XLA without a compiler, which simplifies such graphs itself
        request.getfixturevalue("compiler")
    x = T.dvector("x")
    # Computed by Theano 1.0.5.
    result = theano.function([x], graph(x), mode=mode)(numbers)
    np.testing.assert_allclose(result, expected)


NOT_SIMPLIFIED = {
    "x - x": (lambda x, y: x - x + y, [np.nan, np.nan, 3]),
    "x / x": (lambda x, y: x / x * y, [np.nan, np.nan, 3]),
    "x * y / x": (lambda x, y: x * y / x, [np.nan, np.nan, 3]),
    "0 * x": (lambda x, y: 0 * x, [np.nan, 0, 0]),
    "a product with zeros": (lambda x, y: T.zeros_like(x) * y, [np.nan, np.nan, 0]),
    "a gradient of zeros": (lambda x, y: T.grad((T.sqr(x) * 0).sum(), x), [np.nan, 0, 0]),
    "a choice of zeros": (lambda x, y: T.switch(0, x, 0) * y, [np.nan, np.nan, 0]),
}


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(("graph", "expected"), NOT_SIMPLIFIED.values(), ids=NOT_SIMPLIFIED.keys())
def test_fast_compile_does_not_simplify_terms_that_can_be_nan(graph, expected):
    x, y = T.dvectors("xy")
    compiled = theano.function([x, y], graph(x, y), mode="FAST_COMPILE", on_unused_input="ignore")
    # Computed by Theano 1.0.5, which simplifies these terms in FAST_RUN.
    np.testing.assert_array_equal(compiled([np.inf, 0, 2], [np.inf, np.nan, 3]), expected)


@pytest.mark.parametrize("length", [1, 2])
def test_wrong_lengths_are_errors_in_fast_compile(length):
    x, y, n = T.dmatrix("x"), T.dvector("y"), T.lscalar("n")
    for result in (
        T.zeros_like(x) + y,
        T.zeros_like(x) * y,
        T.fill(x, y),
        T.zeros_like(x[0]) + y,
        T.zeros((n,)) + y,
    ):
        compiled = function([x, y, n], result, on_unused_input="ignore")
        with pytest.raises(ValueError, match=r"[Bb]roadcast"):
            compiled(np.ones((2, 3)), np.ones(length), 3)
        assert compiled(np.ones((2, 3)), np.ones(3), 3).shape[-1] == 3
