"""Statistics of units, for constructed codes and for models that really have the problem."""

import numpy as np
import pytest

from autoenc import AutoEncoder
from autoenc.analysis import error_shares, participation_ratio, unit_health

QUICK = {"random_state": 0, "verbose": False}


def health(codes, activation="sigmoid", filters=None):
    filters = np.eye(codes.shape[1]) if filters is None else filters
    return unit_health(codes, filters, activation)


@pytest.fixture
def codes(rng):
    """Codes of six lively units."""
    return rng.uniform(0.1, 0.9, size=(400, 6))


def test_healthy_codes(codes):
    found = health(codes)
    assert (found.n_units, found.dead, found.saturated, found.duplicates) == (6, [], [], [])
    assert 5.5 < found.effective <= 6


def test_dead_between_and_at_the_ends(codes, rng):
    codes[:, 1] = 0.4 + 0.001 * rng.normal(size=400)
    codes[:, 4] = 0
    found = health(codes)
    assert found.dead == [1, 4]
    assert found.saturated == [4]


@pytest.mark.parametrize("activation", ["linear", "relu", "softplus", abs])
def test_dead_without_ends_is_relative_to_the_others(codes, activation):
    codes[:, 2] = 0
    codes[:, 3] = 5
    for scale in (1e-3, 1, 1e3):
        found = health(codes * scale, activation)
        assert found.dead == [2, 3]
        assert found.saturated is None
    # Far from zero, though lively.
    assert health(codes[:, :2] + 100, activation).dead == []


def test_all_dead():
    for level in (0.0, 0.3, 1e6):
        found = health(np.full((20, 3), level), "relu")
        assert found.dead == [0, 1, 2]
        assert found.duplicates == []
        assert found.effective == 0


@pytest.mark.parametrize(("activation", "low"), [("sigmoid", 0.0), ("tanh", -1.0)])
def test_saturated_at_either_end_or_both(codes, activation, low):
    codes[:, 0] = low
    codes[:15, 0] = 0.5
    codes[:, 2] = np.where(np.arange(400) % 2, low + 0.001, 1)
    codes[:, 3] = low
    codes[:40, 3] = 0.5  # one row in ten: a unit that looks for something rare
    assert health(codes, activation).saturated == [0, 2]


def test_duplicates_by_codes_and_by_filters(codes, rng):
    codes[:, 3] = codes[:, 1]
    codes[:, 5] = 1 - codes[:, 1] + 1e-3 * rng.normal(size=400)
    filters = np.eye(6)
    filters[:, 4] = 2 * filters[:, 0]
    filters[:, 2] = -filters[:, 0]
    found = health(codes, filters=filters)
    assert found.duplicates == [(3, 1), (4, 0), (5, 1)]


def test_participation_ratio_is_that_of_the_eigenvalues(rng):
    codes = rng.normal(size=(300, 5)) @ rng.normal(size=(5, 5))
    eigenvalues = np.linalg.eigvalsh(np.cov(codes.T))
    expected = eigenvalues.sum() ** 2 / (eigenvalues**2).sum()
    assert participation_ratio(codes) == pytest.approx(expected)
    assert participation_ratio(codes[:, :1]) == pytest.approx(1)
    assert participation_ratio(codes[:, :1] * np.arange(1, 4)) == pytest.approx(1)


def test_one_row_or_wrong_filters():
    with pytest.raises(ValueError, match=r"codes have shape \(1, 2\); expected \(rows, units\)"):
        unit_health(np.ones((1, 2)), np.eye(2), "relu")
    with pytest.raises(ValueError, match=r"filters have shape \(2, 2\) and codes \(5, 3\)"):
        unit_health(np.ones((5, 3)), np.eye(2), "relu")


def test_relus_die_of_too_large_a_rate(digits):
    X = digits.train.images[:500]
    model = AutoEncoder(20, activation="relu", learning_rate=2.0, n_epochs=1, **QUICK).fit(X)
    found = unit_health(model.transform(X), model.W_, "relu")
    silent = np.flatnonzero((model.transform(X) == 0).all(axis=0)).tolist()
    assert len(silent) > 5
    assert set(silent) <= set(found.dead)


def test_sigmoids_saturate_on_unscaled_data(digits):
    X = 255 * digits.train.images[:300]
    settings = {"cost": "squared_error", "output": "linear", "learning_rate": 1e-5}
    model = AutoEncoder(20, n_epochs=1, **settings, **QUICK).fit(X)
    assert len(unit_health(model.transform(X), model.W_, "sigmoid").saturated) > 10


@pytest.mark.parametrize("kind", ["tied", "unbounded", "stack"])
def test_error_shares(models, digits, kind):
    X = digits.test.images[:100]
    shares = error_shares(models[kind], X)
    assert shares.shape == (784,)
    assert shares.sum() == pytest.approx(1)
    assert np.all(shares >= 0)
    if kind == "unbounded":
        by_column = ((X - models[kind].reconstruct(X)) ** 2).mean(axis=0)
        np.testing.assert_allclose(shares, by_column / by_column.sum(), rtol=1e-4, atol=1e-9)
