"""Indices and assertions of a graph of one's own: the same errors on every backend."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.raise_op import Assert
from pytensor.tensor.special import softmax

from autoenc.graph import sgd
from autoenc.training import train
from tests.devices import device_of


def embedding(y, E):
    return pt.sqr(E[y]).sum(axis=1)


def pairs(y, E):
    log_p = pt.log(softmax(E[0] + pt.zeros((y.shape[0], 3), "float32"), axis=-1))
    return -log_p[pt.arange(y.shape[0]), y]


def of_one_minibatch(y, E):
    return pt.sqr(E[y[0]]).sum() + 0 * y


def asserted(y, E):
    return pt.sqr(E).sum() * Assert("no such class")(y, pt.all(pt.and_(pt.ge(y, -3), pt.lt(y, 3))))


def fit(backend, of_rows, y, validation=None, device=None):
    E = pytensor.shared(np.ones((3, 3), "float32"), name="E")
    t = pt.ivector("y")
    rows = of_rows(t, E).astype("float32")
    return train(
        rows.mean(), sgd(rows.mean(), [E], 0.01), inputs=[t], data=np.array(y, "int32"),
        batch_size=2, n_epochs=1, backend=backend, device=device_of(backend), shuffle=False,
        validation=None if validation is None else (rows, np.array(validation, "int32")),
        progress=False,
    )  # fmt: skip


GRAPHS = pytest.mark.parametrize(
    ("of_rows", "error"),
    [
        (embedding, IndexError),
        (pairs, IndexError),
        (of_one_minibatch, IndexError),
        (asserted, AssertionError),
    ],
)


@GRAPHS
def test_a_class_that_does_not_exist_is_refused(backend, of_rows, error):
    """XLA clipped it, and Numba read and wrote beyond the array."""
    for wrong in (3, -4):
        with pytest.raises(error, match=r"out of bounds|no such class"):
            fit(backend, of_rows, [0, 1, wrong, 1])


def test_a_class_that_does_not_exist_is_refused_in_validation(backend):
    with pytest.raises(IndexError, match="out of bounds"):
        fit(backend, pairs, [0, 1], validation=[0, 1, 3])


@GRAPHS
def test_classes_that_exist_have_the_cost_of_c(backend, of_rows, error):
    """Negative numbers count from the end, as in NumPy."""
    y = [0, 2, -1, -3]
    found, expected = fit(backend, of_rows, y), fit("c", of_rows, y)
    assert found[-1]["cost"] == pytest.approx(expected[-1]["cost"], rel=1e-6)


def test_rows_that_only_fill_a_chunk_fail_no_check():
    """XLA computes functions of rows in chunks, of which the last may be filled up."""
    E = pytensor.shared(np.ones(3, "float32"), name="E")
    x = pt.vector("x", dtype="float32")
    positive = Assert("not positive")(x, pt.gt(x, 0).all()) * E[0]
    history = train(
        positive.mean(), {E: E}, inputs=[x], data=np.ones(3, "float32"), n_epochs=1,
        backend="xla", device=device_of("xla"), validation=(positive, np.ones(3, "float32")),
        progress=False,
    )  # fmt: skip
    assert history[-1]["cost"] == 1
