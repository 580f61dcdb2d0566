"""Convolutions and their gradients: kernels, NumPy, finite differences and XLA agree."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_allclose
from pytensor.gradient import verify_grad

from autoenc.theano.ops import correlation
from autoenc.theano.ops.conv import (
    causal_conv1d,
    conv2d,
    conv2d_grad_wrt_inputs,
    conv2d_grad_wrt_weights,
    conv3d,
)
from autoenc.theano.ops.conv_ops import AbstractConv2d
from autoenc.theano.ops.conv_shapes import border_mode_to_pad, get_conv_output_shape
from autoenc.theano.ops.correlation import Geometry
from autoenc.theano.ops.upsampling import bilinear_upsampling

MODES = ["valid", "full", "half", 1, (2, 0), ((1, 2), (0, 3))]


def naive(image, filters, geometry):
    """Correlate entry by entry."""
    out = geometry.out(image.shape[2:], filters.shape[2:])
    padded = np.pad(image, ((0, 0), (0, 0), *geometry.pads))
    result = np.zeros((image.shape[0], filters.shape[0], *out))
    each, channels = filters.shape[0] // geometry.groups, filters.shape[1]
    for index in np.ndindex(*out):
        for tap in np.ndindex(*filters.shape[2:]):
            at = [
                i * s + k * d
                for i, s, k, d in zip(
                    index, geometry.strides, tap, geometry.dilations, strict=True
                )
            ]
            for f in range(filters.shape[0]):
                some = slice(f // each * channels, (f // each + 1) * channels)
                entries = padded[:, some, *at] * filters[f][:, *tap]
                result[:, f, *index] += entries.sum(1)
    return result


def geometries():
    for axes in (1, 2, 3):
        for groups in (1, 2):
            for pad in ((0, 0), (2, 1)):
                for stride, dilation in ((1, 1), (2, 1), (1, 2), (3, 2)):
                    yield Geometry((pad,) * axes, (stride,) * axes, (dilation,) * axes, groups)


@pytest.fixture(params=["kernels", "numpy"])
def implementation(request, monkeypatch):
    if request.param == "numpy":
        monkeypatch.setattr(correlation, "kernels", lambda: None)
        return
    request.getfixturevalue("compiler")
    assert correlation.kernels() is not None


@pytest.mark.parametrize("geometry", list(geometries()), ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_correlation_is_the_sum_it_is_defined_as(geometry, dtype, implementation):
    rng = np.random.default_rng(0)
    axes = len(geometry.pads)
    image = rng.normal(size=(3, 4, *(9, 8, 7)[:axes])).astype(dtype)
    filters = rng.normal(size=(6, 4 // geometry.groups, *(2, 3, 2)[:axes])).astype(dtype)
    expected = naive(image, filters, geometry)
    tolerance = {"rtol": 1e-4, "atol": 1e-4} if dtype == "float32" else {"atol": 1e-12}
    top = correlation.correlate(image, filters, geometry)
    assert top.dtype == dtype
    assert_allclose(top, expected, **tolerance)
    # A correlation is linear in each of its arrays: gradients are its adjoints.
    given = rng.normal(size=top.shape).astype(dtype)
    to_image = correlation.image_gradient(filters, given, geometry, image.shape[2:])
    to_filters = correlation.filters_gradient(image, given, geometry, filters.shape[2:])
    total = (expected * given).sum()
    assert_allclose((to_image * image).sum(), total, rtol=1e-3, atol=1e-3)
    assert_allclose((to_filters * filters).sum(), total, rtol=1e-3, atol=1e-3)


def test_large_images_are_convolved_in_parts():
    rng = np.random.default_rng(0)
    image, filters = rng.normal(size=(2, 3, 150, 140)), rng.normal(size=(4, 3, 5, 5))
    geometry = Geometry(((2, 2), (2, 2)), (1, 1), (1, 1))
    with_kernels = correlation.correlate(image, filters, geometry)
    spectrum = [np.fft.rfft2(x, (160, 160)) for x in (image, filters[..., ::-1, ::-1])]
    full = np.fft.irfft2(np.einsum("ncyx,fcyx->nfyx", *spectrum), (160, 160))
    assert_allclose(with_kernels, full[:, :, 2:152, 2:142], atol=1e-10)


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("flip", [True, False])
def test_gradients_are_finite_differences(mode, flip):
    rng = np.random.default_rng(1)
    image, filters = rng.normal(size=(2, 2, 6, 5)), rng.normal(size=(4, 1, 3, 2))

    def convolved(x, w):
        return conv2d(x, w, border_mode=mode, subsample=(2, 1), filter_flip=flip, num_groups=2)

    verify_grad(convolved, [image, filters], rng=rng, mode="CVM")


def test_gradients_of_volumes_are_finite_differences():
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=(2, 2, 3, 4, 3)), rng.normal(size=(2, 2, 2, 2, 2))]
    verify_grad(
        lambda x, w: conv3d(x, w, border_mode="half", subsample=(1, 2, 1)),
        arrays,
        rng=rng,
        mode="CVM",
    )


@pytest.mark.parametrize("groups", [1, 2])
def test_unshared_gradients_are_finite_differences(groups):
    rng = np.random.default_rng(2)
    arrays = [rng.normal(size=(2, 2, 5, 4)), rng.normal(size=(2, 2, 2, 2 // groups, 2, 1))]

    def convolved(x, w):
        return conv2d(x, w, unshared=True, subsample=(2, 2), num_groups=groups)

    verify_grad(convolved, arrays, rng=rng, mode="CVM")


def test_unshared_filters_that_are_equal_are_shared_ones():
    rng = np.random.default_rng(2)
    image, filters = rng.normal(size=(2, 3, 6, 6)), rng.normal(size=(4, 3, 3, 3))
    repeated = np.broadcast_to(filters[:, None, None], (4, 4, 4, 3, 3, 3))
    x, w, u = pt.dtensor4(), pt.dtensor4(), pt.TensorType("float64", (None,) * 6)()
    f = pytensor.function([x, w, u], [conv2d(x, w), conv2d(x, u, unshared=True)], mode="CVM")
    assert_allclose(*f(image, filters, repeated.copy()), atol=1e-12)


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("steps", [((1, 1), (1, 1)), ((2, 3), (1, 1)), ((1, 2), (2, 1))])
def test_xla_agrees(mode, steps):
    from autoenc.theano.engines import xla_ops  # noqa: F401 - registers them

    rng = np.random.default_rng(3)
    x, w = pt.ftensor4(), pt.ftensor4()
    for groups in (1, 2):
        out = conv2d(
            x,
            w,
            border_mode=mode,
            subsample=steps[0],
            filter_dilation=steps[1],
            num_groups=groups,
        )
        graph = [out, *pytensor.grad((out**2).sum(), [x, w])]
        arrays = [
            rng.normal(size=(2, 4, 9, 8)).astype("float32"),
            rng.normal(size=(4, 4 // groups, 3, 2)).astype("float32"),
        ]
        both = [pytensor.function([x, w], graph, mode=m)(*arrays) for m in ("CVM", "JAX")]
        for in_c, in_xla in zip(*both, strict=True):
            assert_allclose(in_c, in_xla, rtol=1e-3, atol=1e-3)


def test_gradients_with_given_shapes_transpose_the_convolution():
    rng = np.random.default_rng(4)
    image, filters = rng.normal(size=(2, 3, 9, 8)), rng.normal(size=(4, 3, 3, 2))
    x, w, top = pt.dtensor4(), pt.dtensor4(), pt.dtensor4()
    out = conv2d(x, w, subsample=(2, 2))
    expected = pytensor.grad(None, [x, w], known_grads={out: top})
    direct = [
        conv2d_grad_wrt_inputs(top, w, (None, 3, x.shape[2], 8), subsample=(2, 2)),
        conv2d_grad_wrt_weights(x, top, (4, 3, 3, 2), subsample=(2, 2)),
    ]
    given = rng.normal(size=(2, 4, 4, 4))
    f = pytensor.function([x, w, top], [*expected, *direct], mode="CVM")
    results = f(image, filters, given)
    for a, b in zip(results[:2], results[2:], strict=True):
        assert_allclose(a, b, atol=1e-12)


def test_upsampling_interpolates():
    ramp = np.arange(4.0).reshape(1, 1, 1, 4) + np.zeros((1, 1, 3, 1))
    x = pt.dtensor4()
    for use_1d in (True, False):
        out = bilinear_upsampling(x, ratio=2, use_1D_kernel=use_1d)
        larger = pytensor.function([x], out, mode="CVM")(ramp)
        assert larger.shape == (1, 1, 6, 8)
        assert_allclose(np.diff(larger[0, 0, 2, 1:-1]), 0.5)


def test_causal_convolution_sees_no_later_entry():
    x, w = pt.dtensor3(), pt.dtensor3()
    f = pytensor.function([x, w], causal_conv1d(x, w, (1, 1, 3)), mode="CVM")
    series, kernel = np.arange(6.0)[None, None], np.array([[[1.0, 10.0, 100.0]]])
    changed = series.copy()
    changed[..., 4] = 50
    before, after = f(series, kernel), f(changed, kernel)
    assert_allclose(before[..., :4], after[..., :4])
    assert_allclose(before[0, 0, 2], 2 + 10 * 1 + 100 * 0)


def test_the_shape_is_inferred_without_convolving():
    x, w = pt.dtensor4(), pt.dtensor4()
    shape = conv2d(x, w, border_mode="half", subsample=(2, 1)).shape
    f = pytensor.function([x, w], shape, mode="CVM")
    ops = [type(node.op) for node in f.maker.fgraph.apply_nodes]
    assert AbstractConv2d not in ops
    assert f(np.zeros((2, 3, 7, 6)), np.zeros((4, 3, 3, 3))).tolist() == [2, 4, 4, 6]


@pytest.mark.parametrize(
    ("keywords", "error", "words"),
    [
        ({"border_mode": "same"}, ValueError, "invalid border_mode same"),
        ({"border_mode": -1}, ValueError, "non-negative"),
        ({"border_mode": (1, 2, 3)}, ValueError, "tuple of length 2"),
        ({"subsample": (1,)}, ValueError, "subsample must have 2 elements"),
        ({"filter_dilation": (1,)}, ValueError, "filter_dilation must have 2 elements"),
        ({"num_groups": 0}, ValueError, "num_groups"),
        ({"kshp_logical": (3, 3)}, ValueError, "not supported anymore"),
        ({"input_shape": (pt.iscalar(), 1, 1, 1)}, ValueError, "constant int values"),
    ],
)
def test_impossible_parameters_are_refused(keywords, error, words):
    with pytest.raises(error, match=words):
        conv2d(pt.dtensor4(), pt.dtensor4(), **keywords)


def test_arrays_that_do_not_fit_are_refused():
    x, w = pt.dtensor4(), pt.dtensor4()
    f = pytensor.function([x, w], conv2d(x, w), mode="CVM")
    with pytest.raises(ValueError, match="channels"):
        f(np.zeros((1, 2, 5, 5)), np.zeros((1, 3, 2, 2)))
    with pytest.raises(ValueError, match="invalid shape"):
        f(np.zeros((1, 2, 2, 2)), np.zeros((1, 2, 3, 3)))
    with pytest.raises(TypeError, match="kern must be 4D"):
        conv2d(x, pt.dmatrix())


def test_pads_and_shapes():
    assert border_mode_to_pad("half", 2, (3, 4)) == ((1, 1), (2, 2))
    assert border_mode_to_pad((1, (0, 2)), 2, ()) == ((1, 1), (0, 2))
    shape = get_conv_output_shape((2, 3, 8, None), (4, 3, 3, 3), "valid", (2, 2))
    assert shape == (2, 4, 3, None)
