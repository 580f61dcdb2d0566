"""Robust moments: units, outliers and constant columns."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autoenc.rows.robust import robust_forward, robust_moments

RNG = np.random.default_rng(0)
COLUMNS = arrays(
    np.float64, st.tuples(st.integers(1, 20), st.integers(1, 3)), elements=st.floats(-1e6, 1e6)
)


def test_one_outlier_does_not_set_the_scale():
    x = RNG.normal(size=(500, 1))
    spoiled = x.copy()
    spoiled[0] = 1e8
    a, b = (robust_moments(values) for values in (x, spoiled))
    np.testing.assert_allclose(a["spread"], b["spread"], rtol=0.02)
    assert (
        np.corrcoef(robust_forward(x, **a)[1:, 0], robust_forward(spoiled, **b)[1:, 0])[0, 1]
        > 0.9999
    )


@given(COLUMNS)
@settings(max_examples=50, deadline=None)
def test_mean_0_variance_1_and_the_order_is_kept(values):
    z = robust_forward(values, **robust_moments(values))
    assert np.isfinite(z).all()
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-6)
    deviation = z.std(axis=0)
    assert (np.isclose(deviation, 1, atol=1e-6) | (deviation < 1e-6)).all()
    for column, scaled in zip(values.T, z.T, strict=True):
        assert (np.diff(scaled[np.argsort(column)]) >= 0).all()


def test_units_do_not_matter():
    x = RNG.normal(size=(100, 2))
    again = 1e3 * x - 7
    np.testing.assert_allclose(
        robust_forward(again, **robust_moments(again)),
        robust_forward(x, **robust_moments(x)),
        atol=1e-9,
    )


def test_mostly_equal_values_take_a_wider_range():
    x = np.zeros((1000, 1))
    x[:50] = 1
    assert robust_moments(x)["spread"] == 1 / 4.653
    x[5:] = 0
    assert robust_moments(x)["spread"] == x.std()


def test_constant_columns_and_missing_entries():
    x = np.array([[5.0, np.nan], [5.0, 1.0], [5.0, 3.0]])
    moments = robust_moments(x)
    assert moments["spread"][0] == moments["stretch"][0] == 1
    assert moments["center"][1] == 2
