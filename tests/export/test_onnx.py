"""ONNX graphs, run by onnxruntime, against the models themselves."""

import json
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from sklearn.base import clone

from autoenc import AutoEncoder, AutoEncoderDetector
from autoenc.estimators import PerceptronClassifier, StackedDenoisingClassifier
from autoenc.export import PARTS, to_onnx
from autoenc.rows import DomainWarning
from tests.export.conftest import KINDS
from tests.models.test_old_files import LIMITED


def run(exported, X):
    session = onnxruntime.InferenceSession(exported.SerializeToString())
    (result,) = session.run(None, {"x": X})
    return result


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_runtime_gives_what_the_model_gives(models, digits, kind, part):
    model = models[kind]
    dtype = model.transform(digits.test.images[:1]).dtype
    X = digits.test.images[:200].astype(dtype)
    result = run(to_onnx(model, part=part), X)
    expected = getattr(model, part)(X)
    assert result.dtype == dtype
    assert result.shape == expected.shape
    scale = max(1, np.abs(expected).max())
    assert np.abs(result - expected).max() < 1e-5 * scale
    if part != "score_samples":
        assert np.abs(result - expected).max() < 1e-5


@pytest.mark.parametrize("part", PARTS)
def test_a_runtime_clips_at_the_limits_of_columns(part):
    model = AutoEncoder(random_state=0, verbose=False).fit(LIMITED)
    assert model.output_ == "clipped"
    found, expected = run(to_onnx(model, part=part), LIMITED), getattr(model, part)(LIMITED)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_differences_of_float64_are_those_of_float64(models, digits):
    X = digits.test.images[:50].astype("float64")
    model = models["untied"]
    result = run(to_onnx(model, part="score_samples"), X)
    np.testing.assert_allclose(result, model.score_samples(X), rtol=1e-12)


@pytest.mark.parametrize("n", [0, 1, 3, 1000])
def test_any_number_of_rows(models, digits, n):
    exported = to_onnx(models["tied"], part="transform")
    assert run(exported, digits.test.images[:n]).shape == (n, 30)


def test_scores_stay_finite_far_from_zero(rng):
    X = np.ones((4, 3), "float32")
    model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(X)
    model.visible_bias_ = np.array([-200, 200, 0], "float32")
    result = run(to_onnx(model, part="score_samples"), X)
    np.testing.assert_allclose(result, model.score_samples(X), rtol=1e-5)
    assert result[0] > 150


@pytest.mark.parametrize("part", PARTS)
def test_files_are_read_by_onnx_itself(models, tmp_path, part):
    path = tmp_path / "new folder" / "model.onnx"
    to_onnx(models["stack"], path, part=part)
    exported = onnx.load(path)
    onnx.checker.check_model(exported, full_check=True)
    assert exported.producer_name == "autoenc"
    assert [(o.domain, o.version) for o in exported.opset_import] == [("", 17)]
    (given,), (output,) = exported.graph.input, exported.graph.output
    rows, columns = given.type.tensor_type.shape.dim
    assert (given.name, rows.dim_param, columns.dim_value) == ("x", "rows", 784)
    assert output.name == PARTS[part]
    assert output.type.tensor_type.shape.dim[0].dim_param == "rows"


def test_a_failed_export_leaves_the_file_that_was_there(models, tmp_path):
    path = tmp_path / "model.onnx"
    to_onnx(models["tied"], path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="part is 'decode'; expected one of reconstruct, tr"):
        to_onnx(models["tied"], path, part="decode")
    assert path.read_bytes() == before


def halved(a):
    return a / 2


@pytest.mark.parametrize("name", ["activation", "output"])
def test_functions_cannot_be_exported(rng, name):
    settings = {"cost": "squared_error", "n_epochs": 1, "verbose": False, "random_state": 0}
    model = AutoEncoder(2, **{name: halved}, **settings).fit(rng.uniform(size=(20, 3)))
    with pytest.raises(ValueError, match=rf"^{name} is <function halved .*given by name \(linear"):
        to_onnx(model)


@pytest.mark.parametrize("kind", ["softmax", "perceptron", "stacked"])
def test_a_runtime_classifies_as_the_classifier_does(classifiers, digits, kind):
    model = classifiers[kind]
    X = digits.test.images[:200].astype(model.weights_[0].dtype)
    probabilities = run(to_onnx(model), X)
    assert probabilities.dtype == X.dtype
    assert np.abs(probabilities - model.predict_proba(X)).max() < 1e-5
    labels = run(to_onnx(model, part="predict"), X)
    assert labels.dtype == model.classes_.dtype
    np.testing.assert_array_equal(labels, model.predict(X))
    with pytest.raises(ValueError, match="part is 'transform'; expected one of predict_proba, p"):
        to_onnx(model, part="transform")


@pytest.mark.parametrize(
    "names", [["no", "yes"], [False, True], [-3, 70_000_000_000], [1.0, 2.0]], ids=str
)
def test_labels_of_any_kind_and_columns_of_any_scale(rng, names):
    X = rng.normal(100, 30, (120, 4)).astype("float32")
    y = np.array(names)[(X[:, 0] > X[:, 1]).astype(int)]
    model = StackedDenoisingClassifier(
        (5, 4), pretraining_epochs=1, n_epochs=20, random_state=0, verbose=False
    ).fit(X, y)
    assert model.activation_ == "tanh"
    assert len(set(model.predict(X))) == 2
    exported = to_onnx(model, part="predict")
    assert list(run(exported, X)) == list(model.predict(X))
    assert run(exported, X[:0]).shape == (0,)
    assert np.abs(run(to_onnx(model), X) - model.predict_proba(X)).max() < 1e-5


def test_probabilities_stay_finite_far_from_zero(classifiers, digits):
    model = clone(classifiers["softmax"]).fit(digits.train.images[:50], digits.train.labels[:50])
    model.weights_[0] *= 1e6
    found = run(to_onnx(model), digits.test.images[:30])
    np.testing.assert_allclose(found, model.predict_proba(digits.test.images[:30]), atol=1e-5)


def test_classifiers_that_cannot_be_exported(rng):
    with pytest.raises(TypeError, match="the PerceptronClassifier has no weights_; fit it"):
        to_onnx(PerceptronClassifier(3))
    X, y = rng.uniform(size=(20, 3)), np.arange(20) % 2
    model = PerceptronClassifier(2, activation=halved, n_epochs=1, verbose=False).fit(X, y)
    with pytest.raises(ValueError, match=r"^activation is <function halved .*given by name"):
        to_onnx(model)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("cost", ["cross_entropy", "squared_error"])
def test_what_is_missing_is_left_out(rng, part, cost):
    X = rng.uniform(size=(60, 5)).astype("float32")
    X[rng.uniform(size=X.shape) < 0.3] = np.nan
    X[7] = np.nan
    model = AutoEncoder(
        3, cost=cost, missing="mask", n_epochs=2, random_state=0, verbose=False
    ).fit(X)
    found = run(to_onnx(model, part=part), X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DomainWarning)
        expected = getattr(model, part)(X)
    assert np.isnan(expected[7]).all() == (part == "score_samples")
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("part", ["reconstruct", "transform", "score_samples"])
def test_columns_are_centred_in_float64(rng, part):
    X = rng.normal(size=(40, 1)) * [1, 2] + [1e9, 0]
    model = AutoEncoder(1, n_epochs=5, random_state=0, verbose=False).fit(X)
    assert model.model_.scaling is not None
    found = run(to_onnx(model, part=part), X)
    np.testing.assert_allclose(
        found - [1e9, 0] if part == "reconstruct" else found,
        (model.reconstruct(X) - [1e9, 0] if part == "reconstruct" else getattr(model, part)(X)),
        rtol=1e-5,
        atol=1e-6,
    )


def test_names_of_columns_are_kept(rng):
    frame = pd.DataFrame(rng.uniform(size=(20, 2)), columns=["größe", "x"])
    exported = to_onnx(AutoEncoder(1, n_epochs=1, random_state=0, verbose=False).fit(frame))
    (entry,) = exported.metadata_props
    assert (entry.key, json.loads(entry.value)) == ("feature_names", ["größe", "x"])


def test_detectors_are_refused(rng):
    model = AutoEncoderDetector(n_updates=1, verbose=False).fit(rng.normal(size=(20, 3)))
    with pytest.raises(
        TypeError, match=r"is of class AutoEncoderDetector; expected .* NumPy reader"
    ):
        to_onnx(model)


def test_models_that_are_none():
    with pytest.raises(TypeError, match="expected an autoencoder or a stack"):
        to_onnx(AutoEncoder(3))


def test_weights_that_no_file_can_hold(models, monkeypatch):
    monkeypatch.setattr("autoenc.export.onnx.LARGEST", 2 * models["tied"].W_.nbytes - 1)
    with pytest.raises(
        ValueError, match=r"are 188,160 bytes in the graph; expected at most 188,159"
    ):
        to_onnx(models["tied"])


def test_without_onnx_it_says_what_to_install(models, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r'pip install "autoenc\[onnx\]"'):
        to_onnx(models["tied"])
