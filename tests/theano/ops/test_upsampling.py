"""Upsampling interpolates linearly, with the kernels and the borders of Theano 1.0.5."""

import numpy as np
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_allclose
from pytensor import grad

from autoenc.theano.ops.upsampling import (
    bilinear_kernel_1D,
    bilinear_kernel_2D,
    bilinear_upsampling,
    frac_bilinear_upsampling,
)
from tests.theano.quick import function

IMAGES = np.random.default_rng(0).normal(size=(2, 3, 3, 4))


def interpolated(images, ratios, steps=(1, 1)):
    """Interpolate between entries; before the first and after the last one, repeat them."""
    for axis, ratio, step in zip((2, 3), ratios, steps, strict=True):
        length = images.shape[axis]
        places = (np.arange(0, length * ratio, step) - (ratio - 1) // 2) / ratio
        images = np.apply_along_axis(
            lambda line, at=places: np.interp(at, range(len(line)), line), axis, images
        )
    return images


@pytest.mark.parametrize("ratio", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("by_axis", [True, False])
@pytest.mark.parametrize("known", [{}, {"batch_size": 2, "num_input_channels": 3}])
def test_integer_ratios(ratio, by_axis, known):
    x = pt.dtensor4()
    larger = bilinear_upsampling(x, ratio=ratio, use_1D_kernel=by_axis, **known)
    value = function([x], larger)(IMAGES)
    assert_allclose(value, interpolated(IMAGES, (ratio, ratio)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("fraction", "ratios", "steps"),
    [
        ((3, 2), (3, 3), (2, 2)),
        ((4, 2), (2, 2), (1, 1)),
        ((2, 3), (2, 2), (3, 3)),
        (((3, 2), (5, 3)), (3, 5), (2, 3)),
        (((1, 1), (6, 2)), (1, 3), (1, 1)),
    ],
    ids=str,
)
def test_fractions(fraction, ratios, steps):
    x = pt.dtensor4()
    larger = bilinear_upsampling(x, frac_ratio=fraction, use_1D_kernel=False)
    value = function([x], larger)(IMAGES)
    assert_allclose(value, interpolated(IMAGES, ratios, steps), rtol=1e-5, atol=1e-6)


def test_recorded_fractions():
    x = pt.ftensor4()
    squares = (np.arange(12.0) ** 2).reshape(1, 1, 3, 4).astype("float32")
    value = function([x], frac_bilinear_upsampling(x, ((3, 2), (5, 3))))(squares)
    assert value.shape == (1, 1, 5, 7)
    expected = [5.3333, 6.0667, 8.2667, 11.2667, 14.6667, 19.2667, 22.3333]
    assert_allclose(value[0, 0, 1], expected, atol=1e-4)


@pytest.mark.parametrize(
    "keywords", [{"ratio": 2}, {"ratio": 3, "use_1D_kernel": False}, {"frac_ratio": (3, 2)}]
)
def test_gradients_are_the_adjoint(keywords):
    how = {"use_1D_kernel": "ratio" in keywords, **keywords}
    x, given = pt.dtensor4(), pt.dtensor4()
    larger = bilinear_upsampling(x, **how)
    gradient = grad((larger * given).sum(), x)
    f = function([x, given], [larger, gradient])
    shape = function([x], larger)(IMAGES).shape
    top = np.random.default_rng(1).normal(size=shape)
    value, back = f(IMAGES, top)
    assert back.shape == IMAGES.shape
    # Upsampling is linear.
    for n, entry in np.ndenumerate(back[0, 0]):
        unit = np.zeros_like(IMAGES)
        unit[0, 0, *n] = 1
        assert_allclose((f(unit, top)[0] * top).sum(), entry, rtol=1e-4, atol=1e-5)
    assert_allclose((value * top).sum(), (back * IMAGES).sum(), rtol=1e-4)


def test_kernels_are_triangles():
    one, two = bilinear_kernel_1D(3), bilinear_kernel_2D((2, 3), normalize=False)
    line, plane = function([], [one, two])()
    assert_allclose(line, np.array([1, 2, 3, 2, 1]) / 3, rtol=1e-6)
    assert_allclose(plane, np.outer([1, 2, 1], [1, 2, 3, 2, 1]))


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({}, "No ratio"),
        ({"ratio": 2, "frac_ratio": (3, 2)}, "can't use ratio and frac_ratio together"),
        ({"frac_ratio": (3, 2)}, "1D kernel method not implemented"),
        ({"frac_ratio": [3, 2], "use_1D_kernel": False}, "frac_ratio must be a tuple"),
    ],
)
def test_impossible_parameters_are_refused(keywords, message):
    with pytest.raises(ValueError, match=message):
        bilinear_upsampling(pt.dtensor4(), **keywords)
