"""Draws from a ``RandomState``: numbers recorded under Theano 1.0.5, and what is refused."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pytensor import grad
from pytensor.gradient import DisconnectedInputError, NullTypeGradError, pushforward

from autoenc.theano.random import raw
from autoenc.theano.random.raw import RandomFunction
from autoenc.theano.random.sizes import broadcast_indices, infer_size
from autoenc.theano.random.states import randomstate_constructor
from tests.theano.quick import function


def drawn(draw, seed=1):
    """Return the numbers of a draw from a new state."""
    return function([], draw(randomstate_constructor(np.random.RandomState(seed)))[1])()


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (
            lambda s: raw.random_integers(s, (2, 3), np.array([0, 10, 20]), np.array([5, 15, 25])),
            [[5, 13, 24], [0, 11, 23]],
        ),
        (
            lambda s: raw.random_integers(s, None, np.array([[0], [10]]), np.array([15, 25, 30])),
            [[5, 11, 12], [10, 25, 19]],
        ),
        (
            lambda s: raw.multinomial(
                s, None, np.array([10, 20]), np.array([[0.2, 0.8], [0.5, 0.5]])
            ),
            [[2, 8], [11, 9]],
        ),
        # The sum of the first row exceeds 1 by rounding.
        (
            lambda s: raw.multinomial(s, (2,), 10, np.array([[0.2, 0.800000001], [1.0, 0.0]])),
            [[2, 8], [10, 0]],
        ),
        (
            lambda s: raw.permutation(s, (2, 2), n=4),
            [[[3, 2, 0, 1], [0, 2, 1, 3]], [[3, 2, 0, 1], [2, 3, 0, 1]]],
        ),
        (lambda s: raw.permutation(s, None, n=4), [3, 2, 0, 1]),
        (lambda s: raw.permutation(s, (), n=4, ndim=1), [3, 2, 0, 1]),
        (lambda s: raw.binomial(s, (4,), np.array([1, 5, 10, 100])), [0, 3, 0, 54]),
        (lambda s: raw.poisson(s, (3,), np.array([1.0, 10, 100.0])), [1, 6, 90]),
    ],
)
def test_recorded_integers(draw, expected):
    numbers = drawn(draw)
    assert numbers.dtype == "int64"
    assert_array_equal(numbers, expected)


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (
            lambda s: raw.normal(s, None, np.array([1.0, 10, 100]), np.array([[0.1], [0.2]])),
            [[1.16243454, 9.93882436, 99.94718282], [0.78540628, 10.17308153, 99.53969226]],
        ),
        (lambda s: raw.uniform(s, dtype="float64"), 0.417022004702574),
        (lambda s: raw.uniform(s, (), dtype="float64"), 0.417022004702574),
        (
            lambda s: raw.uniform(s, (2, -1), np.zeros((1, 3)), np.ones((2, 1))),
            [[0.417022005, 0.720324493, 0.000114374817], [0.302332573, 0.146755891, 0.0923385948]],
        ),
        (lambda s: raw.uniform(s, (2, -1), np.zeros((1, 1))), [[0.417022], [0.72032449]]),
    ],
)
def test_recorded_numbers(draw, expected):
    numbers = drawn(draw)
    assert numbers.dtype == "float64"
    assert_allclose(numbers, expected, rtol=1e-6)


def test_entries_are_chosen_by_numpy():
    a, p = np.array([5, 7, 9]), np.array([0.1, 0.2, 0.7])
    numbers = drawn(lambda s: raw.choice(s, (50,), a, p=p))
    assert_array_equal(numbers, np.random.RandomState(1).choice(a, 50, p=p))
    replace = pt.constant(0, dtype="int8")
    numbers = drawn(lambda s: raw.choice(s, (50,), a, p=0))
    assert_array_equal(numbers, np.random.RandomState(1).choice(a, 50))
    numbers = drawn(lambda s: raw.choice(s, (3,), a, replace))
    assert_array_equal(numbers, np.random.RandomState(1).choice(a, 3, replace=False))


def test_an_older_name_of_the_probability(capsys):
    numbers = drawn(lambda s: raw.binomial(s, (20,), n=9, prob=0.25))
    assert "parameter prob to the binomal fct have been renamed to p" in capsys.readouterr().err
    assert_array_equal(numbers, np.random.RandomState(1).binomial(9, 0.25, 20))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda s: raw.random_integers(s, (3,), 0, np.array([5, 15])),
            r"shape\[0\] \(2\) should be equal to out_shape\[0\] \(3\) or to 1",
        ),
        (
            lambda s: raw.multinomial(s, (2,), 10, np.array([[0.2, 0.9], [0.5, 0.5]])),
            "probabilities must sum to 1, got 1.1",
        ),
        (
            lambda s: raw.multinomial(s, (2,), 10, np.array([[1.2, -0.2], [0.5, 0.5]])),
            "probabilities must not be negative, got -0.2",
        ),
        (
            lambda s: raw.permutation(s, (2,), n=np.array([4, 4])),
            r"length of a permutation must be a scalar, got shape \(2,\)",
        ),
        (lambda s: raw.choice(s, (2,), np.ones((2, 2))), r"a.ndim \(2\) must be 0 or 1"),
        (lambda s: raw.choice(s, (2,), 2, p=np.ones((2, 2)) / 2), r"p.ndim \(2\) must be 1"),
    ],
)
def test_impossible_values_are_refused_at_run_time(draw, message):
    with pytest.raises(ValueError, match=message):
        drawn(draw)


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (
            lambda s: raw.random_integers(s, (1,), np.zeros((2, 3), int)),
            ValueError,
            "ndim should be at least as big as required by args value",
        ),
        (
            lambda s: raw.permutation(s, None, n=4, ndim=2),
            TypeError,
            "just one permutation but asked for more then 1 dimensions",
        ),
        (lambda s: raw.choice(s, None, a=5), TypeError, "needs a size, or parameters"),
        (lambda s: raw.uniform(s, (2.5,)), TypeError, "shape must be an integer vector or list"),
        (lambda s: raw.uniform(s, (2, -1)), ValueError, "no parameter has this axis"),
        (lambda s: raw.uniform(s, (2, -2)), ValueError, "negative size -2"),
        (lambda s: raw.uniform(s, (2,), ndim=3), ValueError, r"ndim = 3, len\(shape\) = 1"),
        (lambda s: raw.uniform(s, pt.iscalar()), TypeError, "shape must be a vector or list"),
    ],
)
def test_impossible_draws_are_refused(draw, error, message):
    state = randomstate_constructor(np.random.RandomState(1))
    with pytest.raises(error, match=message):
        draw(state)


@pytest.mark.parametrize(
    ("size", "shapes", "expected", "ones"),
    [
        ((2, -1, -1), [(1, 3), (1, 1)], [2, 1, 3], (False, True, False)),
        ((2, pt.constant(4), 1), [], [2, 4, 1], (False, False, True)),
        ((), [], [], ()),
        (None, [(2, 1), (3,)], [2, 3], (False, False)),
        (None, [(2, 1), (1, 1)], [2, 1], (False, True)),
        (np.array([4, 5]), [(3,)], [4, 5], (False, False)),
    ],
)
def test_sizes_are_inferred(size, shapes, expected, ones):
    parameters = [pt.constant(np.zeros(shape)) for shape in shapes]
    ndim, vector, broadcastable = infer_size(None, size, *parameters)
    assert (ndim, broadcastable) == (len(expected), ones)
    assert vector.dtype == "int64"
    assert_array_equal(function([], vector)(), expected)


def test_functions_of_users_draw_too():
    def halves(state, low, size):
        return low + state.randint(0, 9, size) / 2

    op = RandomFunction(halves, pt.dvector)
    assert str(op) == "RandomFunction{halves}"
    state = randomstate_constructor(np.random.RandomState(1))
    after, draw = op(state, (4,), 10.0)
    numbers, new, shape = function([], [draw, after, draw.shape])()
    expected = np.random.RandomState(1)
    assert_array_equal(numbers, 10 + expected.randint(0, 9, 4) / 2)
    assert_array_equal(shape, [4])
    assert new.randint(2**30) == expected.randint(2**30)
    assert str(RandomFunction("normal", pt.dvector)) == "RandomFunction{normal}"


@pytest.mark.parametrize(
    ("value", "size", "type_", "message"),
    [
        (np.zeros((2, 3)), (2,), pt.dvector, "should have dimension 1, but .* has dimension 2"),
        (np.zeros(3), (2,), pt.dvector, r"should have shape \(2,\), but .* has shape \(3,\)"),
        (np.zeros(2), (2,), pt.dmatrix, r"self.outtype.ndim \(2\) != len\(shape\) \(1\)"),
    ],
)
def test_draws_of_another_shape_are_refused(value, size, type_, message):
    def constant(state, size):
        return value

    op = RandomFunction(constant, type_)
    with pytest.raises(ValueError, match=message):
        drawn(lambda s: op(s, size))


def test_a_draw_without_a_size_has_the_axes_of_its_type():
    numbers = drawn(lambda s: RandomFunction("uniform", pt.dmatrix)(s, (), 0.0, 1.0))
    assert_array_equal(numbers, np.random.RandomState(1).uniform(size=(1, 1)))


def test_sizes_are_integers_and_states_are_random_states(capsys):
    op = RandomFunction("uniform", pt.dvector)
    with pytest.raises(TypeError, match="size of a draw must be a vector of integers"):
        op(randomstate_constructor(np.random.RandomState(1)), (2.0,), 0.0, 1.0)
    op(pt.dvector(), (2,), 0.0, 1.0)
    assert "RandomState instances should be in RandomStateType" in capsys.readouterr().err


def test_draws_have_no_derivative():
    state = randomstate_constructor(np.random.RandomState(1))
    low, direction = pt.dmatrix(), pt.dmatrix()
    draw = raw.uniform(state, low=low)[1]
    with pytest.raises(NullTypeGradError, match="No gradient defined through raw random numbers"):
        grad(draw.sum(), low)
    with pytest.raises(NullTypeGradError, match="No gradient defined through raw random numbers"):
        pushforward(draw, low, direction)


def test_draws_do_not_change_along_a_direction():
    state = randomstate_constructor(np.random.RandomState(1))
    x, v = pt.dmatrix(), pt.dmatrix()
    draw = raw.uniform(state, low=x, high=9.0)[1]
    with pytest.raises(DisconnectedInputError):
        pushforward(draw, x, v, use_op_pushforward=True)
    derivative = pushforward(draw * x, x, v, use_op_pushforward=True)
    f = function([x, v], derivative)
    at, along = np.ones((2, 3)), np.arange(6.0).reshape(2, 3)
    assert_allclose(f(at, along), np.random.RandomState(1).uniform(1, 9, (2, 3)) * along)


def test_parameters_with_more_axes_than_the_draw_are_refused():
    state = np.random.RandomState(1)
    with pytest.raises(ValueError, match=r"low.ndim \(2\) should not be larger than len\(size\)"):
        raw.random_integers_helper(state, np.zeros((2, 3), int), np.array(5), (3,))
    with pytest.raises(ValueError, match=r"pvals.ndim \(3\) should not be larger"):
        raw.multinomial_helper(state, np.array(1), np.ones((1, 1, 1)), (1,))


def test_factors_of_draws_have_one():
    state = randomstate_constructor(np.random.RandomState(1))
    x = pt.dvector()
    draw = raw.uniform(state, (2,), dtype="float64")[1]
    gradient = function([x], grad((draw * x).sum(), x))(np.zeros(2))
    assert_array_equal(gradient, np.random.RandomState(1).uniform(size=2))


@pytest.mark.parametrize("size", [None, (), (2, 3)])
def test_shapes_are_those_of_the_draws(size):
    state = randomstate_constructor(np.random.RandomState(1))
    low = pt.TensorType("float64", (None, None))() if size != () else pt.dscalar()
    draws = [raw.uniform(state, size, low, 9.0)[1]]
    draws += [raw.permutation(state, size or (), n=4)[1]]
    f = pytensor.function([low], [*draws, *(draw.shape for draw in draws)], mode="CVM")
    first, second, *shapes = f(np.zeros((2, 3)) if size != () else 0.0)
    assert first.shape == (() if size == () else (2, 3))
    assert second.shape == (*(size or ()), 4)
    assert [tuple(shape) for shape in shapes] == [first.shape, second.shape]


def test_the_shape_is_inferred_without_drawing():
    state = randomstate_constructor(np.random.RandomState(1))
    n = pt.lscalar()
    f = pytensor.function([n], raw.uniform(state, (n, 3))[1].shape, mode="CVM")
    assert not any(isinstance(node.op, RandomFunction) for node in f.maker.fgraph.apply_nodes)
    assert f(5).tolist() == [5, 3]


def test_a_function_advances_its_own_state_in_place():
    state = randomstate_constructor(np.random.RandomState(1))
    after, draw = raw.uniform(state, (3,), dtype="float64")
    f = pytensor.function([], draw, updates=[(state, after)], mode="CVM")
    (op,) = [n.op for n in f.maker.fgraph.apply_nodes if isinstance(n.op, RandomFunction)]
    assert op.inplace
    expected = np.random.RandomState(1)
    for _ in range(2):
        assert_array_equal(f(), expected.uniform(size=3))


def test_indices_of_parameters():
    indices = list(broadcast_indices((2, 2), (1, 2), (2, 1)))
    assert indices == [
        ((0, 0), (0, 0), (0, 0)),
        ((0, 1), (0, 1), (0, 0)),
        ((1, 0), (0, 0), (1, 0)),
        ((1, 1), (0, 1), (1, 0)),
    ]
