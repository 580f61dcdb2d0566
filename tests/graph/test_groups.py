"""Groups of entries: against NumPy, by finite differences, on all backends."""

import numpy as np
import pytensor.tensor as pt
import pytest
from pytensor import config
from scipy.special import log_softmax

from autoenc.backends import resolve_backend
from autoenc.graph import Groups, corrupt
from autoenc.graph.groups import group_arrays
from tests.devices import device_of
from tests.graph.helpers import FLOAT64, check_gradient, evaluate

# A number, a category of three values, a number, one of a single value, one of two.
SIZES = [0, 3, 0, 1, 2]
PARTS = [slice(0, 1), slice(1, 4), slice(4, 5), slice(5, 6), slice(6, 8)]
WEIGHTS = [1.0, 0.5, 2.0, 1.0, 10.0]


def targets(rng, n_rows=6):
    x = rng.normal(size=(n_rows, 8))
    for size, part in zip(SIZES, PARTS, strict=True):
        if size:
            x[:, part] = np.eye(size)[rng.integers(size, size=n_rows)]
    return x


def oracle(x, a):
    """Cost of each group."""
    costs = []
    for size, part, weight in zip(SIZES, PARTS, WEIGHTS, strict=True):
        if size:
            costs.append(-weight * (x[:, part] * log_softmax(a[:, part], axis=1)).sum(axis=1))
        else:
            costs.append(weight * (x[:, part] - a[:, part])[:, 0] ** 2)
    return np.stack(costs, axis=1)


@pytest.mark.usefixtures("_float64")
def test_costs_add_up_to_the_oracles_of_each_group(rng):
    x, a = targets(rng), rng.normal(size=(6, 8))
    groups = Groups.of(SIZES, WEIGHTS)
    costs = evaluate(groups.costs(pt.constant(x), pt.constant(x), pt.constant(a)))
    assert costs.shape == x.shape
    summed = np.stack([costs[:, part].sum(axis=1) for part in PARTS], axis=1)
    np.testing.assert_allclose(summed, oracle(x, a), rtol=1e-12)
    np.testing.assert_allclose(evaluate(costs @ groups.membership), summed, rtol=1e-12)


def test_output_is_a_softmax_of_each_category_and_the_number_itself(rng):
    a = rng.normal(size=(6, 8)).astype("float32")
    z = evaluate(Groups.of(SIZES, WEIGHTS).output(pt.constant(a)))
    for size, part in zip(SIZES, PARTS, strict=True):
        expected = np.exp(log_softmax(a[:, part], axis=1)) if size else a[:, part]
        np.testing.assert_allclose(z[:, part], expected, rtol=1e-5)
    assert z.dtype == "float32"


def test_gradient_by_finite_differences(rng):
    x, a = targets(rng, 3), rng.normal(size=(3, 8))
    with config.change_flags(**FLOAT64):
        groups = Groups.of(SIZES, WEIGHTS)
        check_gradient(lambda a: groups.costs(pt.constant(x), pt.constant(x), a).sum(axis=1), a)
        check_gradient(groups.output, a)


def test_costs_stay_finite_where_groups_are_far_from_each_other():
    a = np.array([[1e4, 500, -500, 0, 1e4, -1e4, -2e4, -2e4 + 1]], "float32")
    x = np.array([[1e4, 1, 0, 0, 1e4, 1, 0, 1]], "float32")
    costs = evaluate(
        Groups.of(SIZES, WEIGHTS).costs(pt.constant(x), pt.constant(x), pt.constant(a))
    )
    assert np.isfinite(costs).all()
    assert costs[0, 1] == 0
    assert costs[0, 7] == pytest.approx(10 * np.log1p(np.exp(-1)), rel=1e-5)


def test_masking_hides_all_entries_of_a_column_together():
    groups = Groups.of(SIZES, WEIGHTS)
    x = pt.ones((2_000, 8), dtype="float32")
    noisy = evaluate(corrupt(x, 0.3, 1, groups=groups.membership))
    for part in PARTS:
        assert (noisy[:, part] == noisy[:, part][:, :1]).all()
        assert noisy[:, part].mean() == pytest.approx(0.7, abs=0.04)
    others = evaluate(corrupt(x, ("gaussian", 1.0), 1, groups=groups.membership))
    assert len(np.unique(others[:, 1:4])) == 6_000


@pytest.mark.parametrize("name", ["c", "xla", "numba"])
def test_backends_agree(name, rng):
    x, a = targets(rng).astype("float32"), rng.normal(size=(6, 8)).astype("float32")
    groups = Groups.of(SIZES, WEIGHTS)
    given, pre = pt.matrices("x", "a")
    # XLA adds up float32 in float64.
    with config.change_flags(warn_float64="ignore"):
        function = resolve_backend(name, device_of(name)).function(
            [given, pre], groups.costs(given, given, pre) @ groups.membership
        )
        costs = function(x, a)
    np.testing.assert_allclose(costs, oracle(x, a), rtol=2e-5, atol=1e-6)


def test_each_group_has_a_weight():
    with pytest.raises(ValueError, match="there are 3 weights; expected 2, 1 per group"):
        Groups.of([0, 2], [1.0, 0.5, 0.5])


def test_categories_without_a_value_are_not_known():
    groups = Groups.of([0, 3, 2], [1.0, 1.0, 1.0])
    rows = np.array([[0, 0, 1, 0, 0, 0], [5e30, 0, 0, 0, 1, 0]], "float32")
    known = evaluate(groups.is_known(pt.constant(rows)))
    np.testing.assert_array_equal(known, [[1, 1, 1, 1, 0, 0], [1, 0, 0, 0, 1, 1]])


@pytest.mark.parametrize("sizes", [[], [0, -2]])
def test_sizes_that_are_none(sizes):
    with pytest.raises(ValueError, match=r"sizes are .*; expected at least one group"):
        group_arrays(sizes, [1.0] * len(sizes))
