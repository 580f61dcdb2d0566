"""Shapes of convolutions: each function inverts the shape of the output, and bad shapes fail."""

from itertools import product

import numpy as np
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_array_equal

from autoenc.theano.ops import conv_shapes
from autoenc.theano.ops.conv_shapes import (
    assert_conv_shape,
    assert_shape,
    border_mode_to_pad,
    check_conv_gradinputs_shape,
    get_conv_gradinputs_shape,
    get_conv_gradweights_shape,
    get_conv_output_shape,
    get_conv_shape_1axis,
)
from tests.theano.quick import function

IMAGE = (2, 6, 9, 8)


@pytest.mark.parametrize("mode", ["valid", "full", "half", 1, (2, 0), ((1, 2), 3)], ids=str)
@pytest.mark.parametrize("dilation", [None, (1, 1), (2, 1), (2, 3)], ids=str)
@pytest.mark.parametrize("groups", [1, 2])
def test_shapes_of_gradients_invert_the_shape_of_the_output(mode, dilation, groups):
    for lengths in product((1, 2, 3), (1, 3)):
        kernel = (4, 6 // groups, *lengths)
        top = get_conv_output_shape(IMAGE, kernel, mode, (1, 1), dilation)
        how = mode, (1, 1), dilation, groups
        assert get_conv_gradinputs_shape(kernel, top, *how) == IMAGE
        filters = get_conv_gradweights_shape((2, 6 // groups, 9, 8), top, *how)
        # With half padding, images and output do not determine the lengths of the filters.
        expected = (None, None) if mode == "half" else lengths
        assert filters == (4 // groups, 6 // groups, *expected)


@pytest.mark.parametrize(
    ("image", "kernel", "top"),
    [
        ((None, 3, 9, 8), (4, 3, 3, 2), (None, 4, 7, 7)),
        ((2, None, 9, 8), (None, 3, 3, 2), (2, None, 7, 7)),
        ((2, 3, None, 8), (4, 3, 3, 2), (2, 4, None, 7)),
        ((2, 3, 9, 8), (4, 3, 3, None), (2, 4, 7, None)),
    ],
)
def test_unknown_lengths_leave_the_axis_unknown(image, kernel, top):
    assert get_conv_output_shape(image, kernel, "valid", (1, 1)) == top


def test_steps_leave_the_axis_ambiguous():
    top = get_conv_output_shape((2, 3, 9, 8), (4, 3, 3, 2), "valid", (1, 2))
    assert top == (2, 4, 7, 4)
    assert get_conv_gradinputs_shape((4, 3, 3, 2), top, "valid", (1, 2)) == (2, 3, 9, None)
    assert get_conv_gradweights_shape((2, 3, 9, 8), top, "valid", (1, 2)) == (4, 3, 3, None)
    assert get_conv_gradinputs_shape((4, 3, None, 2), top, "valid", (1, 1))[2] is None
    assert get_conv_gradweights_shape((2, 3, None, 8), top, "valid", (1, 1))[2] is None


def test_unshared_filters_have_the_axes_of_the_output():
    shape = get_conv_gradweights_shape((2, 3, 9, 8), (2, 4, 7, 6), "valid", (1, 1), unshared=True)
    assert shape == (4, 7, 6, 3, 3, 3)


@pytest.mark.parametrize(
    ("image", "kernel", "top", "dilation", "possible"),
    [
        ((2, 3, 9, 8), (4, 3, 3, 3), (2, 4, 7, 6), None, True),
        ((2, 3, 9, 8), (4, 3, 3, 3), (2, 4, 7, 7), None, False),
        ((2, 3, 9, 8), (4, 3, 3, 3), (2, 5, 7, 6), None, False),
        ((2, 3, 9, 8), (4, 3, 3, 3), (2, 4, None, 6), None, True),
        ((2, 3, None, 8), (4, 3, 3, 3), (2, 4, 99, 6), None, True),
        ((2, 3, 9, pt.iscalar()), (4, 3, 3, 3), (2, 4, 7, 99), None, True),
        ((2, 3, 9, 8), (4, 3, 3, 3), (pt.constant(2), 4, 7, pt.constant(7)), None, False),
        ((2, 3, 9), (4, 3, 3, 3), (2, 4, 7, 6), None, False),
        ((2, 3, 9, 8), (4, 3, 3, 3), (2, 4, 7, 6), (1,), False),
        ((2, 3, 9, 8), (4, 3, 3, 3), (2, 4, 5, 6), (2, 1), True),
    ],
)
def test_whether_an_output_is_possible(image, kernel, top, dilation, possible):
    assert check_conv_gradinputs_shape(image, kernel, top, "valid", (1, 1), dilation) is possible


@pytest.mark.parametrize(
    ("mode", "pads"),
    [
        (2, ((2, 2), (2, 2))),
        ((0, (3, 1)), ((0, 0), (3, 1))),
        ("valid", ((0, 0), (0, 0))),
        ("full", ((2, 2), (3, 3))),
        ("half", ((1, 1), (2, 2))),
    ],
)
def test_pads(mode, pads):
    assert border_mode_to_pad(mode, 2, (3, 4)) == pads


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("same", 'must be either "valid", "full", "half", an integer or a tuple of length 2'),
        ((1, 2, 3), "must be a tuple of length 2"),
        (-1, "The tuple can only contain integers or tuples of length 2"),
        ((1, (1,)), "The tuple can only contain integers or tuples of length 2"),
        ((1, (1, -2)), "The tuple can only contain integers or tuples of length 2"),
        ((1, "a"), "The tuple can only contain integers or tuples of length 2"),
    ],
)
def test_impossible_pads_are_refused(mode, message):
    with pytest.raises(ValueError, match=message):
        border_mode_to_pad(mode, 2, (3, 4))


def test_negative_pads_are_refused_on_an_axis():
    with pytest.raises(ValueError, match="border_mode must be >= 0"):
        get_conv_shape_1axis(5, 3, -1, 1)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((-1, 3, 1, 1), r"dim\[0\]: -1 < 0"),
        ((1, -3, 1, 1), r"dim\[1\]: -3 < 0"),
        ((2, 3, 0, 1), r"dim\[2\]: 0 <= 0"),
        ((2, 3, 1, pt.constant(-4)), r"dim\[3\]: -4 <= 0"),
    ],
)
def test_lengths_that_are_too_small_are_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        assert_conv_shape(shape)


def test_symbolic_lengths_are_refused_at_run_time():
    n, rows = pt.lscalars("n", "rows")
    shape = assert_conv_shape((n, 0, rows, 1))
    assert shape[1] == 0
    assert shape[3] == 1
    f = function([n, rows], [shape[0], shape[2]])
    assert_array_equal(f(0, 1), [0, 1])
    with pytest.raises(AssertionError, match=r"invalid shape \(dim\[0\] < 0\)"):
        f(-1, 1)
    with pytest.raises(AssertionError, match=r"invalid shape \(dim\[2\] <= 0\)"):
        f(0, 0)


def test_shapes_are_asserted_if_asked(monkeypatch):
    x = pt.dmatrix()
    assert assert_shape(x, (2, None)) is x
    monkeypatch.setattr(conv_shapes, "SHAPES_ARE_ASSERTED", True)
    assert assert_shape(x, None) is x
    assert assert_shape(x, (None, None)) is x
    f = function([x], assert_shape(x, (2, None), "two rows"))
    assert_array_equal(f(np.eye(2, 3)), np.eye(2, 3))
    with pytest.raises(AssertionError, match="two rows"):
        f(np.eye(3))
