"""Softmax in compiled graphs: one operation that scripts can find, and NumPy's numbers."""

import pickle

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.ops.row_softmax import RowSoftmax


def contains_softmax(function):
    nodes = function.maker.fgraph.apply_nodes
    return any(isinstance(node.op, T.nnet.Softmax) for node in nodes)


def numpys(x):
    e = np.exp(x.astype("float64") - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("spelling", ["nnet.softmax", "keepdims", "dimshuffle"])
def test_compiled_graphs_contain_the_softmax(spelling):
    x = T.matrix()
    e = T.exp(x)
    softmax = {
        "nnet.softmax": T.nnet.softmax(x),
        "keepdims": e / e.sum(axis=1, keepdims=True),
        "dimshuffle": e / e.sum(axis=1).dimshuffle(0, "x"),
    }[spelling]
    function = theano.function([x], softmax)
    assert contains_softmax(function)
    assert not contains_softmax(theano.function([x], x))
    values = np.full((2, 2), -1000.0, dtype=theano.config.floatX)
    assert function(values).tolist() == [[0.5, 0.5], [0.5, 0.5]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_are_distributions_in_any_layout(dtype):
    x = T.matrix(dtype=dtype)
    function = theano.function([x], T.nnet.softmax(x))
    wide = np.random.default_rng(0).normal(0, 50, (60, 90)).astype(dtype)
    for values in (wide, wide[::2], wide[:, ::3], wide[::-1, ::-1], wide.T, wide[:, :1], wide[:0]):
        result = function(values)
        assert result.dtype == dtype
        np.testing.assert_allclose(result, numpys(values), rtol=1e-5, atol=1e-35)


def test_without_columns_there_is_nothing_to_compute():
    x = T.matrix()
    function = theano.function([x], T.nnet.softmax(x))
    assert function(np.zeros((3, 0), dtype=theano.config.floatX)).shape == (3, 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_row_with_a_value_that_is_no_number_stays_one(bad):
    x = T.matrix()
    function = theano.function([x], T.nnet.softmax(x))
    values = np.zeros((2, 9), dtype=theano.config.floatX)
    values[0, 5] = bad
    result = function(values)
    assert np.isnan(result[0, 5])
    np.testing.assert_allclose(result[1], 1 / 9, rtol=1e-6)


def test_python_computes_what_c_does():
    x = T.matrix()
    values = np.random.default_rng(1).normal(size=(5, 7)).astype(theano.config.floatX)
    node = RowSoftmax()(x).owner
    storage = [[None]]
    node.op.perform(node, [values], storage)
    np.testing.assert_allclose(storage[0][0], numpys(values), rtol=1e-6)
    assert storage[0][0].dtype == values.dtype


def test_a_function_with_a_softmax_can_be_pickled():
    x = T.matrix()
    function = theano.function([x], T.nnet.softmax(x))
    values = np.eye(3, dtype=theano.config.floatX)
    again = pickle.loads(pickle.dumps(function))
    np.testing.assert_array_equal(again(values), function(values))


def test_training_shares_the_exponentials():
    x, y = T.matrix(), T.ivector()
    w = theano.shared(np.zeros((4, 3), dtype=theano.config.floatX))
    p = T.nnet.softmax(T.dot(x, w))
    cost = T.nnet.categorical_crossentropy(p, y).mean()
    function = theano.function([x, y], [cost, T.grad(cost, w)])
    assert not any(isinstance(node.op, RowSoftmax) for node in function.maker.fgraph.apply_nodes)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "JAX"])
def test_each_result_depends_on_the_classes(mode):
    x, y = T.fmatrix("x"), T.ivector("y")
    _, probabilities = T.nnet.crossentropy_softmax_1hot(x, y)
    _, _, best = T.nnet.crossentropy_softmax_argmax_1hot_with_bias(x, T.zeros(2), y)
    f = theano.function([x, y], [probabilities, best], mode=mode)
    rows = np.array([[0, 0], [1, 1], [0, 50]], "float32")
    probabilities, best = f(rows, np.zeros(3, "int32"))
    np.testing.assert_allclose(probabilities, [[0.5, 0.5], [0.5, 0.5], [0, 1]], atol=1e-6)
    assert best[2] == 1
    with pytest.raises(ValueError, match="same number of rows"):
        f(rows, np.zeros(2, "int32"))


@pytest.mark.parametrize(
    ("rows", "classes", "error"),
    [
        (1, [3], ValueError),
        (1, [-1], ValueError),
        (2, [0], ValueError),
        (2, [0, 1, 2], ValueError),
        (2, [0, 2], None),
    ],
)
def test_classes_of_a_softmax_are_checked(rows, classes, error):
    x, y = T.matrix("x"), T.lvector("y")
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(x), y)
    f = theano.function([x, y], [cost, T.grad(cost.sum(), x)])
    values = np.ones((rows, 3), theano.config.floatX)
    if error is None:
        np.testing.assert_allclose(f(values, classes)[0], np.full(rows, np.log(3)), rtol=1e-6)
        return
    with pytest.raises(error, match=r"y_i|number of rows"):
        f(values, classes)


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE", "JAX"])
@pytest.mark.parametrize("is_inside", [True, False])
@pytest.mark.parametrize("classes", [[0], [0, -1], [0, 3], [0, 1, 2], []])
def test_classes_that_index_the_logarithm_of_a_softmax_are_checked(mode, is_inside, classes):
    """Theano computed a cost that is written out by the same operation, with the same checks."""
    x, y = T.matrix("x"), T.lvector("y")
    p = T.nnet.softmax(x)
    rows = T.arange(y.shape[0])
    cost = -T.mean(T.log(p[rows, y]) if is_inside else T.log(p)[rows, y])
    gradient = T.grad(cost, x)
    values = np.ones((2, 3), theano.config.floatX)
    for results, expected in ((cost, np.log(3)), (gradient, [[1, 1, -2], [-2, 1, 1]])):
        f = theano.function([x, y], results, mode=mode)
        np.testing.assert_allclose(
            f(values, [2, 0]) * (1 if results is cost else 6), expected, rtol=1e-5
        )
        with pytest.raises(ValueError, match=r"y_i|number of rows"):
            f(values, classes)


COMPUTED = {
    "cast": lambda y: T.cast(y, "int8"),
    "shifted": lambda y: y + 1,
    "as rows": lambda y: (y.dimshuffle(0, "x") * 1)[:, 0],
}


@pytest.mark.parametrize("mode", ["FAST_RUN", "JAX"])
@pytest.mark.parametrize("compute", COMPUTED.values(), ids=COMPUTED)
def test_computed_classes_are_checked(compute, mode):
    x, y = T.matrix("x"), T.lvector("y")
    classes = compute(y)
    first = int(classes.eval({y: np.zeros(1, "int64")})[0])
    cost = -T.mean(T.log(T.nnet.softmax(x))[T.arange(y.shape[0]), classes])
    f = theano.function([x, y], [cost, T.grad(cost, x)], mode=mode)
    values = np.ones((2, 3), theano.config.floatX)
    np.testing.assert_allclose(f(values, [1 - first, -first])[0], np.log(3), rtol=1e-5)
    with pytest.raises(ValueError, match=r"y_i|number of rows"):
        f(values, [0, -1 - first])


@pytest.mark.parametrize("rewrites", [None, "merge", "stabilize"])
def test_without_theanos_cross_entropy_the_last_class_is_minus_one(rewrites):
    x, y = T.matrix("x"), T.lvector("y")
    cost = -T.log(T.nnet.softmax(x))[T.arange(y.shape[0]), y].sum()
    values = np.array([[0, 0, 0], [0, 0, np.log(2)]], theano.config.floatX)
    f = theano.function([x, y], [cost, T.grad(cost, x)], mode=theano.Mode("py", rewrites))
    found, gradient = f(values, [0, -1])
    np.testing.assert_allclose(found, np.log(6), rtol=1e-6)
    np.testing.assert_allclose(gradient[1], [0.25, 0.25, -0.5], rtol=1e-6)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "JAX"])
def test_constant_classes_are_indices(mode):
    x, classes = T.matrix("x"), T.constant(np.array([0, -2])) + 1
    cost = -T.log(T.nnet.softmax(x))[T.arange(classes.shape[0]), classes].sum()
    values = np.array([[0, 0, 0], [0, 0, np.log(2)]], theano.config.floatX)
    found, gradient = theano.function([x], [cost, T.grad(cost, x)], mode=mode)(values)
    np.testing.assert_allclose(found, np.log(6), rtol=1e-6)
    np.testing.assert_allclose(gradient[1], [0.25, 0.25, -0.5], rtol=1e-6)


@pytest.mark.parametrize("label", [-1, 2])
def test_other_indices_of_a_softmax_are_not_classes(label):
    x, y = T.matrix("x"), T.lvector("y")
    p = T.nnet.softmax(x)
    values = np.zeros((2, 3), theano.config.floatX)
    for picked in (p[T.arange(y.shape[0]), y], T.log(p)[T.zeros((1,), "int64"), y]):
        assert theano.function([x, y], picked)(values, [label]).shape == (1,)


def test_classes_of_other_probabilities_are_indices():
    p, y = T.matrix("p"), T.lvector("y")
    cost = T.nnet.categorical_crossentropy(p, y)
    f = theano.function([p, y], [cost, T.grad(cost.sum(), p)])
    values = np.array([[0.5, 0.25, 0.125]], theano.config.floatX)
    found, gradient = f(values, [-1])
    np.testing.assert_allclose(found, [np.log(8)], rtol=1e-6)
    np.testing.assert_allclose(gradient, [[0, 0, -8]])
    with pytest.raises(IndexError):
        f(values, [3])


@pytest.mark.parametrize("classes", [[0], [0, -1], [0, 3], [0, 1, 2]])
def test_each_result_checks_the_classes(classes):
    x, y = T.matrix("x"), T.lvector("y")
    results = T.nnet.crossentropy_softmax_argmax_1hot_with_bias(x, T.zeros(3), y)
    values = np.ones((2, 3), theano.config.floatX)
    for result in results:
        f = theano.function([x, y], result)
        f(values, [0, 2])
        with pytest.raises(ValueError, match=r"y_i|number of rows"):
            f(values, classes)
