"""Functions based on convolutions: transposed, separable, causal, and of volumes."""

import numpy as np
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pytensor import grad
from pytensor.gradient import DisconnectedInputError, pushforward, verify_grad
from scipy.signal import convolve

from autoenc.theano.ops.conv import (
    abstract_conv2d,
    causal_conv1d,
    conv2d,
    conv2d_grad_wrt_inputs,
    conv2d_grad_wrt_weights,
    conv2d_transpose,
    conv3d,
    conv3d_grad_wrt_inputs,
    conv3d_grad_wrt_weights,
    separable_conv2d,
    separable_conv3d,
)
from autoenc.theano.ops.conv_ops import (
    AbstractConv,
    AbstractConv2d,
    AbstractConv3d,
)
from tests.theano.quick import function

RNG = np.random.default_rng(0)


def tensor(n_axes):
    return pt.TensorType("float64", (None,) * n_axes)()


def inserted(images, steps):
    """Insert zeros between the entries of the axes of images."""
    shape = [(n - 1) * s + 1 for n, s in zip(images.shape[2:], steps, strict=True)]
    larger = np.zeros((*images.shape[:2], *shape))
    larger[:, :, *(slice(None, None, s) for s in steps)] = images
    return larger


def convolved(images, filters, mode="valid"):
    return np.array(
        [
            [sum(convolve(x, k, mode) for x, k in zip(image, f, strict=True)) for f in filters]
            for image in images
        ]
    )


def turned(filters):
    """Exchange the first two axes and flip the others."""
    return np.flip(np.swapaxes(filters, 0, 1), tuple(range(2, filters.ndim)))


@pytest.mark.parametrize("steps", [(1, 1), (2, 3)])
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("flip", [False, True])
def test_a_transposed_convolution_inserts_zeros(steps, known, flip):
    given, filters = RNG.normal(size=(2, 4, 3, 3)), RNG.normal(size=(4, 3, 3, 2))
    kernel = turned(filters) if flip else np.swapaxes(filters, 0, 1)
    expected = convolved(inserted(given, steps), kernel, "full")
    top, w = tensor(4), tensor(4)
    lengths = expected.shape[2:]
    shape = (2, 3, *lengths) if known else (None, None, *map(pt.constant, lengths))
    filter_shape = filters.shape if known else None
    out = conv2d_transpose(top, w, shape, filter_shape, input_dilation=steps, filter_flip=flip)
    assert_allclose(function([top, w], out)(given, filters), expected, atol=1e-12)


@pytest.mark.parametrize("known", [False, True])
def test_gradients_of_volumes_transpose_the_convolution(known):
    image, filters = RNG.normal(size=(2, 4, 5, 6, 4)), RNG.normal(size=(4, 2, 2, 3, 2))
    x, w, top = (tensor(5) for _ in range(3))
    how = {"border_mode": (1, 0, 2), "subsample": (2, 1, 3), "num_groups": 2}
    expected = grad(None, [x, w], known_grads={conv3d(x, w, **how): top})
    of_x, of_w = (image.shape, filters.shape) if known else (x.shape, w.shape)
    some = ((2, 4, *of_x[2:]), (4, 2, *of_w[2:]))
    direct = [
        conv3d_grad_wrt_inputs(top, w, some[0], filters.shape if known else None, **how),
        conv3d_grad_wrt_weights(x, top, some[1], image.shape if known else None, **how),
    ]
    shapes = [gradient.shape for gradient in direct]
    given = RNG.normal(size=(2, 4, 3, 4, 3))
    f = function([x, w, top], [*expected, *direct, *shapes])
    first, second, direct_first, direct_second, *shapes = f(image, filters, given)
    assert_allclose(direct_first, first, atol=1e-12)
    assert_allclose(direct_second, second, atol=1e-12)
    assert [s.tolist() for s in shapes] == [list(image.shape), list(filters.shape)]


def test_gradients_of_gradients_are_finite_differences():
    image, filters = RNG.normal(size=(2, 2, 4, 3)), RNG.normal(size=(2, 2, 2, 2))
    given = RNG.normal(size=(2, 2, 3, 2))
    how = {"rng": RNG, "mode": "CVM"}
    verify_grad(lambda w, g: conv2d_grad_wrt_inputs(g, w, image.shape), [filters, given], **how)
    verify_grad(lambda x, g: conv2d_grad_wrt_weights(x, g, filters.shape), [image, given], **how)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("n_axes", [2, 3])
def test_separable_convolutions_are_two_convolutions(n_axes, known):
    lengths, kernel = (6, 5, 4)[:n_axes], (3, 2, 2)[:n_axes]
    image, each = RNG.normal(size=(2, 3, *lengths)), RNG.normal(size=(6, 1, *kernel))
    mix = RNG.normal(size=(5, 6, *(1,) * n_axes))
    apart = np.stack(
        [convolved(image[:, i // 2, None], each[i, None])[:, 0] for i in range(6)], axis=1
    )
    expected = np.einsum("nc...,fc->nf...", apart, mix.reshape(5, 6))
    arrays = tensor(n_axes + 2), tensor(n_axes + 2), tensor(n_axes + 2)
    shapes = (image.shape, each.shape, mix.shape) if known else ()
    separable = separable_conv2d if n_axes == 2 else separable_conv3d
    out = separable(*arrays, 3, *shapes)
    assert_allclose(function([*arrays], out)(image, each, mix), expected, atol=1e-12)


@pytest.mark.parametrize("known", [None, (2, 3, 9)])
@pytest.mark.parametrize(("step", "dilation"), [(1, 1), (2, 1), (1, 3)])
def test_causal_convolutions_pad_the_past(known, step, dilation):
    series, filters = RNG.normal(size=(2, 3, 9)), RNG.normal(size=(4, 3, 2))
    x, w = tensor(3), tensor(3)
    out = causal_conv1d(x, w, filters.shape, known, step, filter_dilation=dilation)
    wide = np.zeros((4, 3, dilation + 1))
    wide[:, :, ::dilation] = filters
    expected = convolved(series, wide, "full")[:, :, :9:step]
    assert_allclose(function([x, w], out)(series, filters), expected, atol=1e-12)


def test_older_names_of_images_and_of_the_function():
    x, w = tensor(4), tensor(4)
    with pytest.warns(UserWarning, match="it has been renamed to `input_shape`"):
        older = conv2d(x, w, image_shape=(2, 3, 6, 5))
    with pytest.warns(UserWarning, match=r"\['colour'\] are now deprecated .* be ignored"):
        ignored = conv2d(x, w, colour=1)
    assert older.owner.op.imshp == (2, 3, 6, 5)
    image, filters = RNG.normal(size=(2, 3, 6, 5)), RNG.normal(size=(4, 3, 3, 2))
    graphs = [older, ignored, abstract_conv2d(x, w, filter_flip=True)]
    expected = convolved(image, filters)
    for value in function([x, w], graphs)(image, filters):
        assert_allclose(value, expected, atol=1e-12)
    with (
        pytest.warns(UserWarning, match="renamed"),
        pytest.raises(ValueError, match="should not be provided at the same time"),
    ):
        conv2d(x, w, input_shape=(2, 3, 6, 5), image_shape=(2, 3, 6, 5))


@pytest.mark.parametrize("directions", [("x",), ("w",), ("x", "w")])
@pytest.mark.parametrize("direct", [False, True])
def test_the_derivative_along_a_direction(directions, direct):
    arrays = {"x": tensor(4), "w": tensor(4)}
    along = {"x": tensor(4), "w": tensor(4)}
    values = {"x": RNG.normal(size=(2, 3, 6, 5)), "w": RNG.normal(size=(4, 3, 3, 2))}
    moved = {name: RNG.normal(size=value.shape) for name, value in values.items()}
    derivative = pushforward(
        conv2d(arrays["x"], arrays["w"]),
        [arrays[name] for name in directions],
        [along[name] for name in directions],
        use_op_pushforward=direct,
    )
    f = function([*arrays.values(), *along.values()], derivative, on_unused_input="ignore")
    expected = 0
    if "x" in directions:
        expected = convolved(moved["x"], values["w"])
    if "w" in directions:
        expected = expected + convolved(values["x"], moved["w"])
    assert_allclose(f(*values.values(), *moved.values()), expected, atol=1e-12)


def test_lengths_have_no_gradient():
    top, w, n = tensor(4), tensor(4), pt.dscalar()
    rows = n.astype("int64")
    for out in (
        conv2d_grad_wrt_inputs(top, w, (None, None, rows, rows)),
        conv2d_grad_wrt_weights(top, w, (None, None, rows, rows)),
    ):
        with pytest.raises(DisconnectedInputError):
            grad(out.sum(), n)


def test_given_shapes_are_those_of_the_graph():
    x, w = tensor(5), tensor(5)
    out = conv3d(x, w, (2, 3, 5, 5, 5), (4, 3, 2, 2, 2), border_mode=(1, 0, 0))
    f = function([x, w], out.shape, on_unused_input="ignore")
    shape = f(np.zeros((2, 3, 5, 5, 5)), np.zeros((4, 3, 2, 2, 2)))
    assert_array_equal(shape, [2, 4, 6, 4, 4])


@pytest.mark.parametrize(
    ("create", "error", "message"),
    [
        (lambda: AbstractConv(4), ValueError, "convolution dimension 4 is not supported"),
        (
            lambda: AbstractConv3d(unshared=True),
            NotImplementedError,
            "Unshared convolution not implemented for 3D",
        ),
        (
            lambda: AbstractConv3d(border_mode=((1, 2), 0, 0)),
            NotImplementedError,
            "Asymmetric padding not implemented for 3D",
        ),
        (lambda: AbstractConv2d(border_mode=True), ValueError, "invalid border_mode True"),
        (lambda: causal_conv1d(tensor(4), tensor(3), (1, 1, 3)), ValueError, "Input should be 3D"),
        (
            lambda: causal_conv1d(tensor(3), tensor(4), (1, 1, 3)),
            ValueError,
            "Filters should be 3D",
        ),
        (
            lambda: conv2d_grad_wrt_inputs(tensor(4), tensor(4), (1, 1, 3)),
            ValueError,
            "length of input_shape was 3, but we expected 4",
        ),
        (
            lambda: conv2d_grad_wrt_inputs(tensor(4), tensor(4), (1, pt.iscalar(), 3, 3)),
            ValueError,
            r"input_shape\[1\] must be a constant or None",
        ),
        (
            lambda: conv2d_grad_wrt_inputs(tensor(4), tensor(4), (1, 1, None, 3)),
            ValueError,
            r"input_shape\[2\] must be a symbolic variable, a constant or an int",
        ),
        (
            lambda: conv2d_grad_wrt_inputs(tensor(4), tensor(4), (1, 1, 3, 3), (1, 2.5, 1, 1)),
            ValueError,
            r"filter_shape\[1\] must be a constant or None",
        ),
        (
            lambda: conv2d_grad_wrt_weights(tensor(4), tensor(4), (1, 1, 3, 3), (1, 1)),
            ValueError,
            "length of input_shape was 2, but we expected 4",
        ),
        (
            lambda: conv2d_grad_wrt_weights(tensor(4), tensor(4), (1, 1, 3, 3), unshared=True),
            ValueError,
            "length of filter_shape was 4, but we expected 6",
        ),
        (
            lambda: conv3d_grad_wrt_inputs(tensor(5), tensor(5), (1, 1, 3, 3)),
            ValueError,
            "length of input_shape was 4, but we expected 5",
        ),
        (
            lambda: conv3d_grad_wrt_weights(tensor(5), tensor(5), (1, 1, 3, 3, 3), (1,)),
            ValueError,
            "length of input_shape was 1, but we expected 5",
        ),
        (
            lambda: conv2d(tensor(4), tensor(4), unshared=True),
            TypeError,
            "kern must be 6D tensor for unshared convolution, got one with 4 axes",
        ),
    ],
)
def test_impossible_parameters_are_refused(create, error, message):
    with pytest.raises(error, match=message):
        create()
