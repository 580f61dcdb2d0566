"""Initial weights: their distribution, precision and generators."""

import numpy as np
import pytest
from pytensor import config

from autoenc.graph import gaussian_weights, uniform_weights
from tests.graph.helpers import FLOAT64

INITIALIZERS = [uniform_weights, gaussian_weights]
GENERATORS = [np.random.default_rng, np.random.RandomState]


@pytest.mark.parametrize("initializer", INITIALIZERS)
@pytest.mark.parametrize("generator", GENERATORS)
def test_same_generator_same_weights_of_the_right_shape(initializer, generator):
    W = initializer(generator(1), 30, 20)
    assert W.shape == (30, 20)
    assert W.dtype == np.float32
    np.testing.assert_array_equal(W, initializer(generator(1), 30, 20))
    assert not np.isin(W, initializer(generator(2), 30, 20)).all()


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_precision_is_that_of_the_settings(initializer):
    with config.change_flags(**FLOAT64):
        W = initializer(np.random.default_rng(1), 30, 20)
    assert W.dtype == np.float64
    single = initializer(np.random.default_rng(1), 30, 20)
    np.testing.assert_array_equal(single, W.astype("float32"))


@pytest.mark.parametrize("gain", [4.0, 1.0])
def test_uniform_weights_fill_their_interval(gain):
    bound = gain * np.sqrt(6 / (200 + 100))
    W = uniform_weights(np.random.default_rng(1), 200, 100, gain=gain)
    assert np.abs(W).max() <= np.float32(bound)
    assert W.max() > 0.999 * bound
    assert W.min() < -0.999 * bound
    # The mean of 20,000 numbers of deviation bound/√3, within five deviations.
    assert abs(W.mean()) < 5 * bound / np.sqrt(3 * W.size)
    assert W.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)


def test_uniform_weights_are_those_of_the_tutorials():
    b = 4 * np.sqrt(6.0 / (500 + 784))
    W = np.random.RandomState(123).uniform(-b, b, (784, 500))
    drawn = uniform_weights(np.random.RandomState(123), 784, 500)
    np.testing.assert_array_equal(drawn, W.astype("float32"))


def test_gaussian_weights_have_their_deviation():
    W = gaussian_weights(np.random.default_rng(1), 200, 100)
    scale = 1 / np.sqrt(300)
    assert abs(W.mean()) < 5 * scale / np.sqrt(W.size)
    assert W.std() == pytest.approx(scale, rel=0.03)
    assert np.abs(W).max() > 3 * scale
