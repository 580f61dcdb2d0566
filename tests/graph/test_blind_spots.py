"""Layers in which no column contributes to its own reconstruction."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytensor import config

from autoenc.graph import BlindSpotLayer, adam, blind_spot_arrays
from tests.graph.helpers import FLOAT64, MODE, check_gradient, evaluate

RNG = np.random.default_rng


def layer_with_decoder(n_visible=4, n_hidden=7, seed=0, **options):
    rng = RNG(seed)
    layer = BlindSpotLayer(n_visible, n_hidden, rng=rng, **options)
    for parameter in (layer.W_prime, layer.hidden_bias, layer.visible_bias):
        value = parameter.get_value()
        parameter.set_value(rng.normal(size=value.shape).astype(value.dtype))
    return layer


def oracle(layer, x):
    """Each unit by itself, as a loop: it sees some columns and reconstructs the others."""
    sees, W, W_prime = (p.get_value() for p in (layer.sees, layer.W, layer.W_prime))
    z = np.tile(layer.visible_bias.get_value(), (len(x), 1))
    for k, bias in enumerate(layer.hidden_bias.get_value()):
        own = sees[:, k] == 1
        code = np.tanh(x[:, own] @ W[own, k] + bias)
        z[:, ~own] += code[:, None] * W_prime[k, ~own]
    return z


@given(st.integers(1, 6), st.integers(1, 9), st.floats(0.05, 0.95))
@settings(max_examples=10, deadline=None)
def test_the_reconstruction_is_the_oracles(n_visible, n_hidden, seen):
    layer = layer_with_decoder(n_visible, n_hidden, seen=seen)
    x = RNG(1).normal(size=(3, n_visible)).astype("float32")
    np.testing.assert_allclose(
        evaluate(layer.reconstruct(pt.constant(x))), oracle(layer, x), 1e-4, 1e-5
    )
    expected = ((oracle(layer, x) - x) ** 2).mean(axis=1)
    np.testing.assert_allclose(evaluate(layer.squared_error(pt.constant(x))), expected, 1e-4)


def test_no_column_depends_on_itself_and_all_depend_on_others():
    layer, x = layer_with_decoder(n_hidden=40), pt.vector("x")
    jacobian = pytensor.gradient.jacobian(layer.reconstruct(x), x)
    slopes = evaluate(jacobian, {x: np.ones(4, "float32")})
    assert (slopes.diagonal() == 0).all()
    assert (slopes[~np.eye(4, dtype=bool)] != 0).all()


@pytest.mark.parametrize("name", ["W", "hidden_bias", "visible_bias", "W_prime"])
def test_gradients_are_those_of_finite_differences(name):
    with config.change_flags(**FLOAT64):
        values = {"sees": layer_with_decoder().sees.get_value()}
        values |= {n: p.get_value() for n, p in layer_with_decoder().named_params().items()}
        x = pt.constant(RNG(2).normal(size=(3, 4)))

    def cost(parameter):
        given = {n: pytensor.shared(v) for n, v in values.items() if n != name}
        layer = BlindSpotLayer(4, 7, rng=RNG(0), **given)
        setattr(layer, name, parameter)
        return layer.squared_error(x).sum()

    check_gradient(cost, values[name])


@pytest.mark.parametrize(
    ("n", "seen", "n_seen"), [(10, 0.5, 5), (2, 0.01, 1), (3, 0.99, 2), (1, 0.5, 0)]
)
def test_every_unit_sees_so_many_columns(n, seen, n_seen):
    assert (blind_spot_arrays(RNG(0), n, 20, seen)["sees"].sum(axis=0) == n_seen).all()


def test_however_many_units_it_has_it_does_not_copy():
    """Independent columns cannot be reconstructed; dependent ones can."""
    noise = RNG(0).normal(size=(500, 3)).astype("float32")
    x = np.column_stack([noise, noise @ np.ones(3, "float32")]) / [1, 1, 1, 3**0.5]
    for rows, low, high in ((noise, 0.7, 1.1), (x.astype("float32"), 0.0, 0.3)):
        v, layer = pt.matrix("v"), BlindSpotLayer(rows.shape[1], 64, rng=RNG(1))
        cost = layer.squared_error(v).mean()
        step = pytensor.function([v], cost, updates=adam(cost, layer.params, 0.01), mode=MODE)
        assert low < [step(rows) for _ in range(300)][-1] < high


@pytest.mark.parametrize("seen", [0, 1, -0.5, "half", True])
def test_fractions_out_of_range_are_refused(seen):
    with pytest.raises(ValueError, match=r"seen is .* expected a fraction"):
        BlindSpotLayer(3, 2, rng=RNG(0), seen=seen)


def test_without_a_generator_arrays_have_to_be_given():
    with pytest.raises(ValueError, match="give sees and W"):
        BlindSpotLayer(3, 2, rng=None)
    arrays = {n: pytensor.shared(a) for n, a in blind_spot_arrays(RNG(0), 3, 2, 0.5).items()}
    assert BlindSpotLayer(3, 2, rng=None, **arrays).W is arrays["W"]


def test_no_column_of_a_group_depends_on_the_group_and_all_depend_on_others():
    groups = np.array([0, 1, 1, 1, 2, 2])
    layer, x = layer_with_decoder(6, 60, groups=groups), pt.vector("x")
    jacobian = pytensor.gradient.jacobian(layer.reconstruct(x), x)
    slopes = evaluate(jacobian, {x: np.ones(6, "float32")})
    of_one = groups[:, None] == groups
    assert (slopes[of_one] == 0).all()
    assert (slopes[~of_one] != 0).all()


@given(st.lists(st.integers(1, 4), min_size=2, max_size=6), st.floats(0.05, 0.95))
@settings(max_examples=20, deadline=None)
def test_groups_are_seen_together_and_as_many_as_columns_would_be(widths, seen):
    groups = np.repeat(np.arange(len(widths)), widths)
    sees = blind_spot_arrays(RNG(0), len(groups), 20, seen, groups=groups)["sees"]
    first = np.cumsum([0, *widths[:-1]])
    np.testing.assert_array_equal(sees, sees[first][groups])
    alone = blind_spot_arrays(RNG(0), len(widths), 20, seen)["sees"]
    np.testing.assert_array_equal(sees[first], alone)


def test_groups_of_another_number_are_refused():
    with pytest.raises(
        ValueError, match=r"groups have shape \(2,\); expected \(3,\), one for each"
    ):
        BlindSpotLayer(3, 2, rng=RNG(0), groups=[0, 1])


@pytest.mark.parametrize("groups", [[0, 5, 5], [-1, 0, 1], [1, 1, 2]])
def test_groups_are_numbered_from_0(groups):
    with pytest.raises(ValueError, match=r"groups are .*; expected the numbers from 0, each at"):
        blind_spot_arrays(np.random.default_rng(0), 3, 2, 0.5, groups=groups)
