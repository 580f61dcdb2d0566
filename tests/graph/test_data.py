"""Shared data sets and their minibatches, in functions compiled by C and by XLA."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor import config
from pytensor.tensor.special import softmax

from autoenc.graph.data import minibatch, n_minibatches, shared_dataset
from tests.graph.helpers import FLOAT64, MODE

ENGINES = ("CVM", "JAX")
IMAGES = np.random.default_rng(1).random((10, 3)).astype(np.float32)
LABELS = np.array([5, 0, 4, 1, 9, 2, 1, 3, 1, 4])


@pytest.mark.parametrize("mode", [*ENGINES, "NUMBA"])
def test_minibatches_are_rows_given_by_index(mode):
    images, labels = shared_dataset(IMAGES, LABELS)
    x, y, index = pt.matrix("x"), pt.ivector("y"), pt.lscalar("index")
    givens = {x: minibatch(images, index, 4), y: minibatch(labels, index, 4)}
    f = pytensor.function([index], [2 * x, y], givens=givens, mode=mode)
    for i in range(n_minibatches(10, 4)):
        doubled, numbers = map(np.asarray, f(i))
        assert (doubled.dtype, numbers.dtype) == (np.float32, np.int32)
        np.testing.assert_array_equal(doubled, 2 * IMAGES[4 * i : 4 * i + 4])
        np.testing.assert_array_equal(numbers, LABELS[4 * i : 4 * i + 4])
    # The chunk on the device may be replaced, also by a longer one.
    images.set_value(np.concatenate([IMAGES[::-1]] * 2))
    np.testing.assert_array_equal(f(1)[0], 2 * IMAGES[::-1][4:8])


@pytest.mark.parametrize("mode", ENGINES)
def test_the_rows_left_over_are_a_minibatch_with_a_number(mode):
    images, labels = shared_dataset(IMAGES, LABELS)
    x, y = pt.matrix("x"), pt.ivector("y")
    last = n_minibatches(10, 4)
    givens = {x: minibatch(images, last, 4), y: minibatch(labels, last, 4)}
    doubled, numbers = pytensor.function([], [2 * x, y], givens=givens, mode=mode)()
    np.testing.assert_array_equal(doubled, 2 * IMAGES[8:])
    np.testing.assert_array_equal(numbers, LABELS[8:])


# PyTensor adds up float32 in float64, which XLA does not have at this precision; and it
# finds no BLAS on most machines.
@pytest.mark.filterwarnings("ignore:Explicitly requested dtype float64")
@pytest.mark.filterwarnings("ignore:PyTensor could not link to a BLAS")
@pytest.mark.parametrize("mode", ENGINES)
def test_a_step_of_gradient_descent_by_index(mode):
    images, labels = shared_dataset(IMAGES, LABELS % 3)
    W = pytensor.shared(np.zeros((3, 3), np.float32), name="W")
    x, y, index = pt.matrix("x"), pt.ivector("y"), pt.iscalar("index")
    probabilities = softmax(x @ W, axis=1)
    cost = -pt.log(probabilities[pt.arange(5, dtype="int32"), y]).mean()
    givens = {x: minibatch(images, index, 5), y: minibatch(labels, index, 5)}
    updates = {W: W - pytensor.grad(cost, W)}
    with config.change_flags(warn_float64="ignore"):
        f = pytensor.function([index], cost, updates=updates, givens=givens, mode=mode)
    costs = [float(f(i)) for _ in range(20) for i in range(2)]
    assert costs[0] == pytest.approx(np.log(3), rel=1e-5)
    assert costs[-1] < costs[1]
    # By hand, from the first minibatch.
    W.set_value(np.zeros((3, 3), np.float32))
    f(0)
    slope = IMAGES[:5].T @ (1 / 3 - np.eye(3)[LABELS[:5] % 3]) / 5
    np.testing.assert_allclose(np.asarray(W.get_value()), -slope, atol=1e-6)


def test_beyond_the_end_is_an_error_in_c():
    index = pt.lscalar("index")
    f = pytensor.function([index], minibatch(shared_dataset(IMAGES), index, 4), mode="CVM")
    with pytest.raises(IndexError, match="out of bounds"):
        f(2)


@pytest.mark.parametrize("kind", ["int8", "uint8", "int64"])
def test_a_narrow_index_does_not_overflow(kind):
    images = shared_dataset(np.arange(400.0)[:, None])
    index = pt.scalar("index", dtype=kind)
    f = pytensor.function([index], minibatch(images, index, 50), mode=MODE)
    assert f(np.array(7, kind)).ravel().tolist() == list(range(350, 400))


def test_a_minibatch_of_more_axes_keeps_them():
    images = shared_dataset(np.zeros((6, 2, 3, 4)))
    index = pt.lscalar("index")
    f = pytensor.function([index], minibatch(images, index, 3), mode=MODE)
    assert f(1).shape == (3, 2, 3, 4)


def test_the_data_is_stored_in_floatx_and_labels_are_cast():
    images, labels = shared_dataset(IMAGES.astype(np.float64), LABELS.tolist())
    assert (images.name, images.dtype, labels.dtype) == ("images", "float32", "int32")
    (stored,) = labels.owner.inputs
    assert (stored.name, stored.dtype) == ("labels", "float32")
    np.testing.assert_array_equal(images.get_value(), IMAGES)
    np.testing.assert_array_equal(labels.eval(mode=MODE), LABELS)
    with config.change_flags(**FLOAT64):
        images, labels = shared_dataset(IMAGES, LABELS)
        assert (images.dtype, labels.owner.inputs[0].dtype) == ("float64", "float64")


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float64"])
def test_numbers_of_any_kind_are_cast_and_not_scaled(dtype):
    images, labels = shared_dataset(np.ones((2, 3), dtype), np.ones(2, dtype))
    np.testing.assert_array_equal(images.get_value(), np.ones((2, 3)))
    assert labels.eval(mode=MODE).tolist() == [1, 1]


def test_memory_is_shared_only_if_borrowed():
    array = IMAGES.copy()
    copied, borrowed = shared_dataset(array), shared_dataset(array, borrow=True)
    array[:] = 0
    np.testing.assert_array_equal(copied.get_value(), IMAGES)
    np.testing.assert_array_equal(borrowed.get_value(), array)
    assert np.shares_memory(borrowed.get_value(borrow=True), array)
    for other in (array.astype(np.float64), np.asfortranarray(array)):
        stored = shared_dataset(other, borrow=True).get_value(borrow=True)
        assert stored.flags.c_contiguous
        assert not np.shares_memory(stored, other)


@pytest.mark.parametrize(
    ("images", "labels", "text"),
    [
        (3.0, None, r"images have shape \(\); expected rows, such as \(n, 784\)"),
        (np.zeros((0, 3)), None, r"images have shape \(0, 3\); expected rows"),
        ([["a"]], None, "images have dtype <U1; expected numbers"),
        (np.array([[None]]), None, "images have dtype object"),
        (np.zeros((2, 2), complex), None, "images have dtype complex128"),
        ([[np.nan]], None, "images have NaN, infinity or numbers that float32 cannot represent;"),
        ([[1e300]], None, "images have NaN, infinity or numbers that float32"),
        (IMAGES, LABELS[:9], r"labels have shape \(9,\); expected \(10,\), one label for each"),
        (IMAGES, np.eye(10), r"labels have shape \(10, 10\); expected \(10,\)"),
        (IMAGES, 1, r"labels have shape \(\); expected"),
        (IMAGES, list("0123456789"), "labels have dtype <U1; expected integers"),
        (IMAGES, LABELS / 2, r"labels have 2\.5; expected integers that both int32 and float32"),
        (IMAGES, LABELS + 2**24, r"labels have 167772\d\d; expected integers"),
        (IMAGES, LABELS + 2**40, "labels have 1099511627.*Number the classes from 0"),
        (IMAGES, [*LABELS[:9], np.nan], "labels have NaN, infinity"),
    ],
)
def test_what_is_no_data_is_refused(images, labels, text):
    with pytest.raises(ValueError, match=f"^{text}"):
        shared_dataset(images, labels)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((IMAGES, 0, 4), r"data is array\((.|\n)*expected a symbolic array of rows, such as"),
        ((pt.scalar("x"), 0, 4), "data is x; expected a symbolic array of rows"),
        ((pt.matrix("x"), 0, 0), "batch_size is 0; expected an integer of at least 1"),
        ((pt.matrix("x"), 0, 2.0), r"batch_size is 2\.0; expected an integer"),
        ((pt.matrix("x"), -1, 4), "index is -1; expected an integer of at least 0, or a symb"),
        ((pt.matrix("x"), True, 4), "index is True; expected an integer"),
        ((pt.matrix("x"), 1.0, 4), r"index is 1\.0; expected an integer"),
        ((pt.matrix("x"), pt.scalar("i"), 4), "index is i of .*; expected an integer scalar"),
        ((pt.matrix("x"), pt.lvector("i"), 4), "index is i of .*; expected an integer scalar"),
    ],
)
def test_what_is_no_minibatch_is_refused(arguments, text):
    with pytest.raises(ValueError, match=f"^{text}"):
        minibatch(*arguments)


def test_minibatches_are_counted_whole():
    assert [n_minibatches(n, 4) for n in (4, 7, 8, 9)] == [1, 1, 2, 2]
    assert n_minibatches(np.int64(50_000), np.int32(20)) == 2500


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((3, 4), "n_rows is 3, fewer than one minibatch of 4; make batch_size at most 3"),
        ((0, 4), "n_rows is 0; expected an integer of at least 1"),
        ((10, 0), "batch_size is 0; expected an integer of at least 1"),
        ((10.0, 2), r"n_rows is 10\.0; expected an integer"),
    ],
)
def test_what_cannot_be_counted_is_refused(arguments, text):
    with pytest.raises(ValueError, match=f"^{text}"):
        n_minibatches(*arguments)
