"""Parts of an array that a vector of indices chooses: values of length 1 are broadcast.

The sums are those of Theano 1.0.5.
"""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano

X = np.arange(15.0).reshape(5, 3)
ONE, TWO = np.array([1], "int32"), np.array([0, 2], "int32")
x, y, v, i = T.dmatrix("x"), T.dmatrix("y"), T.dvector("v"), T.ivector("i")
ENGINES = pytest.mark.parametrize("mode", [None, "FAST_COMPILE", "JAX"])


def total(mode, array, values, given, op):
    """Return the sum of the array after values are added or assigned to its part."""
    part = array[:, i] if given == "columns" else array[i]
    change = {"inc": T.inc_subtensor, "set": T.set_subtensor}[op]
    return theano.function([array, i, values], change(part, values).sum(), mode=mode)


@ENGINES
@pytest.mark.parametrize(
    ("op", "sums"), [("inc", [108, 111, 111, 111]), ("set", [96, 87, 87, 87])]
)
def test_rows(mode, op, sums):
    rows, one_row = total(mode, x, y, "rows", op), total(mode, x, v, "rows", op)
    found = [
        rows(X, ONE, np.ones((1, 3))), rows(X, TWO, np.ones((1, 3))),
        one_row(X, TWO, np.ones(3)), one_row(X, TWO, np.ones(1)),
    ]  # fmt: skip
    assert found == sums


@ENGINES
@pytest.mark.parametrize(("op", "sums"), [("inc", [110, 115]), ("set", [75, 45])])
def test_columns(mode, op, sums):
    columns = total(mode, x, y, "columns", op)
    assert [columns(X, ONE, np.ones((5, 1))), columns(X, TWO, np.ones((1, 2)))] == sums


@ENGINES
def test_vectors(mode):
    add = theano.function([v, i, y], T.inc_subtensor(v[i], y[0]), mode=mode)
    assert add(np.zeros(4), ONE, np.ones((1, 1))).tolist() == [0, 1, 0, 0]
    assert add(np.zeros(4), TWO, np.ones((1, 1))).tolist() == [1, 0, 1, 0]
    assert add(np.zeros(4), np.array([-1, -1], "int32"), np.ones((1, 2))).tolist() == [0, 0, 0, 2]
    with pytest.raises((ValueError, TypeError)):
        add(np.zeros(4), TWO, np.ones((1, 3)))


@ENGINES
def test_an_embedding_is_trained_on_a_single_word(mode):
    W = theano.shared(X.copy())
    cost = (W[i] ** 2).sum()
    train = theano.function([i], cost, updates=[(W, W - 0.5 * T.grad(cost, W))], mode=mode)
    assert [train(ONE), train(ONE), train(TWO)] == [50, 0, 154]
    assert W.get_value().sum() == 69


def test_operations_are_of_theanos_classes():
    part, changed = x[i], T.inc_subtensor(x[i], y)
    assert isinstance(part.owner.op, T.AdvancedSubtensor1)
    assert isinstance(changed.owner.op, T.AdvancedIncSubtensor1)
    others = [x[1:], x[:, i], x[i, i], changed, x.sum()]
    assert not any(isinstance(other.owner.op, T.AdvancedSubtensor1) for other in others)
    (node,) = (
        node for node in theano.function([x, i], part, mode="FAST_COMPILE").maker.fgraph.toposort()
        if isinstance(node.op, T.AdvancedSubtensor1)
    )  # fmt: skip
    assert theano.function([x, i], T.AdvancedSubtensor1()(x, i))(X, ONE).tolist() == [[3, 4, 5]]

    class Own(T.AdvancedSubtensor1):
        pass

    assert isinstance(Own(), T.AdvancedSubtensor1)
    assert not isinstance(node.op, Own)
