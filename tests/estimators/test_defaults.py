"""What settings that are left to choose are taken as, and that this is no worse than PCA."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.estimators import PerceptronClassifier
from autoenc.export.numpy_reader import load

TABLES = {
    "iris": load_iris,
    "wine": load_wine,
    "breast cancer": load_breast_cancer,
    "diabetes": load_diabetes,
}
QUIET = {"random_state": 0, "verbose": False}


@pytest.mark.parametrize("cls", [AutoEncoder, DenoisingAutoEncoder])
@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("scaled", [False, True], ids=["in its units", "in [0, 1]"])
def test_defaults_are_no_worse_than_pca_of_the_same_size(cls, name, scaled):
    X = TABLES[name]().data
    X = (X - X.min(axis=0)) / np.ptp(X, axis=0) if scaled else X
    own, of_pca = np.array([errors_of(cls, X, seed) for seed in range(3)]).T
    error = own.std(ddof=1) / np.sqrt(len(own))
    assert own.mean() <= of_pca.mean() + error
    np.testing.assert_allclose(own, of_pca, rtol=0.01)


def errors_of(cls, X, seed):
    """Errors on rows held out, of a model with its defaults and of PCA, in standard units."""
    train, test = train_test_split(X, test_size=0.3, random_state=seed)
    model = cls(random_state=seed, verbose=False).fit(train)
    mean, scale = train.mean(axis=0), train.std(axis=0)
    train, standard = (train - mean) / scale, (test - mean) / scale
    pca = PCA(model.W_.shape[1]).fit(train)
    z = pca.inverse_transform(pca.transform(standard))
    again = (model.reconstruct(test) - mean) / scale
    return np.mean((again - standard) ** 2), np.mean((z - standard) ** 2)


def test_images_have_what_the_texts_have(rng):
    model = DenoisingAutoEncoder(**QUIET, n_epochs=1).fit(rng.uniform(size=(40, 64)))
    assert model.chosen_ == {
        "n_hidden": 500, "activation": "sigmoid", "init": "uniform", "corruption": 0.3,
    }  # fmt: skip
    assert (model.cost_, model.output_, model.learning_rate_) == ("cross_entropy", "sigmoid", 0.1)


def test_asked_and_chosen_are_kept(rng, tmp_path):
    X = 9 * rng.normal(size=(60, 8))
    model = AutoEncoder(**QUIET).fit(X)
    assert clone(model).n_hidden == "auto"
    model.save(tmp_path / "model.safetensors")
    again = AutoEncoder.load(tmp_path / "model.safetensors")
    assert again.get_params() == model.get_params()
    assert again.chosen_ == model.chosen_
    assert again.chosen_["n_hidden"] == 2
    np.testing.assert_array_equal(again.transform(X), model.transform(X))
    codes = load(tmp_path / "model.safetensors").transform(X)
    np.testing.assert_allclose(codes, model.transform(X), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(again.partial_fit(X).W_, model.partial_fit(X).W_)


def test_what_is_given_stays(rng):
    X = 9 * rng.normal(size=(60, 8))
    model = AutoEncoder(3, activation="tanh", n_epochs=2, **QUIET).fit(X)
    assert model.chosen_ == {"init": "uniform"}
    assert len(model.history_) == 2


def test_a_code_as_wide_as_the_row_keeps_the_sigmoid(rng):
    model = AutoEncoder(8, n_epochs=1, **QUIET).fit(9 * rng.normal(size=(60, 8)))
    assert model.chosen_ == {"activation": "sigmoid", "init": "uniform"}


def test_a_line_says_what_was_chosen(rng, capsys):
    AutoEncoder(n_epochs=1, random_state=0).fit(9 * rng.normal(size=(60, 8)))
    line = "8 columns, standardised as those of a table: 2 units, activation linear from the"
    assert line in capsys.readouterr().err


@pytest.mark.parametrize("name", ["n_hidden", "n_epochs"])
def test_classifiers_choose_nothing(name, rng):
    model = PerceptronClassifier(**{"n_hidden": 3, name: "auto", **QUIET})
    with pytest.raises(ValueError, match=f"{name} is 'auto'; expected an integer"):
        model.fit(rng.uniform(size=(20, 4)), np.arange(20) % 2)
