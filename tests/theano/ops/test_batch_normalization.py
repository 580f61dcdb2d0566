"""Batch normalization follows its formula, and its gradients are finite differences."""

import numpy as np
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_allclose
from pytensor.gradient import verify_grad

from autoenc.theano.ops.batch_normalization import (
    batch_normalization,
    batch_normalization_test,
    batch_normalization_train,
)
from tests.theano.quick import function

RNG = np.random.default_rng(0)
X = RNG.normal(2.0, 3.0, size=(6, 3, 4, 5))
AXES = [
    ("per-activation", (0,)),
    ("spatial", (0, 2, 3)),
    ((0, 2), (0, 2)),
    ([3, 1], (1, 3)),
    (np.array([0, 1]), (0, 1)),
    ((0, 1, 2, 3), (0, 1, 2, 3)),
]


def parameters(normalized, spread, n):
    kept = [1 if i in normalized else length for i, length in enumerate(X.shape)]
    arrays = [RNG.uniform(0.5, 2.0, size=kept) for _ in range(n)]
    if spread:
        return arrays, arrays
    return arrays, [a.squeeze(normalized) for a in arrays]


def symbols(arrays, spread, normalized):
    shape = [1 if i in normalized else None for i in range(4)] if spread else None
    return [pt.TensorType("float64", shape or (None,) * a.ndim)() for a in arrays]


@pytest.mark.parametrize(("axes", "normalized"), AXES, ids=str)
@pytest.mark.parametrize("spread", [False, True])
def test_training_normalizes_by_the_statistics(axes, normalized, spread):
    whole, given = parameters(normalized, spread, 4)
    x, names = pt.dtensor4(), symbols(given, spread, normalized)
    gamma, beta, running_mean, running_var = names
    graphs = batch_normalization_train(x, gamma, beta, axes, 1e-3, 0.25, running_mean, running_var)
    out, mean, inverse, new_mean, new_var = function([x, *names], list(graphs))(X, *given)
    mu, variance = (f(normalized, keepdims=True) for f in (X.mean, X.var))
    n = X.size / mu.size
    expected = (X - mu) / np.sqrt(variance + 1e-3) * whole[0] + whole[1]
    assert_allclose(out, expected, rtol=1e-6)
    statistics = {
        "mean": (mean, mu),
        "inverse": (inverse, 1 / np.sqrt(variance + 1e-3)),
        "running mean": (new_mean, 0.75 * whole[2] + 0.25 * mu),
        "running var": (new_var, 0.75 * whole[3] + 0.25 * variance * n / (n - 1)),
    }
    for name, (value, of_formula) in statistics.items():
        assert value.shape == given[0].shape
        assert_allclose(value, of_formula.reshape(value.shape), rtol=1e-6, err_msg=name)


@pytest.mark.parametrize(("axes", "normalized"), AXES, ids=str)
@pytest.mark.parametrize("spread", [False, True])
def test_testing_normalizes_by_given_statistics(axes, normalized, spread):
    whole, given = parameters(normalized, spread, 4)
    x, names = pt.dtensor4(), symbols(given, spread, normalized)
    out = function([x, *names], batch_normalization_test(x, *names, axes, 1e-3))(X, *given)
    gamma, beta, mean, variance = whole
    assert_allclose(out, (X - mean) / np.sqrt(variance + 1e-3) * gamma + beta, rtol=1e-6)


def test_without_running_averages_there_are_three_results():
    x, gamma, beta = pt.dmatrix(), pt.dvector(), pt.dvector()
    assert len(batch_normalization_train(x, gamma, beta)) == 3


@pytest.mark.parametrize("mode", ["low_mem", "high_mem"])
def test_given_mean_and_deviation(mode):
    x = pt.dtensor4()
    gamma, beta, mean, std = (RNG.uniform(0.5, 2.0, (1, 3, 1, 1)) for _ in range(4))
    out = function([x], batch_normalization(x, gamma, beta, mean, std, mode))(X)
    assert_allclose(out, (X - mean) * gamma / std + beta)


@pytest.mark.filterwarnings("ignore:PyTensor could not link")
@pytest.mark.parametrize("axes", ["per-activation", "spatial"])
def test_gradients_are_finite_differences(axes):
    shape = X.shape[1:] if axes == "per-activation" else (3,)
    gamma, beta = RNG.uniform(0.5, 2.0, shape), RNG.uniform(0.5, 2.0, shape)
    verify_grad(
        lambda *inputs: batch_normalization_train(*inputs, axes=axes)[0],
        [X, gamma, beta],
        rng=RNG,
        mode="CVM",
    )


V = pt.dvector()


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"axes": "spatially"}, "invalid axes: spatially"),
        ({"axes": 0}, "invalid axes: 0"),
        ({"axes": ()}, "at least one normalization axis"),
        ({"axes": (0, 4)}, r"axes should be less than ndim \(<4\)"),
        ({"axes": (-1,)}, r"axes should be less than ndim \(<4\)"),
        ({"axes": "spatial", "epsilon": 1e-6}, "epsilon must be at least 1e-5"),
        ({"axes": "spatial", "beta": pt.dmatrix()}, "beta must have as many dimensions"),
        ({"axes": "per-activation"}, "gamma must have .* got 1 instead of 3"),
    ],
)
def test_impossible_parameters_are_refused(keywords, message):
    given = {"gamma": V, "beta": V, **keywords}
    with pytest.raises(ValueError, match=message):
        batch_normalization_train(pt.dtensor4(), **given)
    with pytest.raises(ValueError, match=message):
        batch_normalization_test(pt.dtensor4(), mean=V, var=V, **given)


def test_running_averages_are_given_together():
    for keywords in ({"running_mean": V}, {"running_var": V}):
        with pytest.raises(ValueError, match="either both be given or both be None"):
            batch_normalization_train(pt.dmatrix(), V, V, **keywords)
    with pytest.raises(ValueError, match="running_var must have as many dimensions"):
        batch_normalization_train(
            pt.dtensor4(), V, V, "spatial", running_mean=V, running_var=pt.dmatrix()
        )


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="mode must be either"):
        batch_normalization(V, V, V, V, V, mode="fast")


def test_axes_may_be_a_range():
    x, parameters = pt.dmatrix(), [V] * 4
    values = {x: RNG.normal(size=(3, 2)), V: np.array([1.0, 2.0])}
    results = [
        batch_normalization_test(x, *parameters, axes=axes).eval(values)
        for axes in (range(1), (0,))
    ]
    np.testing.assert_array_equal(*results)
