"""``nnet.conv``: the older interface computes what ``nnet.conv2d`` does, and checks shapes."""

import numpy as np
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_allclose
from pytensor.tensor.exceptions import NotScalarConstantError
from scipy.signal import convolve2d

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.ops.old_conv import ConvOp, conv2d
from tests.theano.quick import function

RNG = np.random.default_rng(0)
IMAGES, FILTERS = RNG.normal(size=(2, 3, 7, 8)), RNG.normal(size=(4, 3, 3, 2))


def convolved(mode, steps, images=IMAGES, filters=FILTERS):
    out = [
        [sum(map(lambda x, k: convolve2d(x, k, mode), image, f)) for f in filters]
        for image in images
    ]
    return np.array(out)[:, :, :: steps[0], :: steps[1]]


@pytest.mark.parametrize("mode", ["valid", "full"])
@pytest.mark.parametrize("steps", [(1, 1), (2, 3)])
@pytest.mark.parametrize(
    "shapes",
    [
        (None, None),
        ((2, 3, 7, 8), (4, 3, 3, 2)),
        ((None, 3, None, 8), (4, None, None, 2)),
        ((2, pt.constant(3), 7, np.int64(8)), None),
    ],
    ids=["unknown", "known", "partly", "constants"],
)
def test_images_are_convolved(mode, steps, shapes):
    x, w = pt.dtensor4(), pt.dtensor4()
    with pytest.warns(UserWarning, match="nnet.conv.conv2d is deprecated"):
        out = conv2d(x, w, *shapes, border_mode=mode, subsample=steps, unroll_patch=True)
    value = function([x, w], out)(IMAGES, FILTERS)
    assert_allclose(value, convolved(mode, steps), atol=1e-12)


@pytest.mark.parametrize(
    "shapes",
    [
        {"imshp": (3, 7, 8), "kshp": (3, 2), "nkern": 4, "bsize": 2},
        {"imshp": (3, 7, 8), "imshp_logical": (3, 7, 8), "kshp": (3, 2), "kshp_logical": (3, 2)},
        {},
    ],
    ids=["known", "logical", "unknown"],
)
def test_the_operation_is_called_with_images_and_filters(shapes):
    x, w = pt.dtensor4(), pt.dtensor4()
    op = ConvOp(**shapes, dx=2, dy=None, output_mode="full")
    assert op.out_mode == "full"
    value = function([x, w], op(x, w))(IMAGES, FILTERS)
    assert_allclose(value, convolved("full", (2, 1)), atol=1e-12)


def test_images_without_channels_have_one():
    x, w = pt.dtensor4(), pt.dtensor4()
    op = ConvOp(imshp=(7, 8), kshp=(3, 2), nkern=4, bsize=2)
    some = IMAGES[:, :1], FILTERS[:, :1]
    value = function([x, w], op(x, w))(*some)
    assert_allclose(value, convolved("valid", (1, 1), *some), atol=1e-12)


@pytest.mark.parametrize("mode", ["valid", "full"])
@pytest.mark.parametrize("steps", [(1, 1), (2, 3), (3, 5)])
def test_the_shape_of_the_output(mode, steps):
    shape = ConvOp.getOutputShape((7, 8), (3, 2), steps, mode)
    assert shape == convolved(mode, steps).shape[2:]


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        (
            {"colour": 1, "size": 2},
            TypeError,
            r"unexpected keyword arguments \['colour', 'size'\]",
        ),
        ({"output_mode": "half"}, Exception, "Mode half not implemented"),
        ({"imshp": (1, 2, 3, 4)}, ValueError, "must be 2 or 3, got 4"),
        (
            {"imshp": (1, 4, 4), "imshp_logical": (1, 8, 8)},
            NotImplementedError,
            "imshp_logical .* not supported",
        ),
        (
            {"kshp": (2, 2), "kshp_logical": (4, 2)},
            NotImplementedError,
            "kshp_logical .* not supported",
        ),
    ],
)
def test_impossible_parameters_are_refused(keywords, error, message):
    with pytest.raises(error, match=message):
        ConvOp(**keywords)


@pytest.mark.parametrize(
    ("shapes", "error", "message"),
    [
        (((2, 3, 7, 8), (4, 2, 3, 2)), AssertionError, "differ in the number of channels"),
        (((pt.iscalar(), 3, 7, 8),), NotScalarConstantError, "for the image_shape parameter"),
        ((None, (4, 3, pt.iscalar(), 2)), NotScalarConstantError, "for the filter_shape param"),
    ],
)
@pytest.mark.filterwarnings("ignore:theano.tensor.nnet.conv.conv2d")
def test_impossible_shapes_are_refused(shapes, error, message):
    x, w = pt.dtensor4(), pt.dtensor4()
    with pytest.raises(error, match=message):
        conv2d(x, w, *shapes)


@pytest.mark.parametrize(
    "shapes",
    [
        ((2, 3, 7, 8), None),
        ((1, 3, 6, 8), (4, 3, 3, 2)),
        (None, (5, 3, 3, 2)),
        (None, (4, None, 3, 3)),
        ((None, 2, None, None), None),
    ],
)
def test_arrays_of_other_shapes_are_refused(shapes):
    x, w = pt.dtensor4(), pt.dtensor4()
    with pytest.warns(UserWarning, match="deprecated"):
        out = conv2d(x, w, *shapes)
    f = function([x, w], out)
    with pytest.raises(ValueError, match="shape"):
        f(np.ones((1, 3, 7, 8)), np.ones((4, 3, 3, 2)))


@pytest.mark.parametrize(
    ("image", "kernel", "fits"),
    [((6, 7), (2, 2), True), ((None, 7), (2, None), True), ((5, 7), (2, 2), False),
     ((6, 7), (3, 3), False)],
)  # fmt: skip
def test_shapes_of_images_without_channels_are_checked(image, kernel, fits):
    from autoenc.theano.tensor.signal.conv import conv2d

    for stacked in (False, True):
        x, k = (T.tensor3("x"), T.tensor3("k")) if stacked else (T.matrix("x"), T.matrix("k"))
        numbers = ((2,), (3,)) if stacked else ((), ())
        f = theano.function([x, k], conv2d(x, k, (*numbers[0], *image), (*numbers[1], *kernel)))
        dtype = theano.config.floatX
        arrays = np.ones((*numbers[0], 6, 7), dtype), np.ones((*numbers[1], 2, 2), dtype)
        if fits:
            np.testing.assert_allclose(f(*arrays), np.full((*sum(numbers, ()), 5, 6), 4))
        else:
            with pytest.raises(ValueError, match="shape"):
                f(*arrays)


def test_shapes_of_images_without_channels_may_be_partial():
    """Of matrices, Theano took rows and columns only, and it ignored a shape without the other."""
    from autoenc.theano.tensor.signal.conv import conv2d

    dtype = theano.config.floatX
    images, filters = np.ones((2, 4, 5), dtype), np.ones((3, 2, 2), dtype)
    x, k, xs, ks = T.matrix("x"), T.matrix("k"), T.tensor3("xs"), T.tensor3("ks")
    cases = [
        ([x, k], (1, 4, 5), (2, 2), [images[0], filters[0]], 48),
        ([x, k], (4, 5), (1, 2, 2), [images[0], filters[0]], 48),
        ([xs, k], (2, 4, 5), (1, 2, 2), [images, filters[0]], 96),
        ([xs, ks], (3, 4, 5), None, [images, filters], 288),
        ([xs, ks], None, (3, 2, 7), [images, filters], 288),
    ]
    for inputs, image_shape, filter_shape, arrays, total in cases:
        f = theano.function(inputs, conv2d(*inputs, image_shape, filter_shape).sum())
        np.testing.assert_allclose(f(*arrays), total)
