"""The largest and smallest entries, their indices and their gradients."""

import numpy as np
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_array_equal
from pytensor import grad
from pytensor.gradient import DisconnectedInputError, verify_grad

from autoenc.theano.ops.top_k import TopKOp, argtopk, topk, topk_and_argtopk
from tests.theano.quick import function

VALUES = np.random.default_rng(0).permutation(60).reshape(3, 4, 5).astype("float64")


@pytest.mark.parametrize("axis", [0, 1, 2, -1, None])
@pytest.mark.parametrize("k", [1, 2, 3, -1, -3])
def test_entries_are_in_order(axis, k):
    x = pt.dtensor3()
    both = topk_and_argtopk(x, k, axis)
    graphs = [*both, topk(x, k, axis), argtopk(x, k, axis), both[0].shape]
    values, indices, only_values, only_indices, shape = function([x], graphs)(VALUES)
    flat, along = (VALUES.ravel(), 0) if axis is None else (VALUES, axis)
    ordered = np.sort(flat, along)
    ordered = np.flip(ordered, along) if k > 0 else ordered
    expected = np.take(ordered, range(abs(k)), along)
    assert_array_equal(values, expected)
    assert_array_equal(np.take_along_axis(flat, indices, along), expected)
    assert_array_equal(only_values, values)
    assert_array_equal(only_indices, indices)
    assert_array_equal(shape, values.shape)


def test_dtypes():
    x = pt.fmatrix()
    values, indices = topk_and_argtopk(x, 2, idx_dtype="int16")
    assert (values.dtype, indices.dtype) == ("float32", "int16")
    found = function([x], [values, indices])(np.array([[3, 1, 2]], "float32"))
    assert [v.dtype for v in found] == ["float32", "int16"]
    assert found[1].tolist() == [[0, 2]]


@pytest.mark.parametrize("axis", [0, 1, 2, -2, None])
@pytest.mark.parametrize("k", [2, -2])
def test_gradients_are_finite_differences(axis, k):
    rng = np.random.default_rng(1)
    verify_grad(lambda x: topk(x, k, axis), [VALUES], rng=rng, mode="CVM")


def test_the_gradient_goes_to_the_entries_that_were_found():
    x = pt.dmatrix()
    values, _ = topk_and_argtopk(x, 2)
    gradient = grad((values * np.array([10.0, 100.0])).sum(), x)
    given = np.array([[3.0, 1.0, 2.0], [4.0, 6.0, 5.0]])
    assert_array_equal(function([x], gradient)(given), [[10, 0, 100], [0, 10, 100]])


@pytest.mark.parametrize(
    "graph", [lambda x: argtopk(x, 2), lambda x: topk_and_argtopk(x, 2)[1]], ids=["alone", "both"]
)
def test_indices_have_no_gradient(graph):
    x = pt.dvector()
    with pytest.raises(DisconnectedInputError):
        grad(graph(x).astype("float64").sum(), x)
    # Values that are not used, or used together with the indices, do not change that.
    cost = graph(x).astype("float64").sum() + (x**2).sum()
    assert_array_equal(function([x], grad(cost, x))([1.0, 2.0, 3.0]), [2, 4, 6])


@pytest.mark.parametrize(
    ("create", "error", "message"),
    [
        (
            lambda: TopKOp(return_values=False, return_indices=False),
            ValueError,
            "Neither return_values nor return_indices is True",
        ),
        (
            lambda: topk(pt.dvector(), 1, idx_dtype="float32"),
            TypeError,
            'must be an integer dtype, got "float32"',
        ),
        (lambda: topk(pt.dvector(), 1.0), TypeError, "kth must be an integer scalar"),
        (lambda: topk(pt.dvector(), [1, 2]), TypeError, "kth must be an integer scalar"),
        (lambda: topk(pt.dvector(), 1, 1), IndexError, r"within \[-1, 0\]"),
        (lambda: topk(pt.dmatrix(), 1, -3), IndexError, r"within \[-2, 1\]"),
    ],
)
def test_impossible_parameters_are_refused(create, error, message):
    with pytest.raises(error, match=message):
        create()


@pytest.mark.parametrize("k", [0, 4, -4])
def test_more_entries_than_there_are_are_refused(k):
    x, n = pt.dvector(), pt.lscalar()
    f = function([x, n], topk(x, n))
    assert_array_equal(f([1.0, 3.0, 2.0], -2), [1, 2])
    with pytest.raises(ValueError, match=f"between 1 and 3, the length of the axis, got {k}"):
        f([1.0, 3.0, 2.0], k)
