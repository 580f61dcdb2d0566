"""Model files: what goes in comes out, and what is not one is refused."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import load_file, save_file

from autoenc.storage import ModelFileError, load_arrays, save_arrays

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
