"""Fitted models for the tests of this subpackage."""

import pytest

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.estimators import DeepAutoEncoder, StackedDenoisingAutoEncoder

QUICK = {"random_state": 0, "verbose": False}


@pytest.fixture(scope="session")
def healthy(digits):
    """An autoencoder trained on digits."""
    return DenoisingAutoEncoder(50, n_epochs=5, learning_rate=0.2, **QUICK).fit(
        digits.train.images
    )


@pytest.fixture(scope="session")
def models(digits, healthy):
    """A fitted model of each kind, by name, trained on digits."""
    X = digits.train.images[:500]
    settings = {"n_epochs": 2, **QUICK}
    return {
        "tied": healthy,
        "untied": AutoEncoder(20, tied=False, activation="tanh", **settings).fit(X),
        "squared error": AutoEncoder(20, cost="squared_error", **settings).fit(X),
        "unbounded": AutoEncoder(
            20, cost="squared_error", activation="relu", output="linear", dtype="float64",
            learning_rate=0.01, **settings,
        ).fit(X),
        "functions": AutoEncoder(20, activation=halved, output=squashed, **settings).fit(X),
        "deep": DeepAutoEncoder((30, 20), pretraining_epochs=1, **settings).fit(X),
        "stack": StackedDenoisingAutoEncoder((30, 20), **settings).fit(X),
    }  # fmt: skip


def halved(a):
    """An activation without a registered name."""
    return a / 2


def squashed(a):
    """An output in (0, 1) without a registered name."""
    return 0.5 + 0.4 * a / (1 + abs(a))
