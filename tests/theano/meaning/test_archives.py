"""Archives of arrays and variables: theano.misc.pkl_utils."""

import io
import pickle
import zipfile

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.misc import pkl_utils

W = np.arange(6.0).reshape(2, 3)
B = np.array([1, 2, 3], dtype="int8")


def saved(path, obj, **options):
    with path.open("wb") as file:
        pkl_utils.dump(obj, file, **options)
    return path


def loaded(path, **options):
    with path.open("rb") as file:
        return pkl_utils.load(file, **options)


def test_shared_variables_are_arrays_that_numpy_reads(tmp_path):
    weights, bias = theano.shared(W, "weights"), theano.shared(B, "bias")
    path = saved(tmp_path / "model.zip", {"layer": [weights, bias], "rate": 0.5})
    with np.load(path, allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["weights"], W)
        np.testing.assert_array_equal(arrays["bias"], B)
        assert arrays["bias"].dtype == "int8"
    restored = loaded(path)
    assert [v.name for v in restored["layer"]] == ["weights", "bias"]
    np.testing.assert_array_equal(restored["layer"][0].get_value(), W)
    assert restored["rate"] == 0.5


@pytest.mark.parametrize("protocol", [0, 2, pickle.HIGHEST_PROTOCOL])
def test_an_array_that_occurs_twice_is_stored_once(tmp_path, protocol):
    path = saved(tmp_path / "twice.zip", [W, B, W], protocol=protocol)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["array_0", "array_1", "pkl"]
    first, other, again = loaded(path)
    assert first is again
    np.testing.assert_array_equal(first, W)
    np.testing.assert_array_equal(other, B)


def test_names_that_occur_twice_are_numbered_and_missing_names_counted(tmp_path):
    variables = [theano.shared(value, name) for value, name in [(W, "w"), (B, "w"), (W + 1, None)]]
    path = saved(tmp_path / "names.zip", variables)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["w", "w_2", "array_0", "pkl"]
    for variable, value in zip(loaded(path), (W, B, W + 1), strict=True):
        np.testing.assert_array_equal(variable.get_value(), value)


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (["pkl"], {}, "can't pickle shared variable with name `pkl`"),
        ([None], {"allow_unnamed": False}, "unnamed shared variable"),
        (
            ["w", "w"],
            {"allow_duplicates": False},
            "multiple shared variables with the name `w` found",
        ),
    ],
)
def test_names_that_are_refused(names, options, message):
    variables = [theano.shared(W + i, name) for i, name in enumerate(names)]
    with pytest.raises(ValueError, match=message):
        pkl_utils.dump(
            variables,
            io.BytesIO(),
            persistent_id=lambda file: pkl_utils.PersistentSharedVariableID(file, **options),
        )


def test_arrays_only_are_named_by_number(tmp_path):
    path = saved(
        tmp_path / "plain.zip",
        theano.shared(W, "w"),
        persistent_id=pkl_utils.PersistentNdarrayID,
    )
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["array_0", "pkl"]
    np.testing.assert_array_equal(loaded(path).get_value(), W)


def test_an_array_from_a_gpu_becomes_an_array_of_numpy(tmp_path):
    # Theano wrote the name of the GPU's context before the array.
    path = tmp_path / "gpu.zip"
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("w", "w") as file:
            pickle.dump(None, file, 2)
            np.lib.format.write_array(file, W)
        pickled = io.BytesIO()
        pickler = pickle.Pickler(pickled, 2)
        pickler.persistent_id = lambda obj: "gpuarray.w" if obj is W else None
        pickler.dump({"w": W})
        archive.writestr("pkl", pickled.getvalue())
    value = loaded(path)["w"]
    assert type(value) is np.ndarray
    np.testing.assert_array_equal(value, W)


# What pickle.dumps wrote in Python 2.7 with protocol 2 for {"caf\xe9": 1}.
BY_PYTHON_2 = b"\x80\x02}q\x00U\x04caf\xe9q\x01K\x01s."


@pytest.mark.parametrize(("encoding", "key"), [("latin1", "café"), ("bytes", b"caf\xe9")])
def test_text_of_python_2_has_an_encoding(tmp_path, encoding, key):
    path = tmp_path / "text.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pkl", BY_PYTHON_2)
    assert loaded(path, encoding=encoding) == {key: 1}
    assert pkl_utils.CompatUnpickler(io.BytesIO(BY_PYTHON_2), encoding=encoding).load() == {key: 1}


def test_text_of_python_2_is_latin_by_default():
    assert pkl_utils.CompatUnpickler(io.BytesIO(BY_PYTHON_2)).load() == {"café": 1}


@pytest.mark.parametrize(
    ("extra", "left"),
    [(None, {"note", "n"}), ("note", {"n"}), (["note", "n"], set()), (("n",), {"note"})],
)
def test_tags_that_a_pickle_does_not_keep(extra, left):
    x = T.dvector("x")
    x.tag.trace, x.tag.test_value, x.tag.note, x.tag.n = ["line 1"], W[0], "kept", 1
    file = io.BytesIO()
    pkl_utils.StripPickler(file, protocol=2, extra_tag_to_remove=extra).dump(x)
    tags = pickle.loads(file.getvalue()).tag
    assert {name for name in ("trace", "test_value", "note", "n") if hasattr(tags, name)} == left
