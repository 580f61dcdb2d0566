"""Indices are those of NumPy 1, and of Theano where a variable is indexed."""

from __future__ import annotations

import numpy as np
import pytest

from autoenc.theano.modernise.indices1 import index
from autoenc.theano.modernise.source import modernise

LISTS = {
    # Each was printed by NumPy 1.21, for np.arange(12).reshape(3, 4).
    "[np.array([0, 1]), np.array([1, 2])]": [1, 6],
    "[[0, 1], [1, 2]]": [1, 6],
    "[(0, 1), (1, 2)]": [1, 6],
    "[0, np.array([1, 2])]": [1, 2],
    "[np.array(0), np.array(1)]": 1,
    "[0, np.array([True, False, True, False])]": [0, 2],
    "[np.array([True, False, True])]": [[0, 1, 2, 3], [8, 9, 10, 11]],
    "[range(2), range(2)]": [0, 5],
    "[0, 1]": [[0, 1, 2, 3], [4, 5, 6, 7]],
}


def run(source: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(compile(modernise(source).tree, "script.py", "exec"), names)
    return names


@pytest.mark.parametrize(("written", "expected"), LISTS.items())
def test_a_list_of_arrays_is_a_tuple(written, expected):
    names = run(
        "import numpy as np\n"
        "a = np.arange(12).reshape(3, 4)\n"
        f"found, also = a[{written}], (a + 0)[{written}]\n"
        "b = a.copy()\n"
        f"b[{written}] = -1\n"
        f"a[{written}] += 100\n"
    )
    for name in ("found", "also"):
        np.testing.assert_array_equal(names[name], expected)
    written_to = np.isin(np.arange(12).reshape(3, 4), expected)
    np.testing.assert_array_equal(names["b"] == -1, written_to)
    np.testing.assert_array_equal(names["a"] >= 100, written_to)


def test_a_list_of_lists_is_one_index_of_a_variable():
    # Theano 1.0.5 returned an array of shape (2, 2, 4).
    names = run(
        "import numpy as np\n"
        "import autoenc.theano.tensor as T\n"
        "x = T.constant(np.arange(12).reshape(3, 4))\n"
        "found = x[[[0, 1], [1, 2]]].eval()\n"
    )
    np.testing.assert_array_equal(names["found"], np.arange(12).reshape(3, 4)[[[0, 1], [1, 2]]])


def test_only_arrays_take_lists_for_tuples():
    class Kept:
        def __getitem__(self, given):
            return given

    assert index([[0], [1]], Kept()) == [[0], [1]]
    assert index([[0], [1]], np.zeros((2, 2))) == ([0], [1])


def test_names_of_fields_and_long_lists_stay_lists():
    assert index(["x", "y"]) == ["x", "y"]
    assert index([[0]] * 32) == [[0]] * 32
    assert index([[0]] * 31) == ([0],) * 31


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (1.0, 1),
        (1.5, 1.5),
        ((2.0, slice(1)), (2, slice(1))),
        ((slice(1.0, np.sqrt(9.0)), 0), (slice(1, 3), 0)),
        (slice(None, 2.0, -1.0), slice(None, 2, -1)),
        ([None, 0], (None, 0)),
        ([Ellipsis, [1]], (Ellipsis, [1])),
        ([0, 1], [0, 1]),
        ("key", "key"),
    ],
)
def test_indices_of_numpy_1(given, expected):
    found = index(given)
    assert found == expected
    assert type(found) is type(expected)
