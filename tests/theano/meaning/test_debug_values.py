"""Test values, computed while a script builds its graph, if ``compute_test_value`` is set."""

import numpy as np
import pytest
from autoenc.theano.sandbox.rng_mrg import MRG_RandomStreams
from autoenc.theano.tensor.inplace import exp_inplace
from autoenc.theano.tensor.shared_randomstreams import RandomStreams
from autoenc.theano.tensor.signal.pool import pool_2d

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.gof.op import get_debug_values, get_test_value
from autoenc.theano.tensor.nnet import conv2d


def matrix(*shape):
    x = T.dmatrix("x")
    x.tag.test_value = np.arange(np.prod(shape), dtype=float).reshape(shape)
    return x


@pytest.fixture(autouse=True)
def computing():
    with theano.config.change_flags(compute_test_value="raise"):
        yield


def test_every_step_of_a_layer_has_one():
    x, w = matrix(3, 4), theano.shared(np.ones((4, 2)))
    p = T.nnet.softmax(T.nnet.sigmoid(T.dot(x, w)))
    np.testing.assert_allclose(p.tag.test_value, np.full((3, 2), 0.5))
    cost = -T.mean(T.log(p)[T.arange(3), [0, 1, 0]])
    np.testing.assert_allclose(cost.tag.test_value, np.log(2))
    assert T.grad(cost, w).tag.test_value.shape == (4, 2)


def test_they_do_not_change_what_functions_compute():
    x, w = matrix(3, 4), theano.shared(np.ones((4, 2)))
    cost = T.sum(T.dot(x, w) ** 2)
    function = theano.function([x], cost, updates=[(w, w - T.grad(cost, w))])
    values = np.ones((1, 4))
    assert function(values) == 32
    np.testing.assert_allclose(w.get_value(), np.full((4, 2), -7))
    assert cost.eval({x: values}) == 2 * 28**2


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN", theano.Mode("py")])
def test_inner_graphs_are_compiled_without_them(mode, caplog):
    x = T.dmatrix("x")
    x.tag.test_value = np.ones((2, 3))
    compute = theano.function([x], T.log(T.nnet.softmax(x)), mode=mode)
    np.testing.assert_allclose(compute(np.ones((2, 3))), np.full((2, 3), -np.log(3)))
    assert caplog.records == []


def test_graphs_without_them_can_be_compiled(caplog):
    with theano.config.change_flags(compute_test_value="off"):
        x, y = T.dvectors("xy")
        cost = T.sum(T.log(T.nnet.sigmoid(x * y))) + 0
    compute = theano.function([x, y], cost)
    np.testing.assert_allclose(compute([0.0], [1.0]), np.log(0.5))
    np.testing.assert_allclose(cost.eval({x: [0.0], y: [1.0]}), np.log(0.5))
    assert caplog.records == []  # PyTensor logs rewrites that fail, and goes on


def test_operations_in_place_leave_those_of_their_inputs():
    x = matrix(1, 2)
    assert exp_inplace(x).tag.test_value.tolist() == [[1, np.e]]
    assert x.tag.test_value.tolist() == [[0, 1]]


def test_gradients_of_loops_have_one():
    x, w = matrix(1, 3), theano.shared(2.0)
    products, _ = theano.scan(
        lambda entry, total, w: T.tanh(total * w) + entry, x.flatten(), T.zeros((), "float64"), w
    )
    gradient = T.grad(products.sum(), w)
    assert np.isfinite(gradient.tag.test_value)
    f = theano.function([x], gradient)
    np.testing.assert_allclose(f(x.tag.test_value), gradient.tag.test_value)


def test_loops_have_one_for_all_steps():
    x = matrix(3, 2)
    totals, _ = theano.scan(lambda row, total: row + total, x, T.zeros((2,), dtype="float64"))
    assert (totals * 1).tag.test_value.tolist() == [[0, 1], [2, 4], [6, 9]]
    assert (T.grad(totals.sum(), x) * 1).tag.test_value.tolist() == [[3, 3], [2, 2], [1, 1]]


def test_gradients_of_operations_made_of_graphs_have_one():
    x, a = matrix(2, 2), T.dmatrix("a")
    with theano.config.change_flags(compute_test_value="off"):
        squared = theano.OpFromGraph([a], [a**2 * 3])
    gradient = T.grad(squared(x).sum(), x)
    np.testing.assert_array_equal(gradient.tag.test_value, 6 * x.tag.test_value)


@pytest.mark.parametrize("streams", [RandomStreams, MRG_RandomStreams])
def test_random_numbers_have_one_and_streams_do_not_move(streams):
    draws = [streams(3).uniform((2,)) for _ in range(2)]
    shown = draws[0].tag.test_value
    assert shown.shape == (2,)
    first = theano.function([], draws[0])()
    with theano.config.change_flags(compute_test_value="off"):
        unseen = streams(3).uniform((2,))
    np.testing.assert_array_equal(first, theano.function([], unseen)())


def test_images_have_one():
    images, filters = T.dtensor4(), T.dtensor4()
    images.tag.test_value, filters.tag.test_value = np.ones((1, 1, 6, 6)), np.ones((2, 1, 3, 3))
    maps = pool_2d(conv2d(images, filters), (2, 2), ignore_border=True)
    assert maps.tag.test_value.tolist() == np.full((1, 2, 2, 2), 9.0).tolist()


def test_a_wrong_shape_is_reported_where_it_is_used():
    x = matrix(3, 4)
    with pytest.raises(ValueError, match=r"mismatch|aligned|Shape"):
        T.dot(x, x)


def test_a_wrong_type_is_named():
    x = T.imatrix("x")
    x.tag.test_value = np.full((2, 2), 0.5)
    with pytest.raises(ValueError, match=r"x needs TensorType\(int32, matrix\)"):
        x + 1


def test_missing_ones():
    x, y = matrix(2, 2), T.dmatrix("y")
    with pytest.raises(ValueError, match=r"input 0 \(y\) of Op .* missing default value"):
        y + x
    with pytest.raises(AttributeError, match=r"Argument 0 .* has no test value"):
        get_debug_values(y)
    with (
        theano.config.change_flags(compute_test_value="warn"),
        pytest.warns(UserWarning, match="missing default value"),
    ):
        y + x
    with theano.config.change_flags(compute_test_value="ignore"):
        assert not hasattr((y + x).tag, "test_value")
        assert get_debug_values(y) == []
    with theano.config.change_flags(compute_test_value="off"):
        assert not hasattr((x + x).tag, "test_value")
        assert get_debug_values(x) == []


def test_values_for_checks_of_scripts():
    x, w = matrix(2, 2), theano.shared(np.ones(3))
    assert get_test_value(w).tolist() == [1, 1, 1]
    assert get_test_value(2.0) == 2
    assert theano.gof.op.PureOp._get_test_value(w).tolist() == [1, 1, 1]
    (alone,) = get_debug_values(x)
    assert alone.shape == (2, 2)
    ((first, second),) = get_debug_values(x, w)
    assert (first.shape, second.shape) == ((2, 2), (3,))
    with pytest.raises(AttributeError, match=r"Argument 1 \(y\) has no test value"):
        get_debug_values(x, T.dmatrix("y"))


def test_steps_of_a_loop_have_those_of_the_first_step():
    """The values are Theano 1.0.5's."""
    y, initial, total = matrix(5, 4), matrix(2, 4), T.dscalar("total")
    total.tag.test_value = 1.5
    w = theano.shared(np.eye(4))
    seen = []

    def step(before, after, earlier, last, total, w):
        state = T.dot(before + after, w) + earlier * last
        arguments = before, after, earlier, last, total
        seen.append([float(np.sum(get_test_value(v))) for v in (*arguments, state)])
        return state, total + state.sum()

    def loop(**named):
        (_, totals), _ = theano.scan(
            step, sequences={"input": y, "taps": [-1, 1]},
            outputs_info=[{"initial": initial, "taps": [-2, -1]}, total], non_sequences=w, **named,
        )  # fmt: skip
        return totals

    assert loop().tag.test_value.tolist() == [83.5, 655.5, 15823.5]
    assert loop(n_steps=1).tag.test_value.tolist() == [83.5]
    backwards = loop(go_backwards=True)
    assert backwards.tag.test_value.tolist() == [147.5, 1071.5, 38895.5]
    assert seen == [[6, 38, 6, 22, 1.5, 82]] * 3
    assert T.grad(backwards.sum(), y).tag.test_value.shape == (5, 4)


def test_a_wrong_shape_is_reported_within_the_step():
    with pytest.raises(ValueError, match=r"shapes|dimension|mis-match"):
        theano.scan(lambda x: T.dot(x, T.ones((3, 2))), sequences=matrix(5, 4))


def test_a_sequence_without_one_is_reported_within_the_step():
    with pytest.raises(ValueError, match="missing default value"):
        theano.scan(lambda x: x + 1, sequences=T.dmatrix("z"))


def of_stacks():
    t = T.dtensor3("t")
    t.tag.test_value = np.ones((2, 3, 2))
    return T.grad(T.batched_dot(t, t.dimshuffle(0, 2, 1)).sum(), t)


def of_vectors(derivative, expression):
    v = T.dvector("v")
    v.tag.test_value = np.full(3, 2.0)
    return derivative(expression(v), v)


# Graphs with parts that have no values: those of single matrices, and the bodies of loops.
# Sums of absolute values, from Theano 1.0.5.
DERIVATIVES = [
    (lambda a: T.grad(T.slinalg.cholesky(a).sum(), a), 3.181980515339464),
    (lambda a: T.grad(T.nlinalg.det(a), a), 12),
    (lambda a: T.grad(T.nlinalg.matrix_inverse(a).sum(), a), 2.25),
    (lambda a: T.grad(T.slinalg.solve_lower_triangular(a, a).sum(), a), 1.5),
    (lambda a: of_stacks(), 72),
    (lambda a: of_vectors(theano.gradient.jacobian, lambda v: v**2), 12),
    (lambda a: of_vectors(theano.gradient.hessian, lambda v: (v**3).sum()), 36),
]


@pytest.mark.parametrize(("build", "total"), DERIVATIVES)
def test_derivatives_with_inner_graphs_have_one(build, total):
    a = T.dmatrix("a")
    a.tag.test_value = 2 * np.eye(3)
    derivative = build(a)
    np.testing.assert_allclose(np.abs(derivative.tag.test_value).sum(), total)
    assert (derivative + 1).tag.test_value.shape == derivative.tag.test_value.shape


def test_a_missing_one_is_reported_by_functions_with_inner_graphs():
    t = T.dtensor3("t")
    with pytest.raises(ValueError, match="missing default value"):
        T.batched_tensordot(t, t, [[2], [1]])
    with theano.config.change_flags(compute_test_value="warn"):
        with pytest.warns(UserWarning, match="missing default value"):
            product = T.batched_tensordot(t, t, [[2], [1]])
        assert product.ndim == 3
