"""Names of Theano's first releases."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc.theano.meaning import oldest
from tests.theano.quick import function

VALUES = np.array([[1.0, 4.0, 9.0], [16.0, 25.0, 49.0]])
m = T.dmatrix("m")


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (oldest.Flatten()(m), VALUES.ravel()),
        (oldest.Flatten(2)(m), VALUES),
        (oldest.Tile(2)(m, (2, 1)), np.tile(VALUES, (2, 1))),
        (oldest.Mean()(m), VALUES.mean()),
        (oldest.Mean(axis=1)(m), VALUES.mean(axis=1)),
        (oldest.DiffOp()(m), np.diff(VALUES)),
        (oldest.DiffOp(n=2, axis=1)(m), np.diff(VALUES, n=2, axis=1)),
        (oldest.DiffOp(axis=0)(m), np.diff(VALUES, axis=0)),
        (oldest.join_(1, m, m), np.concatenate([VALUES, VALUES], axis=1)),
        (oldest.constant_or_value(3.5) * m, 3.5 * VALUES),
    ],
)
def test_operations(result, expected):
    value = function([m], result, on_unused_input="ignore")(VALUES)
    np.testing.assert_allclose(value, expected)


@pytest.mark.parametrize("axis", [0, 1])
def test_the_maximum_and_its_position(axis):
    largest, place = function([m], oldest.MaxAndArgmax(axis)(m))(-VALUES)
    np.testing.assert_array_equal(largest, (-VALUES).max(axis))
    np.testing.assert_array_equal(place, (-VALUES).argmax(axis))


def test_constant_values():
    assert oldest.get_constant_value(T.constant(2) + 3) == 5
    with pytest.raises(T.NotScalarConstantError):
        oldest.get_constant_value(T.dscalar())


@pytest.mark.parametrize(
    ("x", "y", "equal"),
    [
        (VALUES, VALUES + 1e-12, True),
        (VALUES, VALUES + 1e-6, False),
        (VALUES, VALUES.astype("float32"), False),
        (VALUES, VALUES.ravel(), False),
        (2, 2.0, True),
        ("a", "b", False),
    ],
)
def test_equality_of_arrays(x, y, equal):
    assert oldest.check_equal_numpy(x, y) is equal


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        (None, []),
        (1, [1]),
        (-1, [2]),
        ((2, 0), [0, 2]),
        ([1, -2], [1]),
        (np.array(2), [2]),
        (np.array([1, 0]), [0, 1]),
        (np.int64(-3), [0]),
        (T.constant(1), [1]),
        (T.constant(np.array([-1, 0])), [0, 2]),
    ],
)
def test_axes(axis, expected):
    assert oldest.check_and_normalize_axes(T.dtensor3(), axis) == expected


@pytest.mark.parametrize(
    ("axis", "error", "message"),
    [
        (3, ValueError, "Computation needs a valid axis number for 3-D tensor. Got 3"),
        ((0, -4), ValueError, "Computation needs a valid axis number for 3-D tensor. Got -4"),
        (T.lscalar("n"), TypeError, "Computation needs a constant axis. Got n"),
        ("0", TypeError, "Axis must be an integer, tuple, list of integers or a TensorVariable"),
    ],
)
def test_axes_that_do_not_exist(axis, error, message):
    with pytest.raises(error, match=message):
        oldest.check_and_normalize_axes(T.dtensor3(), axis)


@pytest.mark.parametrize("data", [np.array([[2.5]]), np.float64(2.5), 2.5])
def test_the_only_entry_of_an_array(data):
    value = oldest.numpy_scalar(data)
    assert np.ndim(value) == 0
    assert value == 2.5


@pytest.mark.parametrize("data", [np.array([]), np.ones(2)])
def test_an_array_without_a_single_entry(data):
    with pytest.raises(oldest.EmptyConstantError, match="is not a single number"):
        oldest.numpy_scalar(data)


def test_diagonals_of_numpy_are_views():
    matrix = np.eye(2)
    assert oldest.numpy_diagonal_return_view() is np.shares_memory(matrix, np.diagonal(matrix))


def test_indices_as_expressions():
    assert oldest.as_index_variable(None) is None
    assert oldest.as_index_variable(slice(2)) == slice(2)
    np.testing.assert_array_equal(oldest.as_index_variable([True, False]).eval(), [True, False])
    with pytest.raises(TypeError, match="index must be integers or a boolean mask"):
        oldest.as_index_variable(2.5)


def test_integers_of_indices_become_constants():
    i = T.lscalar("i")
    one, none, part, symbol = oldest.make_constant((1, None, slice(2, i), i))
    assert (one.data, one.dtype, none) == (1, "int64", None)
    assert part.start.data == 2
    assert part.stop is symbol is i
    assert part.step is None
