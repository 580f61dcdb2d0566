"""Operations of cuDNN by name compute what the convolutions of theano.tensor.nnet compute."""

import numpy as np
import pytensor.tensor as pt
import pytest
from autoenc.theano.gpuarray.dnn import (
    GpuDnnConv,
    GpuDnnConvDesc,
    GpuDnnConvGradI,
    GpuDnnConvGradW,
    GpuDnnPool,
    GpuDnnSoftmax,
)
from autoenc.theano.sandbox.cuda.basic_ops import gpu_alloc_empty, gpu_contiguous
from numpy.testing import assert_allclose

from autoenc.theano.ops.conv import conv2d, conv2d_grad_wrt_inputs, conv2d_grad_wrt_weights
from tests.theano.quick import function

RNG = np.random.default_rng(0)


def arrays(*shapes):
    return [RNG.normal(size=shape).astype("float32") for shape in shapes]


def values(inputs, outputs, arguments):
    return function(inputs, outputs)(*arguments)


@pytest.mark.parametrize("conv_mode", ["conv", "cross"])
def test_deconvolution_as_dcgan_built_it(conv_mode):
    x, w = pt.tensor4("x", dtype="float32"), pt.tensor4("w", dtype="float32")
    image, filters = gpu_contiguous(x), gpu_contiguous(w)
    shape = image.shape[0], filters.shape[1], image.shape[2] * 2, image.shape[3] * 2
    describe = GpuDnnConvDesc(border_mode=(2, 2), subsample=(2, 2), conv_mode=conv_mode)
    desc = describe(gpu_alloc_empty(*shape).shape, filters.shape)
    made = GpuDnnConvGradI()(filters, image, gpu_alloc_empty(*shape), desc)
    expected = conv2d_grad_wrt_inputs(
        x, w, (2, 3, 8, 8), border_mode=(2, 2), subsample=(2, 2), filter_flip=conv_mode == "conv"
    )
    got, right = values([x, w], [made, expected], arrays((2, 5, 4, 4), (5, 3, 5, 5)))
    assert got.shape == (2, 3, 8, 8)
    assert_allclose(got, right, rtol=1e-5, atol=1e-5)


def test_alpha_and_beta_weigh_result_and_output():
    x, w, out = (pt.tensor4(name, dtype="float32") for name in "xwo")
    desc = GpuDnnConvDesc("half", (1, 1))(x.shape, w.shape)
    made = GpuDnnConv()(x, w, out, desc, 2.0, 3.0)
    expected = 2 * conv2d(x, w, border_mode="half") + 3 * out
    got, right = values(
        [x, w, out], [made, expected], arrays((2, 3, 6, 6), (4, 3, 3, 3), (2, 4, 6, 6))
    )
    assert got.dtype == "float32"
    assert_allclose(got, right, rtol=1e-5, atol=1e-5)


def test_gradient_of_filters_has_the_shape_of_the_output():
    x, g = pt.tensor4("x", dtype="float32"), pt.tensor4("g", dtype="float32")
    desc = GpuDnnConvDesc("valid", (2, 2))
    made = GpuDnnConvGradW()(x, g, gpu_alloc_empty(4, 3, 3, 3), desc)
    expected = conv2d_grad_wrt_weights(x, g, (4, 3, 3, 3), subsample=(2, 2))
    got, right = values([x, g], [made, expected], arrays((2, 3, 7, 7), (2, 4, 3, 3)))
    assert_allclose(got, right, rtol=1e-5, atol=1e-5)


def test_descriptor_takes_the_positions_of_old_releases():
    desc = GpuDnnConvDesc("valid", (1, 1), "cross")
    assert desc.settings()["conv_mode"] == "cross"
    assert desc.settings()["dilation"] == (1, 1)


def test_softmax_over_channels_and_over_instances():
    x = pt.tensor4("x", dtype="float32")
    made = [
        GpuDnnSoftmax("bc01", "accurate", "channel")(x),
        GpuDnnSoftmax("fast", "instance")(x),
        GpuDnnSoftmax("log", "channel")(x),
    ]
    (given,) = arrays((2, 3, 4, 5))
    channel, instance, log = values([x], made, [given])
    power = np.exp(given)
    assert_allclose(channel, power / power.sum(1, keepdims=True), rtol=1e-5)
    assert_allclose(instance, power / power.sum((1, 2, 3), keepdims=True), rtol=1e-5)
    assert_allclose(log, np.log(channel), rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="mode must be"):
        GpuDnnSoftmax("bc01", "fast", "rows")


def test_pooling():
    x = pt.tensor4("x", dtype="float32")
    (given,) = arrays((1, 1, 4, 4))
    got = values([x], GpuDnnPool("max")(x, (2, 2), (2, 2), (0, 0)), [given])
    assert_allclose(got, given.reshape(1, 1, 2, 2, 2, 2).max((3, 5)))


def test_nothing_is_an_array_of_the_old_back_end():
    from autoenc.theano.sandbox.cuda import cuda_ndarray

    from autoenc.theano.refusals import NotAvailableError

    kinds = {cuda_ndarray.cuda_ndarray.CudaNdarray: "as blocks keeps them"}
    (kind,) = kinds
    assert not isinstance(np.ones(3), kind)
    with pytest.raises(NotAvailableError, match="device=cuda"):
        kind(np.ones(3))
