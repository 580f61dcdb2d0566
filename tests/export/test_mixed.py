"""Models of columns of different kinds outside autoenc: the same numbers in every way."""

import numpy as np
import onnxruntime
import pytest

from autoenc import AutoEncoderDetector, DeepAutoEncoder, StackedDenoisingAutoEncoder
from autoenc.estimators import (
    PerceptronClassifier,
    SoftmaxClassifier,
    StackedDenoisingClassifier,
)
from autoenc.export import copy_numpy_reader, numpy_reader, to_onnx
from tests.estimators.test_mixed import people
from tests.estimators.test_mixed_networks import labelled
from tests.export.alone import run_alone

QUICK = {"random_state": 0, "verbose": False}
CODERS = {
    "stack": StackedDenoisingAutoEncoder((6, 3), n_epochs=2, **QUICK),
    "deep": DeepAutoEncoder((6, 3), n_epochs=2, pretraining_epochs=1, **QUICK),
    "untied": DeepAutoEncoder((6, 3), n_epochs=2, pretraining_epochs=0, tied=False, **QUICK),
}
CLASSIFIERS = {
    "softmax": SoftmaxClassifier(n_epochs=2, **QUICK),
    "perceptron": PerceptronClassifier(6, n_epochs=2, **QUICK),
    "stacked": StackedDenoisingClassifier((6, 3), n_epochs=2, pretraining_epochs=1, **QUICK),
}


@pytest.fixture(scope="module")
def rows():
    found = people(60, seed=3, missing=0.1)
    found.loc[5, "city"] = None
    return found


def listed(frame):
    """Columns as lists, of which no library but Python knows."""
    return {n: frame[n].astype(object).where(frame[n].notna(), None).tolist() for n in frame}


def read(model, folder):
    model.save(folder / "m.safetensors")
    return numpy_reader.load(folder / "m.safetensors")


def by_onnx(model, part, rows):
    session = onnxruntime.InferenceSession(to_onnx(model, part=part).SerializeToString())
    dtype = {"tensor(float)": "float32", "tensor(double)": "float64"}[session.get_inputs()[0].type]
    x = np.asarray(model.model_.numbers(rows)).astype(dtype)
    return session.run(None, {"x": x})[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_detectors(rows, dtype, tmp_path):
    train = people(300, missing=0.05).assign(id=1.7e9)
    train["id"] += np.arange(300) % 7
    rare = np.where(np.arange(300) % 5 == 0, [f"rare {k}" for k in range(300)], "a")
    train["name"] = rare
    model = AutoEncoderDetector(n_updates=50, dtype=dtype, **QUICK).fit(train)
    new = rows.assign(id=1.7e9, name=["a", "never seen"] * 30)
    new.loc[7, "city"] = "Atlantis"
    own = read(model, tmp_path)
    tolerance = {"float32": 1e-3, "float64": 1e-9}[dtype]
    for given in (new, listed(new), np.asarray(model.model_.numbers(new))):
        for method in ("score_samples", "contributions"):
            result, expected = getattr(own, method)(given), getattr(model, method)(new)
            np.testing.assert_allclose(result, expected, rtol=0, atol=tolerance)
        np.testing.assert_allclose(own.p_values(given), model.p_values(new), rtol=0, atol=0.01)
    with pytest.raises(ValueError, match="X has no column 'city'"):
        own.score_samples(new.drop(columns="city"))


@pytest.mark.parametrize("kind", CODERS)
def test_coders(kind, rows, tmp_path):
    model = CODERS[kind].fit(people(200, missing=0.1))
    own = read(model, tmp_path)
    for given in (rows, listed(rows)):
        np.testing.assert_allclose(own.transform(given), model.transform(rows), atol=1e-5)
        np.testing.assert_allclose(own.score_samples(given), model.score_samples(rows), 1e-4)
        again = own.reconstruct(given)
        for name, column in model.reconstruct(rows).items():
            if column.dtype.kind == "f":
                np.testing.assert_allclose(again[name], column, rtol=1e-4)
            else:
                assert (again[name] == column.to_numpy()).mean() > 0.98
    for part in ("transform", "reconstruct", "score_samples"):
        expected = getattr(model.model_, part)(rows)
        np.testing.assert_allclose(by_onnx(model, part, rows), expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_classifiers(kind, rows, tmp_path):
    model = CLASSIFIERS[kind].fit(*labelled(200, missing=0.1))
    own, expected = read(model, tmp_path), model.predict_proba(rows)
    for given in (rows, listed(rows)):
        np.testing.assert_allclose(own.predict_proba(given), expected, atol=1e-5)
    np.testing.assert_allclose(by_onnx(model, "predict_proba", rows), expected, atol=1e-5)
    np.testing.assert_array_equal(by_onnx(model, "predict", rows), model.predict(rows))
    with pytest.warns(UserWarning, match="count as missing: {'city': \\['Atlantis'\\]}"):
        own.predict(rows.assign(city="Atlantis"))


def test_a_copied_reader_scores_columns_where_there_is_only_numpy(rows, tmp_path):
    model = AutoEncoderDetector(n_updates=20, **QUICK).fit(people(200)[["age", "city"]])
    model.save(tmp_path / "m.safetensors")
    copy_numpy_reader(tmp_path / "alone")
    code = """
import numpy as np, numpy_reader
model, results = sys.argv[1:]
table = {"age": [20.0, None, 40.0], "city": ["Köln", "Oslo", "Atlantis"]}
np.save(results, numpy_reader.load(model).contributions(table))
"""
    files = tmp_path / "m.safetensors", tmp_path / "r.npy"
    assert run_alone(tmp_path / "alone", code, *files) == ["numpy", "numpy_reader"]
    table = people(3)[["age", "city"]].assign(
        age=[20.0, None, 40.0], city=["Köln", "Oslo", "Atlantis"]
    )
    np.testing.assert_allclose(np.load(files[1]), model.contributions(table), atol=1e-3)
