"""The single-file reader: equal to autoenc, alone with NumPy, safe with any file."""

import json
import sys
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save as to_bytes

from autoenc import AutoEncoder, AutoEncoderDetector
from autoenc.export import copy_numpy_reader, numpy_reader
from autoenc.rows import DomainWarning
from autoenc.storage import load_arrays, save_arrays
from tests.analysis.test_access import error
from tests.export.alone import run_alone
from tests.export.conftest import KINDS


@pytest.fixture
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reader")


def saved(model, folder):
    model.save(folder / "model.safetensors")
    return folder / "model.safetensors"


@pytest.mark.parametrize("kind", KINDS)
def test_equal_to_autoenc(models, digits, folder, kind, monkeypatch):
    model, X = models[kind], digits.test.images[:100]
    monkeypatch.setattr(numpy_reader, "ROWS_AT_A_TIME", 30)
    read = numpy_reader.load(saved(model, folder))
    codes = model.transform(X)
    for result, expected in (
        (read.transform(X), codes),
        (read.inverse_transform(codes), model.inverse_transform(codes)),
        (read.reconstruct(X), model.reconstruct(X)),
    ):
        assert result.dtype == expected.dtype
        size = max(1, np.abs(expected).max())
        np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-6 * size)
    np.testing.assert_allclose(read.score_samples(X), model.score_samples(X), rtol=2e-6)


@pytest.mark.parametrize("kind", ["softmax", "perceptron", "stacked"])
def test_classifiers(classifiers, digits, folder, kind):
    model, X = classifiers[kind], digits.test.images[:100]
    read = numpy_reader.load(saved(model, folder))
    np.testing.assert_allclose(read.predict_proba(X), model.predict_proba(X), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(read.predict(X), model.predict(X))
    np.testing.assert_array_equal(read.classes_, model.classes_)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_detectors(rng, folder, dtype):
    X = rng.standard_t(2, size=(300, 4)) @ rng.normal(size=(4, 5)) + [0, 0, 1.7e9, 0, 0]
    X[rng.uniform(size=X.shape) < 0.1] = np.nan
    model = AutoEncoderDetector(
        missing="mask", n_updates=50, dtype=dtype, random_state=0, verbose=False
    ).fit(X)
    read, rows = numpy_reader.load(saved(model, folder)), np.vstack([X, 3 * X[:50]])
    rows = rows[~np.isnan(rows).all(axis=1)]
    tolerance = {"float32": 1e-3, "float64": 1e-9}[dtype]
    for method in ("score_samples", "contributions"):
        result, expected = getattr(read, method)(rows), getattr(model, method)(rows)
        assert result.dtype == expected.dtype
        np.testing.assert_allclose(result, expected, rtol=0, atol=tolerance)
    np.testing.assert_allclose(read.p_values(rows), model.p_values(rows), rtol=0, atol=0.01)
    assert np.isnan(read.p_values(np.full((1, 5), np.nan))).all()
    with pytest.raises(ValueError, match=r"rows have shape .*; expected \(rows, 5\)"):
        read.score_samples(rows[:, :4])


def test_copied_alone_it_runs_where_there_is_only_numpy(models, classifiers, digits, folder):
    alone = folder / "alone"
    copy = copy_numpy_reader(alone)
    assert copy == alone / "numpy_reader.py"
    X = digits.test.images[:50]
    np.save(folder / "X.npy", X)
    path = saved(models["stack"], folder)
    classifiers["perceptron"].save(folder / "classifier.safetensors")
    code = """
import numpy as np, numpy_reader
rows, autoencoder, classifier, results = sys.argv[1:]
X = np.load(rows)
model, classifier = numpy_reader.load(autoencoder), numpy_reader.load(classifier)
np.savez(results, codes=model.transform(X), z=model.reconstruct(X),
         scores=model.score_samples(X), p=classifier.predict_proba(X))
"""
    files = (folder / name for name in ("X.npy", path.name, "classifier.safetensors", "r.npz"))
    assert run_alone(alone, code, *files) == ["numpy", "numpy_reader"]
    results = np.load(folder / "r.npz")
    model = models["stack"]
    np.testing.assert_allclose(results["codes"], model.transform(X), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(results["z"], model.reconstruct(X), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(results["scores"], error(model, X), rtol=1e-5)
    expected = classifiers["perceptron"].predict_proba(X)
    np.testing.assert_allclose(results["p"], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("cost", ["cross_entropy", "squared_error"])
def test_what_is_missing_is_left_out(rng, folder, cost):
    X = rng.uniform(size=(60, 5))
    X[rng.uniform(size=X.shape) < 0.3] = np.nan
    X[7] = np.nan
    model = AutoEncoder(
        3, cost=cost, missing="mask", n_epochs=2, random_state=0, verbose=False
    ).fit(X)
    read = numpy_reader.load(saved(model, folder))
    for name in ("transform", "reconstruct"):
        np.testing.assert_allclose(
            getattr(read, name)(X), getattr(model, name)(X), rtol=2e-6, atol=1e-6
        )
    with pytest.warns(DomainWarning, match="of 60 rows have no observed value"):
        scores = model.score_samples(X)
    np.testing.assert_allclose(read.score_samples(X), scores, rtol=2e-6, atol=1e-6)
    assert np.isnan(read.score_samples(X)[7])
    with pytest.raises(ValueError, match="rows have NaN or infinity"):
        read.transform(np.full((1, 5), np.inf))


def test_a_copy_imports_nothing_but_numpy_and_the_standard_library(tmp_path):
    source = copy_numpy_reader(tmp_path).read_text(encoding="utf-8")
    lines = [line for line in source.splitlines() if line.startswith(("import ", "from "))]
    roots = {line.split()[1].partition(".")[0] for line in lines}
    assert roots - sys.stdlib_module_names == {"numpy"}


def test_functions_need_autoenc(rng, folder):
    model = AutoEncoder(
        2, activation=abs, cost="squared_error", n_epochs=1, random_state=0, verbose=False
    ).fit(rng.uniform(size=(20, 3)))
    with pytest.raises(numpy_reader.ModelFileError, match=r"has the function builtins\.abs as"):
        numpy_reader.load(saved(model, folder))


def test_rows_are_checked(models, digits, folder):
    read = numpy_reader.load(saved(models["tied"], folder))
    for wrong in (digits.test.images[0], digits.test.images[:, :5]):
        with pytest.raises(ValueError, match=r"rows have shape .*; expected \(rows, 784\)"):
            read.transform(wrong)
    with pytest.raises(
        ValueError, match=r"rows have values from 0\.0 to 25.*; the model was fitted on"
    ):
        read.transform(255 * digits.test.images[:5])
    with pytest.raises(ValueError, match="rows have NaN or infinity"):
        read.score_samples(np.full((1, 784), np.nan))
    assert read.transform(np.empty((0, 784))).shape == (0, 30)


@pytest.mark.parametrize("value", [-0.5, 1.25, 100.5])
def test_a_little_outside_the_unit_interval_there_are_codes_and_no_errors(
    models, digits, folder, value
):
    model, X = models["tied"], digits.test.images[:3].copy()
    X[1, 5] = value
    read = numpy_reader.load(saved(model, folder))
    for name in ("transform", "reconstruct"):
        with pytest.warns(UserWarning, match="outside") as ours:
            expected = getattr(model, name)(X)
        with pytest.warns(UserWarning, match=rf"rows have values from .*{value}") as found:
            result = getattr(read, name)(X)
        assert (len(ours), len(found)) == (1, 1)
        assert found[0].filename == __file__
        np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)
    for either in (model, read):
        with pytest.raises(ValueError, match=r"\[0, 1\]"):
            either.score_samples(X)


@pytest.mark.parametrize("value", [-100.0, 101.0])
def test_far_outside_the_unit_interval_is_a_mistake(models, digits, folder, value):
    model, X = models["tied"], digits.test.images[:3].copy()
    X[1, 5] = value
    for either in (model, numpy_reader.load(saved(model, folder))):
        with pytest.raises(ValueError, match=r"\[0, 1\]"):
            either.transform(X)


@pytest.mark.parametrize("value", [-9e-7, 1 + 9e-7])
def test_rounding_is_not_outside_the_unit_interval(models, digits, folder, value):
    model, X = models["tied"], digits.test.images[:3].copy()
    X[1, 5] = value
    read = numpy_reader.load(saved(model, folder))
    np.testing.assert_allclose(read.score_samples(X), model.score_samples(X), rtol=2e-6)
    np.testing.assert_allclose(read.transform(X), model.transform(X), atol=1e-6)


def test_real_values_are_no_mistake_under_squared_error(models, digits, folder):
    model, X = models["tanh"], digits.test.images[:5] - 1
    read = numpy_reader.load(saved(model, folder))
    np.testing.assert_allclose(read.score_samples(X), model.score_samples(X), rtol=1e-5)


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no model file at"):
        numpy_reader.load(tmp_path / "nothing")


SMALL = {
    "W": np.ones((3, 2), "float32"),
    "hidden_bias": np.ones(2, "float32"),
    "visible_bias": np.ones(3, "float32"),
}
DESCRIPTION = {
    "class": "AutoEncoder",
    "settings": {"n_hidden": 2, "activation": "sigmoid", "cost": "squared_error"},
    "fitted": {"n_features_in_": 3, "cost_": "squared_error", "output_": "sigmoid"},
}


def write(folder, arrays=SMALL, description=DESCRIPTION):
    save_arrays(folder / "m", arrays, description)
    return folder / "m"


def file_of(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


METADATA = {"autoenc": json.dumps(DESCRIPTION)}
ENTRY = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
HOSTILE = {
    "nothing": b"",
    "junk": b"junk",
    "a header of 2^60 bytes": (2**60).to_bytes(8, "little") + b"{}",
    "a header that is no JSON": file_of(b"not JSON"),
    "a header that is no text": file_of(b"\xff\xfe\xfd"),
    "a header that is a list": file_of([]),
    "a header of a hundred thousand brackets": file_of(b"[" * 100_000),
    "no metadata": file_of({}),
    "metadata that is a list": file_of({"__metadata__": []}),
    "another's metadata": file_of({"__metadata__": {"format": "pt"}}),
    "a description that is no JSON": file_of({"__metadata__": {"autoenc": "{"}}),
    "a description that is a number": file_of({"__metadata__": {"autoenc": "1"}}),
    "a description of many brackets": file_of({"__metadata__": {"autoenc": "[" * 100_000}}),
    "no arrays": file_of({"__metadata__": METADATA}),
    "settings that are no mapping": file_of({"__metadata__": {"autoenc": '{"settings": 1}'}}),
    "no settings": file_of({"__metadata__": {"autoenc": "{}"}}),
    "data that nobody owns": file_of({"__metadata__": METADATA}, b"1234"),
}
ENTRIES = {
    "2^60 elements": {**ENTRY, "shape": [2**30, 2**30]},
    "a negative size": {**ENTRY, "shape": [-1]},
    "two negative sizes": {**ENTRY, "shape": [-1, -1]},
    "a size that is true": {**ENTRY, "shape": [True]},
    "a broken size": {**ENTRY, "shape": [1.0]},
    "an unknown type": {**ENTRY, "dtype": "F9"},
    "a type that is a list": {**ENTRY, "dtype": []},
    "offsets before the data": {**ENTRY, "data_offsets": [-4, 0]},
    "offsets behind the data": {**ENTRY, "data_offsets": [4, 8]},
    "offsets the wrong way": {**ENTRY, "data_offsets": [4, 0]},
    "three offsets": {**ENTRY, "data_offsets": [0, 2, 4]},
    "a shape of text": {**ENTRY, "shape": "1"},
    "a number": 1,
    "nothing": None,
}
HOSTILE |= {
    f"an array with {name}": file_of({"__metadata__": METADATA, "W": entry}, b"1234")
    for name, entry in ENTRIES.items()
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files(tmp_path, content):
    (tmp_path / "hostile.bin").write_bytes(content)
    with pytest.raises(numpy_reader.ModelFileError, match=r"hostile\.bin is not a model file, or"):
        numpy_reader.load(tmp_path / "hostile.bin")


SCALING = {"kind": "minmax", "offset": [0.0, 1.0, 2.0], "factor": [1.0, 0.5, 0.1]}


def test_columns_are_brought_to_the_unit_interval_and_back(tmp_path):
    plain = numpy_reader.load(write(tmp_path))
    table = {"columns": ["a", "b", "c"], "image_shape": None, "scaling": SCALING}
    read = numpy_reader.load(write(tmp_path, description={**DESCRIPTION, "table": table}))
    rows, scaled = [[0.5, 2.0, 4.0], [9.0, -9.0, 12.0]], [[0.5, 0.5, 0.2], [1.0, 0.0, 1.0]]
    for name in ("transform", "score_samples"):
        np.testing.assert_allclose(getattr(read, name)(rows), getattr(plain, name)(scaled), 1e-6)
    expected = plain.reconstruct(scaled) / [1, 0.5, 0.1] + [0, 1, 2]
    np.testing.assert_allclose(read.reconstruct(rows), expected, rtol=1e-6)
    codes = read.transform(rows)
    np.testing.assert_allclose(read.inverse_transform(codes), expected, rtol=1e-6)


def test_columns_are_centred_in_float64_and_back(tmp_path):
    plain = numpy_reader.load(write(tmp_path))
    scaling = {"kind": "centred", "offset": [0.0, 1e9, 0.0], "factor": [1.0, 1.0, 1.0]}
    description = {**DESCRIPTION, "table": {"scaling": scaling}}
    read = numpy_reader.load(write(tmp_path, description=description))
    rows, offset = np.array([[0.5, 0.25, 1.0], [0.0, -1.0, 2.0]]), np.array([0, 1e9, 0])
    for name in ("transform", "score_samples"):
        found = getattr(read, name)(rows + offset)
        np.testing.assert_array_equal(found, getattr(plain, name)(rows))
    expected = plain.reconstruct(rows).astype("float64") + offset
    np.testing.assert_array_equal(read.reconstruct(rows + offset), expected)


class Frame(np.ndarray):
    """Rows with names of columns, as of a frame, without pandas."""


@pytest.mark.parametrize("where", ["feature_names_in_", "table"])
def test_names_of_columns_are_compared(tmp_path, where):
    """Columns in another order gave other codes without a word."""
    names = ["a", "b", "c"]
    known = {"table": {"columns": names}} if where == "table" else {where: names}
    read = numpy_reader.load(write(tmp_path, description={**DESCRIPTION, **known}))
    rows = np.ones((1, 3)).view(Frame)
    rows.columns = names
    assert read.transform(rows).shape == (1, 2)
    rows.columns = ["b", "a", "c"]
    with pytest.raises(ValueError, match=r"the columns are \['b', 'a', 'c'\]; expected \['a', "):
        read.transform(rows)


def test_truncation_at_every_byte(tmp_path):
    whole = write(tmp_path).read_bytes()
    for length in range(len(whole)):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(numpy_reader.ModelFileError):
            numpy_reader.load(tmp_path / "cut")


def test_a_flipped_bit_is_found_by_the_checksum(tmp_path):
    path = write(tmp_path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(numpy_reader.ModelFileError, match="does not match its checksum"):
        numpy_reader.load(path)


def test_files_without_a_checksum_are_read(tmp_path):
    (tmp_path / "old").write_bytes(to_bytes(SMALL, metadata=METADATA))
    assert numpy_reader.load(tmp_path / "old").transform(np.ones((1, 3))).shape == (1, 2)


@settings(max_examples=300)
@given(data=st.data())
def test_mutations_give_only_the_documented_error(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("mutated")
    content = bytearray(write(folder).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    (folder / "m").write_bytes(content)
    with suppress(numpy_reader.ModelFileError):
        numpy_reader.load(folder / "m").transform(np.ones((1, 3)))


def test_arrays_are_those_that_autoenc_reads(models, folder):
    path = saved(models["untied"], folder)
    expected, description = load_arrays(path)
    arrays, found = numpy_reader._read(path.read_bytes())
    assert found == description
    assert arrays.keys() == expected.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, expected[name])


def test_a_header_longer_than_the_file_is_named(tmp_path):
    # All of a good file but its length: what follows would be read as far as it goes.
    content = file_of({"__metadata__": METADATA})
    (tmp_path / "long").write_bytes((2**60).to_bytes(8, "little") + content[8:])
    with pytest.raises(numpy_reader.ModelFileError, match=f"should have {2**60} bytes"):
        numpy_reader.load(tmp_path / "long")
