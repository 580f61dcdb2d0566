"""Pooling and its gradients: kernels, NumPy and XLA agree, and ties have all of the gradient."""

from itertools import product

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pytensor.gradient import pushforward, verify_grad

from autoenc.theano.ops import pooling
from autoenc.theano.ops.pool import max_pool_2d, max_pool_2d_same_size, pool_2d, pool_3d
from autoenc.theano.ops.pooling import MODES, Windows

GEOMETRIES = [
    (size, stride, pad, border)
    for size, stride in [((2, 2), None), ((3, 2), (2, 1)), ((2, 3), (3, 4))]
    for pad, border in [((0, 0), True), ((0, 0), False), ((1, 1), True)]
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_kernels_and_numpy_agree(mode, geometry, dtype, compiler, monkeypatch):
    size, stride, pad, border = geometry
    windows = Windows(size, stride or size, pad, border)
    image = np.random.default_rng(0).integers(-3, 4, (3, 2, 7, 8)).astype(dtype)
    assert pooling.kernels() is not None
    top = pooling.pool(image, windows, mode)
    given = np.random.default_rng(1).normal(size=top.shape).astype(dtype)
    gradient = pooling.gradient(image, top, given, windows, mode)
    monkeypatch.setattr(pooling, "kernels", lambda: None)
    assert_allclose(top, pooling.pool(image, windows, mode), rtol=1e-6)
    expected = pooling.gradient(image, top, given, windows, mode)
    assert_allclose(gradient, expected, rtol=1e-5, atol=1e-6)


def test_each_mode_is_what_it_says():
    image = np.arange(16.0).reshape(4, 4)
    x = pt.dmatrix()
    expected = {
        "max": [[0.0, 2.0, 3.0], [8.0, 10.0, 11.0], [12.0, 14.0, 15.0]],
        "sum": [[0.0, 3.0, 3.0], [12.0, 30.0, 18.0], [12.0, 27.0, 15.0]],
        "average_inc_pad": [[0.0, 0.75, 0.75], [3.0, 7.5, 4.5], [3.0, 6.75, 3.75]],
        "average_exc_pad": [[0.0, 1.5, 3.0], [6.0, 7.5, 9.0], [12.0, 13.5, 15.0]],
    }
    for mode, values in expected.items():
        out = pool_2d(x, (2, 2), ignore_border=True, pad=(1, 1), mode=mode)
        assert_allclose(pytensor.function([x], out, mode="CVM")(image), values)


def test_all_that_equal_a_maximum_have_its_gradient():
    x = pt.dmatrix()
    gradient = pytensor.grad(pool_2d(x, (2, 2), ignore_border=True).sum(), x)
    image = np.array([[1.0, 1.0], [0.0, 1.0]])
    f = pytensor.function([x], gradient, mode="CVM")
    assert_array_equal(f(image), [[1.0, 1.0], [0.0, 1.0]])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("border", [True, False])
def test_gradients_are_finite_differences(mode, border):
    rng = np.random.default_rng(0)
    image = rng.permutation(2 * 6 * 5).reshape(2, 1, 6, 5).astype("float64")

    def pooled(x):
        return pool_2d(x, (3, 2), ignore_border=border, stride=(2, 1), mode=mode)

    verify_grad(pooled, [image], rng=rng, mode="CVM")


def test_gradients_of_volumes_and_of_gradients():
    rng = np.random.default_rng(0)
    volume = rng.permutation(4 * 5 * 4).reshape(1, 1, 4, 5, 4).astype("float64")
    verify_grad(
        lambda x: pool_3d(x, (2, 2, 2), ignore_border=True, pad=(1, 0, 1)),
        [volume],
        rng=rng,
        mode="CVM",
    )

    def gradient(x):
        out = pool_2d(x, (2, 2), ignore_border=True)
        return pytensor.grad((out**3).sum(), x)

    verify_grad(gradient, [volume[0]], rng=rng, mode="CVM")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_xla_agrees(mode, geometry):
    from autoenc.theano.engines import xla_ops  # noqa: F401 - registers them

    size, stride, pad, border = geometry
    x = pt.ftensor4()
    out = pool_2d(x, size, ignore_border=border, stride=stride, pad=pad, mode=mode)
    first = pytensor.grad((out**3).sum(), x)
    graph = [out, first, pytensor.grad((first**2).sum(), x)]
    image = np.random.default_rng(0).integers(-3, 4, (3, 2, 7, 8)).astype("float32")
    both = [pytensor.function([x], graph, mode=m)(image) for m in ("CVM", "JAX")]
    for in_c, in_xla in zip(*both, strict=True):
        assert_allclose(in_c, in_xla, rtol=1e-3, atol=1e-3)


def test_the_derivative_along_a_direction():
    x, v = pt.dmatrix(), pt.dmatrix()
    out = pool_2d(x, (2, 2), ignore_border=True)
    derivative = pushforward(out, x, v)
    f = pytensor.function([x, v], derivative, mode="CVM", on_unused_input="ignore")
    image = np.array([[1.0, 2.0], [3.0, 0.0]])
    assert_array_equal(f(image, np.array([[5.0, 6.0], [7.0, 8.0]])), [[7.0]])


def test_shapes_are_inferred():
    x = pt.dtensor4()
    for border, stride in product((True, False), ((2, 2), (3, 1), (1, 4))):
        out = pool_2d(x, (2, 3), ignore_border=border, stride=stride)
        f = pytensor.function([x], [out, out.shape], mode="CVM")
        value, shape = f(np.zeros((2, 3, 9, 8)))
        assert value.shape == tuple(shape)


def test_older_names():
    x = pt.dmatrix()
    image = np.arange(16.0).reshape(4, 4)
    with pytest.warns(UserWarning, match="'ds' parameter"):
        older = pool_2d(x, ds=(2, 2), ignore_border=True)
    graphs = [older, max_pool_2d(x, (2, 2), ignore_border=True)]
    for value in pytensor.function([x], graphs, mode="CVM")(image):
        assert_array_equal(value, [[5.0, 7.0], [13.0, 15.0]])
    with pytest.warns(UserWarning, match="ignore_border"):
        pool_2d(x, (2, 2))
    x4 = pt.dtensor4()
    same = pytensor.function([x4], max_pool_2d_same_size(x4, (2, 2)), mode="CVM")
    assert same(image[None, None]).sum() == 40


@pytest.mark.parametrize(
    ("keywords", "error"),
    [
        ({"ws": (2, 2), "pad": (1, 1), "ignore_border": False}, NotImplementedError),
        ({"ws": (2, 2), "pad": (2, 2), "ignore_border": True}, NotImplementedError),
        ({"ignore_border": True}, ValueError),
        ({"ws": (2, 2), "mode": "median", "ignore_border": True}, ValueError),
        ({"ws": (2.0, 2.0), "ignore_border": True}, TypeError),
        ({"ws": (2, 2), "ds": (2, 2), "ignore_border": True}, ValueError),
    ],
)
def test_impossible_parameters_are_refused(keywords, error):
    with pytest.raises(error):
        pool_2d(pt.dmatrix(), **keywords)
