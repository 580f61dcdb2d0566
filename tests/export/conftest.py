"""Fitted models for the tests of this subpackage."""

import pytest

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.estimators import (
    DeepAutoEncoder,
    PerceptronClassifier,
    SoftmaxClassifier,
    StackedDenoisingAutoEncoder,
    StackedDenoisingClassifier,
)

SETTINGS = {"n_epochs": 2, "random_state": 0, "verbose": False}
REAL = {"cost": "squared_error", "learning_rate": 0.02}


def autoencoders():
    """Models before they are fitted, by name."""
    kinds = {
        "tied": DenoisingAutoEncoder(30, **SETTINGS),
        "untied": AutoEncoder(20, tied=False, dtype="float64", **SETTINGS),
        "stack": StackedDenoisingAutoEncoder((30, 20, 10), **SETTINGS),
        "deep": DeepAutoEncoder((30, 20, 10), pretraining_epochs=1, **SETTINGS),
        "untied deep": DeepAutoEncoder(
            (20, 15, 10),
            tied=False,
            activation=["softplus", "relu", "tanh"],
            dtype="float64",
            pretraining_epochs=1,
            **{**SETTINGS, "cost": "squared_error"},
        ),
        "untied stack": StackedDenoisingAutoEncoder((20, 10), tied=False, **SETTINGS),
    }
    for name in ("linear", "relu", "sigmoid", "softplus", "tanh"):
        dtype = "float64" if name in ("softplus", "relu") else "float32"
        kinds[name] = AutoEncoder(
            15, activation=name, output=name, dtype=dtype, **REAL, **SETTINGS
        )
    return kinds


KINDS = tuple(autoencoders())


@pytest.fixture(scope="session")
def models(digits):
    """Autoencoders of every kind, fitted on a few digits."""
    return {name: m.fit(digits.train.images[:300]) for name, m in autoencoders().items()}


@pytest.fixture(scope="session")
def classifiers(digits):
    """Classifiers of every kind, fitted on a few digits."""
    kinds = {
        "softmax": SoftmaxClassifier(**SETTINGS),
        "perceptron": PerceptronClassifier(20, dtype="float64", **SETTINGS),
        "stacked": StackedDenoisingClassifier((20, 10), pretraining_epochs=1, **SETTINGS),
        "normalised": StackedDenoisingClassifier(
            (20, 10), pretraining_epochs=1, batch_norm=True, noise=0.3, **SETTINGS
        ),
    }
    train = digits.train
    return {n: m.fit(train.images[:300], train.labels[:300]) for n, m in kinds.items()}
