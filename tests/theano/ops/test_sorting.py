"""Equal entries are sorted as NumPy 1.21 sorted them."""

import hashlib

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc.theano.modernise.source import modernise
from autoenc.theano.ops.sorting import argsort
from tests.theano.quick import function

# Of 200 random integers below 10, by NumPy 1.21.6 without a keyword.
DIGEST = "17be31d058d010edd53146830bbdadf6"


def entries(dtype):
    return np.random.RandomState(0).randint(10, size=200).astype(dtype)


def digest(indices):
    return hashlib.md5(np.asarray(indices, "int64").tobytes()).hexdigest()


@pytest.mark.parametrize("dtype", ["int32", "int64", "float32", "float64"])
def test_equal_entries_are_in_the_order_of_numpy_1(dtype):
    x = T.TensorType(dtype, (False,))()
    assert digest(argsort(entries(dtype))) == DIGEST
    assert digest(function([x], T.argsort(x))(entries(dtype))) == DIGEST


@pytest.mark.parametrize("call", ["a.argsort()", "np.argsort(a)", "a.argsort(-1, 'quicksort')"])
def test_scripts_see_that_order(call, monkeypatch):
    from autoenc.theano.modernise import arrays

    monkeypatch.setattr(np, "argsort", arrays._as_in_numpy1(np.argsort))
    names = {"a": entries("float64"), "np": np}
    exec(compile(modernise(f"order = {call}").tree, "<script>", "exec"), names)
    assert digest(names["order"]) == DIGEST


@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_along_an_axis(axis, rng):
    x = rng.integers(3, size=(20, 30)).astype(float)
    order = argsort(x, axis)
    expected = np.sort(x, axis)
    found = x.ravel()[order] if axis is None else np.take_along_axis(x, order, axis)
    np.testing.assert_array_equal(found, expected)
    v = T.dmatrix()
    np.testing.assert_array_equal(function([v], T.argsort(v, axis))(x), order)


def test_what_needs_no_particular_order(rng):
    x = rng.normal(size=50)
    np.testing.assert_array_equal(argsort(x), np.argsort(x))
    x[::7] = np.nan
    assert np.isnan(x[argsort(x)][-8:]).all()
    assert argsort(["b", "a"]).tolist() == [1, 0]
    assert argsort(3.0).tolist() == [0]


def test_other_algorithms_are_those_asked_for():
    x = T.dvector()
    for kind in ("mergesort", "stable"):
        order = function([x], T.argsort(x, kind=kind))(entries("float64"))
        np.testing.assert_array_equal(order, np.argsort(entries("float64"), kind="stable"))
    order = function([x], T.argsort(x, kind="heapsort"))(entries("float64"))
    np.testing.assert_array_equal(order, np.argsort(entries("float64"), kind="heapsort"))
