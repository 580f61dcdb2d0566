"""Pooling and its gradients: kernels, NumPy and XLA agree, and ties have all of the gradient."""

from itertools import product

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pytensor.gradient import pushforward, verify_grad

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.ops import pooling
from autoenc.theano.ops.pool import max_pool_2d, max_pool_2d_same_size, pool_2d, pool_3d
from autoenc.theano.ops.pool_ops import DownsampleFactorMaxGradGrad, MaxPoolRop, Pool
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


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_the_derivative_along_a_direction(mode, direct):
    x, v = pt.dmatrix(), pt.dmatrix()
    out = pool_2d(x, (2, 2), ignore_border=True, mode=mode)
    derivative = pushforward(out, x, v, use_op_pushforward=direct)
    f = pytensor.function([x, v], derivative, mode="CVM", on_unused_input="ignore")
    image = np.array([[1.0, 2.0], [3.0, 0.0]])
    expected = {"max": 7.0, "sum": 26.0}.get(mode, 6.5)
    assert_array_equal(f(image, np.array([[5.0, 6.0], [7.0, 8.0]])), [[expected]])


def test_the_derivative_of_a_maximum_is_that_of_the_first():
    x, v = pt.dmatrix(), pt.dmatrix()
    derivative = MaxPoolRop(True)(x, v, (2, 2), (1, 2), (1, 0))
    f = pytensor.function([x, v], derivative, mode="CVM")
    image = np.array([[4.0, 4.0, 1.0, 2.0], [0.0, 3.0, 2.0, 2.0], [9.0, 0.0, 2.0, 0.0]])
    along = np.arange(12.0).reshape(3, 4)
    assert_array_equal(f(image, along), [[0.0, 3.0], [0.0, 3.0], [8.0, 6.0], [8.0, 10.0]])


@pytest.mark.parametrize("mode", ["sum", "average_inc_pad", "average_exc_pad"])
def test_gradients_of_gradients_of_sums_and_means(mode):
    def gradient(x):
        out = pool_2d(x, (2, 3), ignore_border=True, stride=(1, 2), pad=(1, 1), mode=mode)
        return pytensor.grad((out**3).sum(), x)

    rng = np.random.default_rng(0)
    verify_grad(gradient, [rng.normal(size=(2, 4, 5))], rng=rng, mode="CVM")


def test_the_gradient_of_the_sums_over_maxima():
    rng = np.random.default_rng(0)
    image = rng.permutation(20).reshape(1, 4, 5).astype("float64")
    best = image[:, :, :4].reshape(1, 2, 2, 2, 2).max((2, 4))

    def gathered(x):
        return DownsampleFactorMaxGradGrad(True)(image, best, x, (2, 2))

    verify_grad(gathered, [rng.normal(size=image.shape)], rng=rng, mode="CVM")


def test_shapes_are_inferred():
    x = pt.dtensor4()
    for border, stride in product((True, False), ((2, 2), (3, 1), (1, 4))):
        out = pool_2d(x, (2, 3), ignore_border=border, stride=stride)
        f = pytensor.function([x], [out, out.shape], mode="CVM")
        value, shape = f(np.zeros((2, 3, 9, 8)))
        assert value.shape == tuple(shape)


def test_the_shape_is_inferred_without_pooling():
    x = pt.dtensor4()
    for border, expected in ((True, [2, 3, 4, 2]), (False, [2, 3, 5, 3])):
        shape = pool_2d(x, (2, 3), ignore_border=border).shape
        f = pytensor.function([x], shape, mode="CVM")
        assert not any(isinstance(node.op, Pool) for node in f.maker.fgraph.apply_nodes)
        assert f(np.zeros((2, 3, 9, 8))).tolist() == expected


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


@pytest.mark.parametrize(
    ("image", "windows", "mode", "error", "message"),
    [
        ((3,), (2, 2), "max", NotImplementedError, "input with 2 or more dimensions"),
        ((3, 3), (2, 1), "max", NotImplementedError, "padding must be smaller than strides"),
        ((3, 3), (2, 1), "average_exc_pad", NotImplementedError, "padding must be smaller"),
    ],
)
def test_impossible_arrays_are_refused(image, windows, mode, error, message):
    with pytest.raises(error, match=message):
        pooling.pool(np.zeros(image), Windows(windows, windows, (1, 1), True), mode)


def test_windows_of_padding_only_have_a_sum():
    windows = Windows((1, 1), (1, 1), (1, 1), True)
    for mode in ("sum", "average_inc_pad"):
        result = pooling.pool(np.ones((2, 2)), windows, mode)
        assert_array_equal(result, np.pad(np.ones((2, 2)), 1))


@pytest.mark.parametrize("mode", MODES)
def test_four_axes_are_pooled_without_kernels(mode):
    image = np.random.default_rng(0).permutation(3 * 4**4).reshape(3, 4, 4, 4, 4) * 1.0
    windows = Windows((2,) * 4, (2,) * 4, (0,) * 4, True)
    blocks = image.reshape(3, *(2, 2) * 4)
    value = {"max": blocks.max, "sum": blocks.sum}.get(mode, blocks.mean)
    top = pooling.pool(image, windows, mode)
    assert_allclose(top, value((2, 4, 6, 8)))
    gradient = pooling.gradient(image, top, np.ones_like(top), windows, mode)
    share = {"max": 1, "sum": 16}.get(mode, 1)
    assert_allclose(gradient.reshape(blocks.shape).sum((2, 4, 6, 8)), share)


def test_integers_are_pooled():
    x = pt.lmatrix()
    image = np.arange(16).reshape(4, 4)
    graphs = [pool_2d(x, (2, 2), ignore_border=True, mode=mode) for mode in ("max", "sum")]
    best, total = pytensor.function([x], graphs, mode="CVM")(image)
    assert best.dtype == total.dtype == "int64"
    assert_array_equal(best, [[5, 7], [13, 15]])
    assert_array_equal(total, [[10, 18], [42, 50]])


def test_shapes_by_older_names():
    with pytest.warns(UserWarning, match="'(ds|st|padding)' parameter"):
        shape = Pool.out_shape((7, 9, 8), ds=(2, 3), st=(1, 2), padding=(1, 0), ignore_border=True)
    assert shape == [7, 10, 3]
    rows = pt.lscalar()
    for border, expected in ((True, [0, 1, 2, 2]), (False, [1, 2, 2, 3])):
        out = Pool.out_shape((rows, 8), (2, 2), ignore_border=border)
        f = pytensor.function([rows], out[0], mode="CVM")
        assert [int(f(n)) for n in (1, 3, 4, 5)] == expected
        assert out[1] == 4


@pytest.mark.parametrize(
    ("create", "error", "message"),
    [
        (lambda: Pool.out_shape((5, 5)), ValueError, "must provide a tuple value for the window"),
        (lambda: Pool.out_shape((5,), (2, 2)), TypeError, "imgshape must have at least 2 dim"),
        (lambda: Pool.out_shape((5, 5), (2, 2), ds=(2, 2)), ValueError, "both 'ds' and 'ws'"),
        (lambda: Pool(True)(pt.dvector(), (2, 2)), TypeError, "over 2 axes .* at least as many"),
        (lambda: pool_2d(pt.dvector(), (2, 2)), NotImplementedError, "a dimension >= 2"),
        (lambda: Pool(True)(pt.dmatrix(), 2), TypeError, "must be ints, one for each axis"),
    ],
)
def test_impossible_shapes_are_refused(create, error, message):
    with pytest.raises(error, match=message):
        create()


def test_windows_of_another_number_of_axes_are_refused():
    x, size = pt.dmatrix(), pt.lvector()
    f = pytensor.function([x, size], pool_2d(x, size, ignore_border=True), mode="CVM")
    assert_array_equal(f(np.ones((4, 4)), [2, 4]), [[1], [1]])
    with pytest.raises(ValueError, match=r"needs as many lengths, got \[2, 2, 2\]"):
        f(np.ones((4, 4)), [2, 2, 2])


NAN = np.nan
IMAGE = np.array([[1, NAN, 2, 0], [NAN, 3, 4, 0], [5, 6, np.inf, NAN], [7, 8, -np.inf, NAN]])


@pytest.mark.parametrize("mode", ["FAST_RUN", "JAX"])
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"ws": (2, 2)}, [[3, 4], [8, np.inf]]),
        ({"ws": (3, 3), "ignore_border": False}, [[np.inf, 0], [8, NAN]]),
        (
            {"ws": (3, 3), "stride": (1, 1), "pad": (1, 1)},
            [
                [3, 4, NAN, 4],
                [6, np.inf, NAN, np.inf],
                [NAN, NAN, np.inf, np.inf],
                [8, np.inf, np.inf, np.inf],
            ],
        ),
    ],
)
def test_nan_is_the_maximum_only_as_the_first_entry(mode, options, expected, monkeypatch):
    """Theano's C code compared each entry with the greatest before it; values of Theano 1.0.5."""
    x = T.dmatrix("x")
    f = theano.function([x], pool_2d(x, **{"ignore_border": True, **options}), mode=mode)
    assert_array_equal(f(IMAGE), expected)
    monkeypatch.setattr(pooling, "kernels", lambda: None)
    assert_array_equal(f(IMAGE), expected)


@pytest.mark.parametrize("mode", ["FAST_RUN", "JAX"])
def test_the_gradient_passes_nan_by(mode):
    x = T.dmatrix("x")
    gradient = T.grad(pool_2d(x, (2, 2), ignore_border=True).sum(), x)
    expected = [[0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 1, 0, 0]]
    assert_array_equal(theano.function([x], gradient, mode=mode)(IMAGE), expected)
