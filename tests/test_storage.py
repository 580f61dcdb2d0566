"""Model files: contents are read back unchanged, and other files are refused."""

import json
import math
import re
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import load_file, save_file

from autoenc import storage
from autoenc.storage import ModelFileError, load_arrays, save_arrays
from torture.formats import same
from torture.promises import MODELS

dtypes = st.sampled_from(["float32", "float64", "int64", "uint8"])
any_array = dtypes.flatmap(lambda d: arrays.arrays(d, arrays.array_shapes(min_dims=0, min_side=0)))
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(array=any_array, settings=st.dictionaries(st.text(), plain))
def test_round_trip(tmp_path_factory, array, settings):
    path = tmp_path_factory.mktemp("models") / "model.safetensors"
    save_arrays(path, {"W": array}, settings)
    loaded, stored = load_arrays(path)
    assert stored == settings
    assert loaded["W"].dtype == array.dtype
    assert loaded["W"].shape == array.shape
    np.testing.assert_array_equal(loaded["W"], array)


def test_fortran_order_is_stored_as_it_looks(tmp_path):
    W = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    save_arrays(tmp_path / "m", {"W": W}, {})
    np.testing.assert_array_equal(load_arrays(tmp_path / "m")[0]["W"], W)


def test_other_tools_can_open_it(tmp_path):
    save_arrays(tmp_path / "m.safetensors", {"W": np.eye(3)}, {})
    np.testing.assert_array_equal(load_file(tmp_path / "m.safetensors")["W"], np.eye(3))


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no model file at"):
        load_arrays(tmp_path / "nothing")


@pytest.mark.parametrize("content", [b"", b"junk", b"\xff" * 64, b"\x00" * 8])
def test_damaged_files(tmp_path, content):
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"damaged\.safetensors is not a model file, or is"):
        load_arrays(path)


def test_truncated_files(tmp_path):
    path = tmp_path / "model.safetensors"
    save_arrays(path, {"W": np.eye(3)}, {"n_hidden": 3})
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError, match=r"model\.safetensors"):
            load_arrays(path)


def test_safetensors_of_somebody_else(tmp_path):
    save_file({"W": np.eye(3)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelFileError, match="not a model of autoenc"):
        load_arrays(tmp_path / "other.safetensors")


@pytest.mark.parametrize("settings", ["{", json.dumps([1])])
def test_damaged_settings(tmp_path, settings):
    save_file({"W": np.eye(3)}, tmp_path / "m", metadata={"autoenc": settings})
    with pytest.raises(ModelFileError, match=r"the settings in .* are damaged"):
        load_arrays(tmp_path / "m")


def test_settings_that_json_cannot_hold_leave_the_old_file(tmp_path):
    save_arrays(tmp_path / "m", {"W": np.eye(3)}, {"n_hidden": 3})
    with pytest.raises(TypeError):
        save_arrays(tmp_path / "m", {"W": np.eye(3)}, {"n_hidden": object()})
    assert load_arrays(tmp_path / "m")[1] == {"n_hidden": 3}


def content_of(arrays, settings, folder):
    path = folder / "content.safetensors"
    save_arrays(path, arrays, settings)
    return path.read_bytes()


MODEL = {"W": np.arange(6, dtype="float32").reshape(2, 3), "b": np.array([0.5, np.nan])}


def test_any_flipped_bit_is_noticed(tmp_path):
    content = content_of(MODEL, {"n_hidden": 3, "name": 'é"'}, tmp_path)
    path = tmp_path / "flipped.safetensors"
    for position in range(len(content)):
        for bit in (position % 8, 5):
            flipped = bytearray(content)
            flipped[position] ^= 1 << bit
            path.write_bytes(flipped)
            with pytest.raises(ModelFileError, match=r"flipped\.safetensors"):
                load_arrays(path)


def test_the_bytes_are_the_same_in_another_process(tmp_path):
    path = tmp_path / "again.safetensors"
    code = (
        "import sys, numpy as np; from autoenc.storage import save_arrays; "
        "save_arrays(sys.argv[1], {'W': np.eye(3), 'b': np.ones(2)}, {'n': 1, 'c': [0.5]})"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    here = content_of({"b": np.ones(2), "W": np.eye(3)}, {"n": 1, "c": [0.5]}, tmp_path)
    assert path.read_bytes() == here


def test_files_from_before_there_were_checksums_are_read(tmp_path):
    save_file(MODEL, tmp_path / "m", metadata={"autoenc": '{"n_hidden": 3}'})
    arrays, settings = load_arrays(tmp_path / "m")
    assert settings == {"n_hidden": 3}
    np.testing.assert_array_equal(arrays["W"], MODEL["W"])


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "i2", "i8", "u4", "?"])
def test_any_byte_order_is_stored_as_the_numbers_are(kind, order, tmp_path):
    array = np.arange(6).astype(order + kind).reshape(2, 3)[:, ::-1]
    save_arrays(tmp_path / "m", {"a": array}, {})
    loaded = load_arrays(tmp_path / "m")[0]["a"]
    assert loaded.dtype == kind
    assert loaded.dtype.isnative
    assert loaded.flags.writeable
    np.testing.assert_array_equal(loaded, array)


@pytest.mark.parametrize("kind", ["O", "U3", "S3", "M8[s]", "c8", "c16", "longdouble", "f4,i4"])
def test_other_dtypes_are_refused_by_name(kind, tmp_path):
    array = np.zeros(2, dtype=kind)
    expected = re.escape(f"the array 'a' has dtype {array.dtype}, but")
    with pytest.raises(TypeError, match=expected):
        save_arrays(tmp_path / "m", {"a": array}, {})
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("name", "error"), [("__metadata__", ValueError), ("\ud800", ValueError), (3, TypeError)]
)
def test_names_that_a_file_cannot_hold_are_refused(name, error, tmp_path):
    with pytest.raises(error, match="array"):
        save_arrays(tmp_path / "m", {name: np.eye(2)}, {})


@pytest.mark.parametrize("key", [1, None, True, (1, 2), 0.5])
@pytest.mark.parametrize("place", [lambda key: {key: 1}, lambda key: {"a": [({"b": {key: 1}},)]}])
def test_keys_that_json_would_make_strings_of_are_refused(key, place, tmp_path):
    with pytest.raises(TypeError, match=r"the settings have the key .*, but JSON has only"):
        save_arrays(tmp_path / "m", {}, place(key))


def test_what_is_not_finite_comes_back(tmp_path):
    settings = {"cost": [math.nan, math.inf, -math.inf, -0.0, 5e-324]}
    array = np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324])
    save_arrays(tmp_path / "m", {"a": array}, settings)
    arrays, read = load_arrays(tmp_path / "m")
    assert arrays["a"].tobytes() == array.tobytes()
    assert str(read) == str(settings)


def test_more_settings_than_can_be_read_are_not_written(tmp_path, monkeypatch):
    save_arrays(tmp_path / "m", {}, {"n": 1})
    monkeypatch.setattr(storage, "MAX_VALUES", 1000)
    with pytest.raises(ValueError, match="more than the 1000 values"):
        save_arrays(tmp_path / "m", {}, {"history": [0] * 1001})
    monkeypatch.setattr(storage, "MAX_ARRAYS", 3)
    with pytest.raises(ValueError, match="4 arrays are more than the 3"):
        save_arrays(tmp_path / "m", {str(i): np.eye(1) for i in range(4)}, {})
    assert load_arrays(tmp_path / "m")[1] == {"n": 1}


def test_a_long_history_has_room(tmp_path):
    record = {"epoch": 1, "cost": 0.5, "seconds": 0.1, "rows_per_second": 1e5, "valid_cost": 0.5}
    settings = {"history": [record] * 100_000}
    save_arrays(tmp_path / "m", {}, settings)
    assert load_arrays(tmp_path / "m")[1] == settings


def test_as_many_arrays_as_allowed_have_room(tmp_path):
    arrays = {f"layer {i}": np.zeros((1, 2, 3, 0)) for i in range(storage.MAX_ARRAYS)}
    save_arrays(tmp_path / "m", arrays, {})
    assert load_arrays(tmp_path / "m")[0].keys() == arrays.keys()


@pytest.mark.parametrize("name", MODELS)
def test_headers_that_promise_too_much_cost_nothing(name, tmp_path):
    path = tmp_path / "promise.safetensors"
    path.write_bytes(MODELS[name])
    tracemalloc.start()
    with pytest.raises(ModelFileError, match=r"promise\.safetensors"):
        load_arrays(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000_000 + len(MODELS[name])


@given(
    arrays=st.dictionaries(st.text(), any_array, max_size=5),
    settings=st.dictionaries(st.text(), plain),
)
def test_any_arrays_and_settings_come_back(tmp_path_factory, arrays, settings):
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    arrays.pop("__metadata__", None)
    save_arrays(path, arrays, settings)
    loaded, stored = load_arrays(path)
    assert stored == settings
    assert loaded.keys() == arrays.keys()
    assert all(same(loaded[name], arrays[name]) for name in arrays)
    # Safetensors' own reader is another.
    assert all(same(array, arrays[name]) for name, array in load_file(path).items())


def test_an_array_that_is_there_twice_is_refused(tmp_path):
    (tmp_path / "m").write_bytes(MODELS["an array twice"])
    with pytest.raises(ModelFileError, match="its header has 'W' twice"):
        load_arrays(tmp_path / "m")
