"""Functions that change shapes take Theano's arguments."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from tests.theano.quick import function

VALUES = np.arange(6.0).reshape(2, 3)
v, m = T.dvector("v"), T.dmatrix("m")
lengths = T.lvector("lengths")


@pytest.mark.parametrize("specify", [T.specify_shape, T.SpecifyShape()])
def test_a_shape_is_checked_when_the_function_is_called(specify):
    f = function([m], specify(m, (2, None)) * 2)
    np.testing.assert_array_equal(f(VALUES), VALUES * 2)
    with pytest.raises(AssertionError):
        f(VALUES.T)


def test_a_symbolic_shape_is_checked_when_the_function_is_called():
    f = function([m, lengths], T.specify_shape(m, lengths) * 2)
    np.testing.assert_array_equal(f(VALUES, [2, 3]), VALUES * 2)
    with pytest.raises(AssertionError):
        f(VALUES, [3, 2])
    with pytest.raises(AssertionError, match="the shape does not have 2 lengths"):
        f(VALUES, [2, 3, 1])


def test_a_vector_of_known_length_is_a_shape():
    shape = T.stack([T.lscalar("a"), T.lscalar("b")])
    a, b = shape.owner.inputs
    f = function([m, a, b], T.specify_shape(m, shape) + 1)
    np.testing.assert_array_equal(f(VALUES, 2, 3), VALUES + 1)


@pytest.mark.parametrize("shape", [(2,), [2, 3, 4], T.constant(np.array([2, 3, 4]))])
def test_a_shape_with_the_wrong_number_of_lengths(shape):
    n = 1 if shape == (2,) else 3
    with pytest.raises(AssertionError, match=f"{n} lengths for a tensor of 2 dimensions"):
        T.specify_shape(m, shape)


def test_the_dimensions_of_a_flat_tensor():
    assert T.is_flat(v)
    assert not T.is_flat(m)
    assert T.is_flat(m, ndim=2)
    assert T.is_flat(m, outdim=2)
    assert T.is_flat(T.dtensor4().flatten(3), 3)
    with pytest.raises(ValueError, match="You should only specify ndim"):
        T.is_flat(m, ndim=2, outdim=2)


@pytest.mark.parametrize(
    ("reps", "ndim", "full"),
    [
        ((2,), None, (1, 2)),
        ((2, 3), None, (2, 3)),
        ((2,), 3, (1, 1, 2)),
        ([3, 1, 2], 3, (3, 1, 2)),
        (2, None, (1, 2)),
        (2, 3, (1, 1, 2)),
        (np.array([2, 3]), 2, (2, 3)),
        (np.array([2]), 3, (1, 1, 2)),
    ],
)
def test_tiles(reps, ndim, full):
    f = function([m], T.tile(m, reps, ndim=ndim))
    np.testing.assert_array_equal(f(VALUES), np.tile(VALUES, full))


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "JAX"])
def test_a_vector_of_repetitions_is_completed_with_ones(mode):
    f = theano.function([v, lengths], T.tile(v, lengths, ndim=2), mode=mode)
    np.testing.assert_array_equal(f([1.0, 2.0], [3]), np.tile([1.0, 2.0], (1, 3)))
    np.testing.assert_array_equal(f([1.0, 2.0], [2, 3]), np.tile([1.0, 2.0], (2, 3)))


def test_a_vector_with_more_repetitions_than_dimensions():
    f = function([v, lengths], T.tile(v, lengths, ndim=2))
    with pytest.raises(AssertionError, match="more than 2 repetitions"):
        f([1.0, 2.0], [2, 2, 2])


@pytest.mark.parametrize(
    ("reps", "ndim", "message"),
    [
        ((1, 2, 3), 2, "len\\(reps\\) should be equal or less than ndim"),
        (2, 1, "ndim should be equal or larger than x.ndim"),
        (lengths, None, "if reps is tensor.vector, you should specify the ndim"),
        (T.lmatrix(), 3, "the dimension of reps should not exceed 1"),
    ],
)
def test_repetitions_that_are_refused(reps, ndim, message):
    with pytest.raises(ValueError, match=message):
        T.tile(m, reps, ndim=ndim)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda a, b: T.stack(tensors=[a, b]), [[1, 2], [3, 4]]),
        (lambda a, b: T.stack(tensors=[a, b], axis=1), [[1, 3], [2, 4]]),
        (lambda a, b: T.stack((a, b), 1), [[1, 3], [2, 4]]),
        (lambda a, b: T.stack((a, b), axis=-1), [[1, 3], [2, 4]]),
        (lambda a, b: T.stack(a[0], b[1]), [1, 4]),
        (lambda a, b: T.stack(a), [[1, 2]]),
        (lambda a, b: T.stack(np.eye(2)), [np.eye(2)]),
        (lambda a, b: T.stack(np.eye(2)[:, :1], axis=1), [[1, 0]]),
    ],
)
def test_ways_to_stack(build, expected):
    a, b = T.dvectors("a", "b")
    stacked = function([a, b], build(a, b), on_unused_input="ignore")([1.0, 2.0], [3.0, 4.0])
    np.testing.assert_array_equal(stacked, expected)


def test_nothing_to_stack():
    with pytest.raises(ValueError, match="No tensor arguments given"):
        T.stack()


@pytest.mark.parametrize(("axis", "sizes"), [(0, [1, 1]), (1, [1, 2]), (1, [3])])
def test_parts_of_given_lengths(axis, sizes):
    parts = T.split(m, sizes, len(sizes), axis)
    assert isinstance(parts, list)
    expected = np.split(VALUES, np.cumsum(sizes)[:-1], axis)
    for part, right in zip(function([m], parts)(VALUES), expected, strict=True):
        np.testing.assert_array_equal(part, right)


@pytest.mark.parametrize("order", ["C", "F"])
def test_flat_indices_become_indices_along_axes(order, caplog):
    found = function([], T.unravel_index([5, 2, 0], (2, 3), order=order))()
    np.testing.assert_array_equal(found, np.unravel_index([5, 2, 0], (2, 3), order=order))
    assert ("Theano 1.0.5 ignored it" in caplog.text) == (order == "F")


def test_the_length_of_a_vector_may_be_a_number():
    f = function([v], T.specify_shape(v, 2) * 2)
    np.testing.assert_array_equal(f([1.0, 2.0]), [2, 4])
    with pytest.raises(AssertionError):
        f([1.0])
