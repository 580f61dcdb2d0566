"""Scikit-learn's conventions: its own checks, and properties on which its users rely."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from autoenc import AutoEncoder, AutoEncoderDetector, DenoisingAutoEncoder
from autoenc.estimators import (
    DeepAutoEncoder,
    PerceptronClassifier,
    SoftmaxClassifier,
    StackedDenoisingAutoEncoder,
    StackedDenoisingClassifier,
)

# A row of weight 2 and two equal rows are the same in expectation only: which rows meet in a
# minibatch, and in which order, depends on how many there are.
CANNOT_BE_MET = {
    f"check_sample_weight_equivalence_on_{kind}_data": "minibatches are random"
    for kind in ("dense", "sparse")
}

# Stacks take the settings of their layers by name; a name that no layer has is refused at once.
OF_STACKS = {"check_do_not_raise_errors_in_init_or_set_params": "settings of layers are checked"}

QUICK = {"n_epochs": 2, "verbose": False}
ESTIMATORS = [
    AutoEncoder(3, **QUICK),
    DenoisingAutoEncoder(3, **QUICK),
    AutoEncoderDetector(n_updates=20, verbose=False),
    StackedDenoisingAutoEncoder((3, 2), **QUICK),
    # Its layers alone are the stack above.
    DeepAutoEncoder((3, 2), pretraining_epochs=0, **QUICK),
    # Enough epochs for the accuracy that scikit-learn wants.
    SoftmaxClassifier(verbose=False),
    PerceptronClassifier(20, verbose=False),
    StackedDenoisingClassifier((20,), pretraining_epochs=2, verbose=False),
]


def cannot_be_met(estimator):
    return CANNOT_BE_MET | (OF_STACKS if hasattr(estimator, "layer") else {})


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.filterwarnings("ignore:A column-vector y:sklearn.exceptions.DataConversionWarning")
@pytest.mark.filterwarnings("ignore:the cost has risen")  # some checks do not scale their data
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=cannot_be_met)
def test_scikit_learn_finds_nothing(estimator, check):
    check(estimator)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (3, 1), (40, 3)], ids=str)
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_any_small_matrix_by_default(shape, scale):
    X = np.random.default_rng(0).normal(scale, scale, shape)
    model = AutoEncoder(random_state=0, verbose=False).fit(X)
    assert np.isfinite(model.reconstruct(X)).all()
    if len(X) > 3:
        better = ((model.reconstruct(X) - X) ** 2).mean(axis=0) < X.var(axis=0)
        assert better.all()


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_tools_may_look_at_all_names_of_an_unfitted_estimator(estimator):
    # A name may have no value yet, but raises no other error than AttributeError.
    found = {name for name in dir(estimator) if hasattr(estimator, name)}
    assert found > {"fit", "get_params", "save"}
    assert not {name for name in found if name.endswith("_") and not name.startswith("_")}
