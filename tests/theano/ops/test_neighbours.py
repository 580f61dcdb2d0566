"""Patches of images: each mode compared with padded or repeated images, and with Theano 1.0.5."""

import numpy as np
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_array_equal
from pytensor import grad
from pytensor.gradient import pushforward, verify_grad

from autoenc.theano.ops.neighbours import Images2Neibs, images2neibs, neibs2images
from tests.theano.quick import function

IMAGES = np.random.default_rng(0).normal(size=(2, 3, 5, 5))
COUNT = np.arange(1, 26.0).reshape(1, 1, 5, 5)
GEOMETRIES = [
    ("valid", (5, 1), None),
    ("valid", (3, 2), (2, 3)),
    ("ignore_borders", (2, 3), None),
    ("ignore_borders", (2, 2), (1, 3)),
    ("wrap_centered", (3, 3), (2, 3)),
    ("wrap_centered", (1, 5), (1, 1)),
    ("half", (3, 3), (2, 2)),
    ("half", (2, 2), (5, 5)),
    ("full", (3, 3), (2, 3)),
    ("full", (2, 4), (1, 7)),
]


def naive(images, shape, step, mode):
    """Cut patches out of an image that is padded first."""
    rows, columns = shape
    pads = {
        "wrap_centered": ((rows // 2,) * 2, (columns // 2,) * 2),
        "half": ((rows // 2,) * 2, (columns // 2,) * 2),
        "full": ((rows - 1,) * 2, (columns - 1,) * 2),
    }.get(mode, ((0, 0), (0, 0)))
    kind = "wrap" if mode == "wrap_centered" else "constant"
    padded = np.pad(images, ((0, 0), (0, 0), *pads), kind)
    patches = [
        image[i : i + rows, j : j + columns].ravel()
        for image in padded.reshape(-1, *padded.shape[2:])
        for i in range(0, image.shape[0] - rows + 1, step[0])
        for j in range(0, image.shape[1] - columns + 1, step[1])
    ]
    return np.array(patches)


@pytest.mark.parametrize(("mode", "shape", "step"), GEOMETRIES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_patches_are_cut_out(mode, shape, step, dtype):
    x = pt.tensor4(dtype=dtype)
    patches = function([x], images2neibs(x, shape, step, mode))(IMAGES.astype(dtype))
    assert patches.dtype == dtype
    assert_array_equal(patches, naive(IMAGES.astype(dtype), shape, step or shape, mode))


@pytest.mark.parametrize(
    ("mode", "shape", "step", "n", "first"),
    [
        ("valid", (5, 1), (5, 1), 5, [1, 6, 11, 16, 21]),
        ("ignore_borders", (2, 3), (2, 3), 2, [1, 2, 3, 6, 7, 8]),
        ("wrap_centered", (3, 3), (2, 3), 6, [25, 21, 22, 5, 1, 2, 10, 6, 7]),
        ("half", (3, 3), (2, 2), 9, [0, 0, 0, 0, 1, 2, 0, 6, 7]),
        ("half", (2, 2), (1, 1), 36, [0, 0, 0, 1]),
        ("full", (3, 3), (2, 3), 12, [0, 0, 0, 0, 0, 0, 0, 0, 1]),
    ],
)
def test_recorded_patches(mode, shape, step, n, first):
    x = pt.dtensor4()
    patches = function([x], images2neibs(x, shape, step, mode))(COUNT)
    assert len(patches) == n
    assert_array_equal(patches[0], first)


@pytest.mark.parametrize(("mode", "shape", "step"), GEOMETRIES)
def test_gradients_are_finite_differences(mode, shape, step):
    rng = np.random.default_rng(1)
    verify_grad(lambda x: images2neibs(x, shape, step, mode), [IMAGES], rng=rng, mode="CVM")


def test_gradients_of_gradients_are_finite_differences():
    def gradient(x):
        return grad((images2neibs(x, (3, 3), (2, 2), "half") ** 3).sum(), x)

    rng = np.random.default_rng(1)
    verify_grad(gradient, [IMAGES], rng=rng, mode="CVM")


def test_a_gradient_has_the_shape_of_the_images():
    x = pt.dtensor4()
    gradient = grad(images2neibs(x, (2, 2), mode="ignore_borders").sum(), x)
    value, shape = function([x], [gradient, gradient.shape])(IMAGES)
    assert_array_equal(shape, IMAGES.shape)
    # The last row and the last column are in no patch.
    expected = np.ones_like(IMAGES)
    expected[:, :, -1] = expected[:, :, :, -1] = 0
    assert_array_equal(value, expected)


@pytest.mark.parametrize("direct", [False, True])
def test_the_derivative_along_a_direction_is_made_of_its_patches(direct):
    x, v = pt.dtensor4(), pt.dtensor4()
    patches = images2neibs(x, (3, 3), (2, 2), "half")
    derivative = pushforward(patches, x, v, use_op_pushforward=direct)
    f = function([x, v], derivative, on_unused_input="ignore")
    assert_array_equal(f(IMAGES, COUNT), naive(COUNT, (3, 3), (2, 2), "half"))


@pytest.mark.parametrize("shape", [(5, 1), (1, 5), (5, 5)])
def test_images_are_assembled(shape):
    x = pt.dtensor4()
    whole = neibs2images(images2neibs(x, shape), shape, x.shape)
    assert_array_equal(function([x], whole)(IMAGES), IMAGES)


def test_borders_that_were_left_out_are_zero():
    x = pt.dtensor4()
    patches = images2neibs(x, (2, 3), mode="ignore_borders")
    whole = neibs2images(patches, (2, 3), IMAGES.shape, mode="ignore_borders")
    expected = np.zeros_like(IMAGES)
    expected[:, :, :4, :3] = IMAGES[:, :, :4, :3]
    assert_array_equal(function([x], whole)(IMAGES), expected)


def test_no_patch_fits():
    x = pt.dtensor4()
    f = function([x], images2neibs(x, (6, 2), mode="ignore_borders"))
    assert f(COUNT).shape == (0, 12)


@pytest.mark.parametrize(
    ("mode", "shape", "step", "error", "message"),
    [
        ("valid", (2, 5), None, TypeError, r"neib_shape\[0\]=2, neib_step\[0\]=2 and .* not cons"),
        ("valid", (1, 6), (1, 1), TypeError, r"neib_shape\[1\]=6, neib_step\[1\]=1 and ten4"),
        ("half", (3, 3), (3, 2), TypeError, r"neib_step\[0\]=3 and ten4.shape\[2\]=5 not cons"),
        ("full", (2, 2), (2, 3), TypeError, r"neib_step\[0\]=2 and ten4.shape\[2\]=5 not cons"),
        ("wrap_centered", (2, 3), (1, 1), TypeError, "need patch with odd shapes"),
        ("wrap_centered", (7, 3), (1, 1), TypeError, "don't support image shapes smaller"),
        ("valid", (0, 1), (1, 1), ValueError, "must be positive"),
        ("valid", (1, 1), (1, -1), ValueError, "must be positive"),
    ],
)
def test_patches_that_do_not_fit_are_refused(mode, shape, step, error, message):
    x = pt.dtensor4()
    f = function([x], images2neibs(x, shape, step, mode))
    with pytest.raises(error, match=message):
        f(COUNT)


@pytest.mark.parametrize(
    ("create", "error", "message"),
    [
        (lambda: Images2Neibs("same"), NotImplementedError, "have been implemented"),
        (lambda: images2neibs(pt.dmatrix(), (2, 2)), TypeError, "ten4 must be a 4d tensor"),
        (lambda: images2neibs(COUNT, 2), TypeError, "neib_shape must be a pair of integers"),
        (lambda: images2neibs(COUNT, (2, 2), (0.5, 1)), TypeError, "neib_step must be a pair"),
        (
            lambda: neibs2images(pt.dmatrix(), (2, 2), (1, 1, 4, 4), "half"),
            NotImplementedError,
            "neibs2images do not support mode=half",
        ),
    ],
)
def test_impossible_parameters_are_refused(create, error, message):
    with pytest.raises(error, match=message):
        create()
