"""Calls and assignments that NumPy 1 accepted."""

import pickle

import numpy as np
import pytest

from autoenc.theano.modernise import arrays, calls, runtime
from autoenc.theano.modernise.calls import called, method
from tests.theano.modernise.test_source import run


@pytest.mark.parametrize(
    "expression",
    [
        "np.zeros((n / 2, 3)).shape",
        "np.ones(shape=[n / 2, 3]).shape",
        "np.full((n / 2, 3), 1.0).shape",
        "np.arange(12).reshape(n / 2, 3).shape",
        "np.arange(12).reshape((n / 2, 3.0)).shape",
        "np.reshape(np.arange(12), (n / 2, 3), 'F').shape",
        "np.random.randn(n / 2, 3).shape",
        "np.random.RandomState(0).uniform(-1.0, 1.0, size=(n / 2, np.float64(3))).shape",
        "np.random.normal(0, 0.1, (n / 2, 3)).shape",
        "rand(n / 2, 3).shape",
        "(np.random.permutation(n / 2).size, 3)",
        "(np.random.multinomial(np.array([4.0]), [0.5, 0.5]).sum(), 3)",
    ],
)
def test_floats_are_lengths(expression):
    names = run(f"import numpy as np\nfrom numpy.random import rand\nn = 8\nfound = {expression}")
    assert names["found"] == (4, 3)


def test_values_keep_their_dtype_beside_lengths():
    assert called(np.full, (2.0,), 1.0).dtype == "float64"
    assert called(np.zeros, 2.5).shape == (2,)
    with pytest.raises(TypeError, match="integer"):
        called(np.zeros, "2")


@pytest.mark.parametrize("make", [np.array, np.asarray])
def test_ragged_lists_become_arrays_of_objects(make):
    ragged = called(make, [[1, 2], [3]])
    assert ragged.dtype == object
    assert ragged.tolist() == [[1, 2], [3]]
    assert called(make, [np.ones(3), np.ones((2, 2))]).shape == (2,)
    with pytest.raises(ValueError, match="inhomogeneous"):
        called(make, [[1, 2], [3]], "float64")


def test_integers_out_of_range_wrap_around():
    assert called(np.array, [-1, 256, 3], dtype="uint8").tolist() == [255, 0, 3]
    assert called(np.asarray, [200], "int8").tolist() == [-56]


@pytest.mark.parametrize("lazy", [map(abs, [1, -2]), zip([1], [2], strict=True), {1: 2}.items()])
def test_lazy_sequences_are_lists(lazy):
    expected = {map: [1, 2]}.get(type(lazy), [[1, 2]])
    assert called(np.array, lazy).tolist() == expected


@pytest.mark.parametrize("round_", [np.floor, np.ceil, np.trunc, np.fix])
@pytest.mark.parametrize(
    ("number", "dtype"),
    [
        (3, "float64"),
        (np.int8(3), "float16"),
        ([1, 2], "float64"),
        (np.ones(2, "int16"), "float32"),
    ],
)
def test_rounded_integers_are_floats(round_, number, dtype):
    # Each was printed by NumPy 1.21.
    found = called(round_, number)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, number)
    assert called(round_, -2.5) == round_(-2.5)


def test_generators_are_stacked_and_added():
    assert called(np.vstack, (np.ones(2) for _ in range(3))).shape == (3, 2)
    assert called(np.concatenate, map(np.ones, [1, 2])).shape == (3,)
    assert called(np.sum, (i for i in range(4))) == 6
    assert called(np.ones(3).sum) == 3


def test_arrays_of_objects_are_loaded(tmp_path):
    path = tmp_path / "words.npy"
    np.save(path, np.array([{"a": 1}, [2]], dtype=object))
    assert called(np.load, path).tolist() == [{"a": 1}, [2]]
    with pytest.raises(ValueError, match="allow_pickle"):
        called(np.load, path, allow_pickle=False)
    assert called(pickle.loads, pickle.dumps([1])) == [1]


def test_bytes_are_read_as_an_array():
    found = called(np.fromstring, b"\x01\x02\x03", np.uint8, 2)
    found += 1
    assert found.tolist() == [2, 3]
    assert called(np.fromstring, "1 2", dtype=int, sep=" ").tolist() == [1, 2]


def test_normed_histograms():
    heights, _ = called(np.histogram, [1, 1, 2, 2], bins=2, normed=True)
    assert heights.tolist() == [1, 1]


def test_methods_of_arrays():
    array = np.arange(3, dtype="<i2")
    assert method(array, "tostring") == array.tobytes()
    assert method(array, "ptp") == 2
    assert method(array, "newbyteorder").tolist() == [0, 256, 512]
    method(array, "itemset", 1, 7)
    assert array.tolist() == [0, 7, 2]
    square = np.zeros((2, 2))
    method(square, "itemset", (0, 1), 5)
    method(square, "itemset", 1, 0, 6)
    assert square.tolist() == [[0, 5], [6, 0]]


def test_methods_of_other_objects_are_theirs():
    class Kept:
        def ptp(self, more):
            return more

    assert method(Kept(), "ptp", more=2) == 2
    with pytest.raises(AttributeError, match="tostring"):
        method(object(), "tostring")


def test_arrays_of_one_entry_are_assigned_to_numbers():
    names = run(
        "import numpy as np\n"
        "costs = np.zeros(4)\n"
        "costs[0] = np.ones(1)\n"
        "costs[1] = np.ones((1, 1)) * 2\n"
        "costs[2] += np.ones(1)\n"
        "costs[3:] = np.array([5])\n"
        "kept = {}\n"
        "kept['a'] = np.ones(1)\n"
        "from collections import defaultdict\n"
        "numbers = defaultdict(list)\n"
        "numbers['a'] = len(numbers)\n"
        "nested = defaultdict(dict)\n"
        "nested['a']['b'] = len(nested)\n"
    )
    assert names["costs"].tolist() == [1, 2, 1, 5]
    assert names["kept"]["a"].shape == (1,)
    assert names["numbers"]["a"] == 0
    assert names["nested"]["a"]["b"] == 0


def test_arrays_of_different_shapes_are_not_equal():
    assert runtime.equal(np.ones(2), np.ones(3)) is False
    assert runtime.not_equal(np.ones(2), np.ones(3)) is True
    assert runtime.equal(np.ones(2), np.ones((3, 1))).shape == (3, 2)


@pytest.mark.parametrize("number", [np.float64(2), np.float32(2), 2.0])
def test_numbers_of_numpy_are_indices(number):
    assert type(runtime.index(number)) is int
    assert type(runtime.index((0, number))[1]) is int


def test_yaml_is_loaded_without_a_loader():
    yaml = pytest.importorskip("yaml")
    assert called(yaml.load, "a: [1, 2]") == {"a": [1, 2]}


def test_types_of_results():
    names = run(
        "import numpy as np\n"
        "from autoenc.theano.results import guarded\n"
        "cost = guarded(np.array(2.0))\n"
        "kinds = type(cost) is np.ndarray, type(cost) == np.ndarray, type(2) is int\n"
        "Own = type('Own', (), {})\n"
    )
    assert names["kinds"] == (True, True, True)
    assert names["Own"]().__class__.__name__ == "Own"


def test_removed_names():
    added = arrays._old_names()
    with pytest.warns(PendingDeprecationWarning):
        assert added["mat"]([[1, 2]]).shape == (1, 2)
    assert added["obj2sctype"]("f4") is added["obj2sctype"](np.float32(1)) is np.float32
    assert added["maximum_sctype"](np.float32) is np.longdouble
    assert added["issubsctype"]("int8", np.integer)
    assert added["alen"]([1, 2]) == 2
    assert added["MachAr"]().eps == np.finfo("float64").eps


def test_every_name_is_called_or_a_method():
    assert not calls.NAMES & set(calls.METHODS)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("np.max([np.array([1.0]), 3])", 3),
        ("np.min([np.array([1.0]), 3])", 1),
        ("np.mean([np.array([1.0]), 3.0])", 2),
        ("np.sum([np.array([1.0]), 3])", 4),
        ("np.max([[1, 2], [3, 4]], axis=0).tolist()", [3, 4]),
        ("np.ones((2, 3)).mean()", 1),
        ("max([1, 2])", 2),
    ],
)
def test_lists_of_arrays_and_numbers_are_reduced(expression, expected):
    assert run(f"import numpy as np\nfound = {expression}")["found"] == expected


def test_errors_of_reductions():
    with pytest.raises(ValueError, match="axis"):
        run("import numpy as np\nnp.mean(np.ones(3), axis=1)")
