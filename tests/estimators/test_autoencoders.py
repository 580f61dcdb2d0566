"""The estimators, on real digits: fit, use, save, load, draw."""

import os
import pickle
import signal
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from autoenc import AutoEncoder, DenoisingAutoEncoder, analysis
from autoenc.graph import exponential_decay
from autoenc.storage import ModelFileError, load_arrays, save_arrays
from autoenc.training import Callback, DivergedError
from tests import reference

CLASSES = (AutoEncoder, DenoisingAutoEncoder)


@pytest.fixture(params=CLASSES, ids=lambda c: c.__name__)
def new(request):
    """A constructor of small, quick, silent estimators of each class."""

    def make(**settings):
        defaults = {"n_hidden": 30, "n_epochs": 2, "random_state": 0, "verbose": False}
        return request.param(**{**defaults, **settings})

    return make


@pytest.fixture(scope="module", params=CLASSES, ids=lambda c: c.__name__)
def fitted(request, digits):
    return request.param(n_hidden=30, n_epochs=2, random_state=0, verbose=False).fit(
        digits.train.images
    )


def parameters(model):
    return reference.Parameters(model.W_, model.hidden_bias_, model.visible_bias_)


def test_constructors_only_store():
    for cls in CLASSES:
        settings = {name: object() for name in cls().get_params()}
        assert vars(cls(**settings)) == settings


def test_what_is_learned(fitted):
    assert fitted.W_.shape == (784, 30)
    assert fitted.hidden_bias_.shape == (30,)
    assert fitted.visible_bias_.shape == (784,)
    assert fitted.W_.dtype == fitted.hidden_bias_.dtype == np.float32
    assert fitted.n_features_in_ == 784
    assert fitted.history_[1]["cost"] < fitted.history_[0]["cost"]
    assert "PyTensor" in fitted.backend_


def test_use_agrees_with_numpy(fitted, digits):
    X = digits.test.images[:50]
    _, code, _, z = reference.forward(parameters(fitted), X)
    np.testing.assert_allclose(fitted.transform(X), code, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(fitted.inverse_transform(code), z, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(fitted.reconstruct(X), z, rtol=1e-4, atol=1e-6)
    errors = reference.costs(parameters(fitted), X) - reference.bernoulli_entropy(X)
    np.testing.assert_allclose(fitted.score_samples(X), errors, rtol=1e-4)
    assert fitted.score(X) == pytest.approx(-errors.mean(), rel=1e-4)


def test_rows_are_worked_on_in_parts_without_a_seam(fitted, digits, monkeypatch):
    whole = fitted.transform(digits.test.images)
    monkeypatch.setattr("autoenc.rows.blocks.VALUES_AT_A_TIME", 1)
    monkeypatch.setattr("autoenc.rows.blocks.LEAST_ROWS", 300)
    monkeypatch.setattr("autoenc.models.compiled.LEAST_ROWS", 300)
    np.testing.assert_allclose(fitted.transform(digits.test.images), whole, rtol=1e-5, atol=1e-7)


def test_use_follows_parameters_changed_by_hand(fitted, digits):
    model = pickle.loads(pickle.dumps(fitted))
    model.transform(digits.test.images[:1])
    model.W_[:] = 0
    expected = 1 / (1 + np.exp(-model.hidden_bias_))
    np.testing.assert_allclose(model.transform(digits.test.images[:1])[0], expected, rtol=1e-5)


def test_the_same_seed_gives_the_same_bytes(new, digits):
    X = digits.train.images[:500]
    models = [new(random_state=s).fit(X) for s in (7, 7, 8)]
    assert models[0].W_.tobytes() == models[1].W_.tobytes()
    assert models[0].W_.tobytes() != models[2].W_.tobytes()


def test_no_global_random_state_is_read_or_written(new, digits):
    X = digits.train.images[:100]
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - what must not be touched
    first = new().fit(X)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    assert first.W_.tobytes() == new().fit(X).W_.tobytes()


def test_corruption_matters_and_none_is_the_plain_autoencoder(digits):
    X = digits.train.images[:500]
    settings = {"n_hidden": 30, "n_epochs": 2, "random_state": 0, "verbose": False}
    plain = AutoEncoder(**settings).fit(X)
    none = DenoisingAutoEncoder(corruption=0.0, **settings).fit(X)
    some = DenoisingAutoEncoder(corruption=0.5, **settings).fit(X)
    np.testing.assert_allclose(none.W_, plain.W_, rtol=1e-4, atol=1e-6)
    assert np.abs(some.W_ - plain.W_).max() > 1e-3


def test_untied_weights(new, digits):
    model = new(tied=False).fit(digits.train.images[:500])
    assert model.W_prime_.shape == (30, 784)
    X = digits.test.images[:20]
    a = model.transform(X) @ model.W_prime_ + model.visible_bias_
    np.testing.assert_allclose(model.reconstruct(X), 1 / (1 + np.exp(-a)), rtol=1e-4, atol=1e-6)


def test_real_valued_data_under_squared_error(new, rng):
    X = rng.normal(size=(300, 2)) @ rng.normal(size=(2, 5)) / 4
    model = new(
        n_hidden=5,
        activation="tanh",
        output="linear",
        cost="squared_error",
        momentum=0.5,
        learning_rate=0.05,
        n_epochs=10,
    ).fit(X)
    assert X.min() < 0
    assert model.history_[-1]["cost"] < 0.2 * model.history_[0]["cost"]
    expected = ((X - model.reconstruct(X)) ** 2).mean(axis=1)
    np.testing.assert_allclose(model.score_samples(X), expected, rtol=1e-3)


@pytest.mark.filterwarnings("ignore:the cost became:UserWarning")
def test_a_training_that_diverges_says_so(new, rng):
    X = rng.normal(size=(300, 5)) * 100
    model = new(
        activation="linear", output="linear", cost="squared_error", learning_rate=1e9, scale=None
    )
    with pytest.raises(DivergedError, match=r"cost became (nan|inf) in epoch 1, .* smaller learn"):
        model.fit(X)


def test_precision_is_a_choice(new, digits):
    model = new(dtype="float64").fit(digits.train.images[:100])
    assert model.W_.dtype == model.transform(digits.test.images[:5]).dtype == np.float64


def test_any_backend(digits, backend):
    X = digits.train.images[:300]
    model = AutoEncoder(20, n_epochs=2, random_state=0, verbose=False, backend=backend).fit(X)
    expected = AutoEncoder(20, n_epochs=2, random_state=0, verbose=False, backend="xla").fit(X)
    np.testing.assert_allclose(model.W_, expected.W_, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(model.transform(X), expected.transform(X), rtol=1e-3)


def test_less_data_than_a_minibatch(new, digits):
    model = new(batch_size=50).fit(digits.train.images[:7])
    assert np.isfinite(model.history_[-1]["cost"])


class Interrupt(Callback):
    def block_end(self, training):
        os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_keeps_what_was_learned(new, digits):
    model = new(n_epochs=1000)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(digits.train.images[:500], callbacks=[Interrupt()])
    assert len(model.history_) == 1
    assert model.transform(digits.test.images[:3]).shape == (3, 30)


def a_little_bent(a):
    return a / (1 + abs(a))


def test_untying_changes_nothing_that_is_computed(fitted, digits):
    model = pickle.loads(pickle.dumps(fitted))
    X = digits.test.images[:20]
    before = model.reconstruct(X), model.score_samples(X)
    assert model.untie() is model
    assert model.get_params()["tied"] is False
    np.testing.assert_array_equal(model.W_prime_, model.W_.T)
    np.testing.assert_allclose(model.reconstruct(X), before[0], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(model.score_samples(X), before[1], rtol=1e-5)
    assert fitted.tied


@pytest.mark.parametrize(
    "corruption",
    [("salt_and_pepper", 0.2), ("gaussian", 0.1), [("masking", 0.2), ("gaussian", 0.1)]],
    ids=str,
)
def test_any_corruption(digits, corruption, tmp_path):
    settings = {"n_epochs": 2, "random_state": 0, "verbose": False}
    X = digits.train.images[:500]
    model = DenoisingAutoEncoder(20, corruption=corruption, **settings).fit(X)
    masked = DenoisingAutoEncoder(20, corruption=0.2, **settings).fit(X)
    assert model.history_[1]["cost"] < model.history_[0]["cost"]
    assert np.abs(model.W_ - masked.W_).max() > 1e-3
    model.save(tmp_path / "m")
    again = DenoisingAutoEncoder.load(tmp_path / "m")
    assert clone(again).fit(X).W_.tobytes() == model.W_.tobytes()


@pytest.mark.parametrize(
    "optimizer", ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam"]
)
def test_any_optimizer(new, digits, optimizer):
    rate = {"adadelta": 1.0, "sgd": 0.1, "momentum": 0.01, "nesterov": 0.01}.get(optimizer, 0.01)
    model = new(optimizer=optimizer, learning_rate=rate).fit(digits.train.images[:500])
    assert model.history_[1]["cost"] < model.history_[0]["cost"]


def test_a_schedule(new, digits):
    X = digits.train.images[:500]
    # The rate is gone after the first epoch of 25 minibatches.
    schedule = exponential_decay(0.1, 1e-12, 25)
    models = [new(learning_rate=schedule, n_epochs=n).fit(X) for n in (2, 6)]
    np.testing.assert_allclose(models[0].W_, models[1].W_, rtol=1e-5, atol=1e-7)


def contraction(model, X):
    h = model.transform(X)
    return ((h * (1 - h)) ** 2 @ (model.W_**2).sum(axis=0)).mean()


def squares(array):
    return float((array.astype("float64") ** 2).sum())


@pytest.mark.parametrize(
    ("settings", "measure"),
    [
        ({"l1": 0.1}, lambda m, X: np.abs(m.W_).sum()),
        ({"l2": 0.1}, lambda m, X: squares(m.W_)),
        ({"contraction": 10.0}, contraction),
        ({"sparsity": 10.0}, lambda m, X: m.transform(X).mean()),
    ],
    ids=["l1", "l2", "contraction", "sparsity"],
)
def test_penalties(new, digits, settings, measure):
    X = digits.train.images[:500]
    free, held = new().fit(X), new(**settings).fit(X)
    assert measure(held, X) < 0.9 * measure(free, X)


# Scikit-learn's habits


def test_clone_and_parameters(new):
    model = new(learning_rate=0.05)
    assert clone(model).get_params() == model.get_params()
    assert "learning_rate=0.05" in repr(model)


def test_pickle(fitted, digits):
    X = digits.test.images[:10]
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.transform(X), fitted.transform(X))


def test_in_a_pipeline(new, rng):
    X = rng.normal(size=(200, 6)) * 100
    pipeline = make_pipeline(MinMaxScaler(clip=True), new(n_hidden=3))
    assert pipeline.fit_transform(X).shape == (200, 3)
    assert len(pipeline.get_feature_names_out()) == 3


# Model files


def test_save_and_load(fitted, digits, tmp_path):
    X = digits.test.images[:100]
    fitted.save(tmp_path / "models" / "model.safetensors")
    again = type(fitted).load(tmp_path / "models" / "model.safetensors")
    assert again.get_params() == fitted.get_params()
    assert again.history_ == fitted.history_
    np.testing.assert_array_equal(again.transform(X), fitted.transform(X))
    np.testing.assert_array_equal(again.score_samples(X), fitted.score_samples(X))


def test_a_file_says_what_made_it(fitted, tmp_path):
    fitted.save(tmp_path / "m")
    _, description = load_arrays(tmp_path / "m")
    assert description["fitted"]["seed_"] == fitted.seed_
    assert description["fitted"]["backend_"] == fitted.backend_
    assert {"autoenc", "python", "pytensor", "jax", "numpy"} <= set(description["versions"])


def test_loading_happens_in_another_process(fitted, digits, tmp_path):
    fitted.save(tmp_path / "m")
    code = f"""
from autoenc import {type(fitted).__name__}, load_mnist
model = {type(fitted).__name__}.load({str(tmp_path / "m")!r})
print(model.transform(load_mnist(sample=True).test.images[:9]).tobytes().hex())
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == fitted.transform(digits.test.images[:9]).tobytes().hex()


def test_another_class_is_refused(fitted, tmp_path):
    fitted.save(tmp_path / "m")
    (other,) = set(CLASSES) - {type(fitted)}
    name = type(fitted).__name__
    with pytest.raises(ModelFileError, match=f"of the class '{name}', not '{other.__name__}'"):
        other.load(tmp_path / "m")


def test_settings_can_be_exchanged_while_loading(fitted, tmp_path):
    fitted.save(tmp_path / "m")
    assert type(fitted).load(tmp_path / "m", backend="c").backend == "c"


def test_an_activation_that_a_file_cannot_hold(new, digits, tmp_path):
    model = new(activation=a_little_bent).fit(digits.train.images[:100])
    model.save(tmp_path / "m")
    with pytest.raises(ModelFileError, match=r"activation given as the function .*a_little_bent"):
        type(model).load(tmp_path / "m")
    again = type(model).load(tmp_path / "m", activation=a_little_bent)
    X = digits.test.images[:5]
    np.testing.assert_array_equal(again.transform(X), model.transform(X))


# Pictures


@pytest.mark.parametrize("what", ["filters", "reconstructions", "loss"])
def test_pictures_are_written_and_returned(fitted, digits, tmp_path, what):
    path = tmp_path / "picture.png"
    arguments = [digits.test.images] if what == "reconstructions" else []
    figure = getattr(fitted, f"plot_{what}")(*arguments, path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert figure.axes


def test_the_report_is_that_of_the_analysis(digits):
    images = digits.train.images[:200]
    model = AutoEncoder(8, n_epochs=2, random_state=0, verbose=False).fit(images)
    ours = model.report(digits.test.images[:100], X_train=images)
    theirs = analysis.report(model, digits.test.images[:100], X_train=images)
    assert ours.to_dict() == theirs.to_dict()
    assert "mean" in str(ours)


@pytest.mark.parametrize("description", [{}, {"settings": {}}, {"settings": [], "fitted": {}}])
def test_a_model_file_that_lacks_a_part_is_refused(tmp_path, description):
    path = tmp_path / "model.safetensors"
    save_arrays(path, {"W": np.zeros((2, 2))}, {"class": "AutoEncoder", **description})
    with pytest.raises(
        ModelFileError, match=f"{path} is not a model of autoenc, .*(settings|fitted)"
    ):
        AutoEncoder.load(path)
