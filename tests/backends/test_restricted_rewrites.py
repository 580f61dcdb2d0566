"""Rewritten graphs have the shapes, types and numbers of the original graphs."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode

from autoenc import backends

# Python's loops, so that nothing is compiled.
AS_WRITTEN = Mode("py", None)
REWRITTEN = Mode("py", "fast_run").excluding("fusion")
assert backends  # restricts the rewrites where it is imported


def values(dtype):
    """Small and large numbers of a type."""
    if dtype.startswith("float"):
        return np.array([-1.5, -0.0, 0.5, 250.25], dtype)
    info = np.iinfo(dtype)
    return np.array([info.min, 3, 100, info.max], dtype)


GRAPHS = {
    "0 - x": lambda x, y: 0 - x,
    "-x": lambda x, y: -x,
    "a sum of the negative": lambda x, y: (y - x) - y,
    "x // 1": lambda x, y: x // 1,
    "x / 1": lambda x, y: x / 1,
    "the square": lambda x, y: x**2,
    "half a power": lambda x, y: pt.cast(x, "float64") ** 0.5,
    "a sum, and another type": lambda x, y: (x + x) + y,
    "a product, and another type": lambda x, y: (x * x) * y,
    "a quotient that is a product": lambda x, y: (x / (y + 1000)) * x * (y + 1000),
    "a difference of differences": lambda x, y: y - x - x - y,
    "subtraction of the negative": lambda x, y: y - (-x),
    "a positive part, twice": lambda x, y: 2 * pt.switch(x > 0, x, 0) + y,
    "the negative of a quotient": lambda x, y: -((-x) / (x // 2 + 1)),
    "a quotient of the negative": lambda x, y: (-x) / 3,
    "a sum with the negative": lambda x, y: y + (-x),
    "a choice times another type": lambda x, y: x * pt.switch(x > 3, x, pt.zeros_like(y)),
    "a sum of choices": lambda x, y: pt.switch(x > 3, x, 0) + pt.switch(x > 3, x, 0),
    "a sum with a large assignment": lambda x, y: (
        x + pt.set_subtensor(pt.zeros_like(pt.cast(x, "int32"))[0], 70_000)
    ),
    "the absolute value of a product": lambda x, y: abs(2 * x),
    "a sum of negatives": lambda x, y: pt.sum(-x),
    "a sum of products": lambda x, y: pt.sum(2 * x) + y,
    "the logarithm of a sigmoid": lambda x, y: pt.log(pt.sigmoid(x % 50)),
    "a sigmoid from 1": lambda x, y: 1 - pt.sigmoid(x),
    "the logarithm of a sum of exponentials": lambda x, y: pt.log(pt.exp(x % 7) + pt.exp(x % 5)),
    "a sum with an assignment": lambda x, y: 2 + pt.set_subtensor(pt.zeros_like(x)[0], 3),
    "a gradient at an index": lambda x, y: pt.grad(
        pt.sum(pt.inc_subtensor((z := pt.cast(x, "float64"))[1:], z[:-1]) * y), z
    ),
}


@pytest.mark.filterwarnings("ignore:(invalid value|overflow|divide)")
@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS.keys())
@pytest.mark.parametrize("other", ["int16", "float32", "float64"])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "float32"])
def test_numbers_are_those_of_the_graph_as_written(graph, dtype, other, caplog):
    x, y = pt.vector("x", dtype=dtype), pt.vector("y", dtype=other)
    results = []
    for mode in (AS_WRITTEN, REWRITTEN):
        function = pytensor.function([x, y], graph(x, y), mode=mode, on_unused_input="ignore")
        results.append(function(values(dtype), values(other)[::-1]))
    expected, result = results
    assert (result.dtype, result.shape) == (expected.dtype, expected.shape)
    np.testing.assert_allclose(result, expected, rtol=1e-3, atol=1e-6)
    assert not caplog.records


def test_the_sum_of_draws_is_in_c():
    generator = pytensor.shared(np.random.default_rng(0))  # has no dtype
    _, draws = pt.random.uniform(0, 1, size=(5,), rng=generator, return_next_rng=True)
    assert backends.restricted_rewrites._is_in_c(draws.sum().owner)


def test_the_logarithm_of_draws(caplog):
    generator = pytensor.shared(np.random.default_rng(0))
    x = pt.vector("x")
    _, draws = pt.random.uniform(0, x, rng=generator, return_next_rng=True)
    function = pytensor.function([x], pt.log(draws), mode=REWRITTEN)
    assert function(np.ones(3, x.dtype)).max() < 0
    assert not caplog.records


QUOTIENTS = {"x / 3": lambda x: x / 3, "3 / x": lambda x: 3 / x, "x / 0.5": lambda x: x / 0.5}


@pytest.mark.parametrize("quotient", QUOTIENTS.values(), ids=QUOTIENTS.keys())
def test_the_logarithm_of_a_quotient_has_all_digits(quotient):
    x = pt.vector("x", dtype="float64")
    numbers = np.array([0.3, 1.0, 7.0])
    function = pytensor.function([x], pt.log(quotient(x)), mode=REWRITTEN)
    np.testing.assert_allclose(function(numbers), np.log(quotient(numbers)), rtol=1e-14)


MIXED = {
    "log(1 + x)": lambda x, y: pt.log(pt.ones_like(y) + x),
    "log(1 - x)": lambda x, y: pt.log(pt.ones_like(y) - x),
    "x ** 2": lambda x, y: pt.pow(x, np.full(3, 2.0)),
    "sqrt(x)": lambda x, y: pt.pow(x, np.full(3, 0.5)),
    "1 / x": lambda x, y: y / (x * y),
    "x * x": lambda x, y: (x * y) * (x * y) / y / y,
    "exp(x) - 1": lambda x, y: pt.exp(x) - np.ones(3),
}


@pytest.mark.parametrize("graph", MIXED.values(), ids=MIXED.keys())
def test_results_have_the_digits_of_their_type_although_an_argument_has_less(graph):
    numbers = np.array([0.1, 0.3, 0.7], "float32"), np.array([0.9, 1.1, 3.0])
    results = []
    for dtype in ("float32", "float64"):
        x, y = pt.vector("x", dtype=dtype), pt.vector("y", dtype="float64")
        compiled = pytensor.function([x, y], graph(x, y), mode=REWRITTEN, on_unused_input="ignore")
        results.append(compiled(numbers[0].astype(dtype), numbers[1]))
    assert results[0].dtype == "float64"
    np.testing.assert_allclose(*results, rtol=1e-14)


@pytest.mark.parametrize("like", [pt.zeros_like, lambda x: pt.second(x, 0.0)])
@pytest.mark.parametrize("length", [1, 2, 3])
def test_an_array_that_does_not_fit_the_one_it_fills_is_an_error(like, length):
    x, y = pt.matrix("x", dtype="float64"), pt.vector("y", dtype="float64")
    for result in (like(x) + y, pt.exp(like(x) + y), pt.second(x, y), pt.second(x, y).sum(0)):
        function = pytensor.function([x, y], result, mode=REWRITTEN)
        if length < 3:
            with pytest.raises(ValueError, match=r"[Bb]roadcast"):
                function(np.ones((2, 3)), np.arange(length) + 1.0)
        else:
            assert function(np.ones((2, 3)), np.arange(3.0)).shape[-1] == 3


FUSED = {
    "1 / x": lambda x: 2 + 1 / x,
    "a root": lambda x: x**0.25 / 2,
    "a small factor": lambda x: np.float32(0.1) * x + 1,
    "integers": lambda x: pt.cast(pt.cast(x, "uint8") + np.uint8(250), "float64") / 3,
}


@pytest.mark.parametrize("graph", FUSED.values(), ids=FUSED.keys())
def test_fused_operations_in_python_have_all_digits(graph):
    x = pt.vector("x", dtype="float64")
    numbers = np.array([0.1, 0.37, 8.3])
    results = [
        pytensor.function([x], graph(x), mode=mode)(numbers)
        for mode in (AS_WRITTEN, Mode("py", "fast_run"))
    ]
    np.testing.assert_allclose(*results, rtol=1e-14)


def test_integers_of_loops_in_python_wrap_around():
    x, y = pt.vector("x", dtype="uint8"), pt.vector("y", dtype="int8")
    results = [pt.add(x, x, x), pt.add(x, x, x).max(), pt.cast(y, "uint8"), pt.add(y, y, y)]
    function = pytensor.function([x, y], results, mode=AS_WRITTEN)
    numbers = np.array([100, 200], "uint8"), np.array([-5, 100], "int8")
    found = [result.tolist() for result in function(*numbers)]
    assert found == [[44, 88], 88, [251, 100], [-15, 44]]


@pytest.mark.filterwarnings("ignore:Disabling C code")
def test_sums_of_functions_of_small_floats():
    x = pt.matrix("x", dtype="float16")
    results = [pt.tanh(x).sum(), pt.exp(x).sum(axis=0), pt.sqr(x).prod(axis=1)]
    written = np.array([[1.0, 2.0], [0.5, 3.0]], "float16")
    for result in results:
        # Python computes what C does not support.
        ours = pytensor.function([x], result, mode=Mode("cvm", "fast_run"))(written)
        expected = pytensor.function([x], result, mode=AS_WRITTEN)(written)
        np.testing.assert_allclose(ours, expected, rtol=2e-3)
