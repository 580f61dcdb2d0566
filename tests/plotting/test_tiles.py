"""The tiling against plain loops, and every refusal with its text."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from autoenc.plotting import tile_images
from autoenc.plotting.tiles import scale_of, square_side

# --- the oracle: a pixel at a time ---------------------------------------------------------------


def scaled(row):
    low, high = min(row), max(row)
    return [0.0 if low == high else (x - low) / (high - low) for x in row]


def tiled_plane(X, image_shape, tile_shape, spacing, scale_rows, byte):
    (h, w), (rows, columns), (sh, sw) = image_shape, tile_shape, spacing
    out = np.zeros(((h + sh) * rows - sh, (w + sw) * columns - sw))
    for i, j in itertools.product(range(rows), range(columns)):
        index = i * columns + j
        if index >= len(X):
            continue
        row = [float(x) for x in X[index]]
        row = scaled(row) if scale_rows else row
        for y, x in itertools.product(range(h), range(w)):
            value = row[y * w + x]
            out[i * (h + sh) + y, j * (w + sw) + x] = round(255 * value) if byte else value
    return out


def tiled(X, *geometry, scale_rows=True, byte=True):
    if not isinstance(X, tuple):
        return tiled_plane(X, *geometry, scale_rows, byte)
    given_one = next(x for x in X if x is not None)
    blank = tiled_plane(given_one, *geometry, scale_rows, byte) * 0
    missing = [blank, blank, blank, blank + (255 if byte else 1)]
    planes = [
        default if x is None else tiled_plane(x, *geometry, scale_rows, byte)
        for x, default in zip(X, missing, strict=True)
    ]
    return np.stack(planes, axis=2)


small = st.integers(1, 4)
gap = st.integers(0, 3)


@st.composite
def cases(draw):
    image_shape, tile_shape = draw(st.tuples(small, small)), draw(st.tuples(small, small))
    shape = (draw(st.integers(0, 10)), image_shape[0] * image_shape[1])
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    unit = st.floats(0, 1, width=np.dtype(dtype).itemsize * 8)
    plane = arrays(dtype, shape, elements=unit)
    channels = st.tuples(*[st.none() | plane] * 4).filter(
        lambda planes: any(plane is not None for plane in planes)
    )
    return draw(plane | channels), image_shape, tile_shape, draw(st.tuples(gap, gap))


@settings(deadline=None, max_examples=150)
@given(cases(), st.booleans(), st.booleans())
def test_agrees_with_the_loops(case, scale_rows, byte):
    X, image_shape, tile_shape, spacing = case
    result = tile_images(
        X,
        image_shape,
        tile_shape,
        spacing=spacing,
        scale_rows=scale_rows,
        output_dtype="uint8" if byte else "float",
    )
    planes = [x for x in X if x is not None] if isinstance(X, tuple) else [X]
    expected = tiled(X, image_shape, tile_shape, spacing, scale_rows=scale_rows, byte=byte)
    assert result.dtype == (np.uint8 if byte else planes[0].dtype)
    assert result.shape == expected.shape
    assert result.flags.c_contiguous
    # One level: two roundings of a value that falls between two levels.
    np.testing.assert_allclose(result, expected, rtol=0, atol=1 if byte else 1e-6)


@settings(deadline=None)
@given(
    arrays(
        st.sampled_from([np.float16, np.float32, np.float64, np.int8, np.uint8, np.int64, bool]),
        array_shapes(min_dims=2, max_dims=2),
        elements={"allow_nan": False, "allow_infinity": False},
    )
)
def test_scaled_rows_use_the_whole_range_whatever_they_hold(X):
    before = X.copy()
    image = tile_images(X, (1, X.shape[1]), (len(X), 1), output_dtype="float")
    assert ((image >= 0) & (image <= 1)).all()
    np.testing.assert_array_equal(image.min(axis=1), 0)
    wide = X.astype(np.float64)
    varied = wide.min(axis=1) < wide.max(axis=1)
    np.testing.assert_array_equal(image.max(axis=1), varied)
    np.testing.assert_array_equal(X, before)


def test_range_wider_than_the_greatest_float():
    big = np.finfo(np.float64).max
    image = tile_images(np.array([[-big, 0, big]]), (1, 3), (1, 1), output_dtype="float")
    np.testing.assert_array_equal(image, [[0, 0.5, 1]])


def test_range_as_narrow_as_the_least_float():
    least = np.finfo(np.float64).smallest_subnormal
    image = tile_images(np.array([[0, least, 2 * least]]), (1, 3), (1, 1), output_dtype="float")
    np.testing.assert_array_equal(image, [[0, 0.5, 1]])


def test_eight_bit_pixels_come_back_as_they_were():
    levels = np.arange(256, dtype=np.uint8)[None]
    for dtype in (np.float32, np.float64):
        unit = (levels / 255).astype(dtype)
        np.testing.assert_array_equal(
            tile_images(unit, (1, 256), (1, 1), scale_rows=False), levels
        )


def test_constant_rows_and_empty_tiles_are_background():
    image = tile_images(np.full((1, 4), 7.0), (2, 2), (2, 2), spacing=(1, 1))
    np.testing.assert_array_equal(image, np.zeros((5, 5), np.uint8))


def test_no_rows_is_all_background():
    assert not tile_images(np.empty((0, 4)), (2, 2), (1, 2)).any()


def test_missing_alpha_is_opaque_between_the_tiles_too():
    image = tile_images((np.eye(4), None, None, None), (2, 2), (2, 2), spacing=(1, 1))
    assert (image[..., 3] == 255).all()
    assert not image[..., 1:3].any()


def test_unscaled_float_output_has_the_values_as_they_are():
    X = np.array([[-3, 5], [2, 7]], dtype=np.float32)
    image = tile_images(X, (1, 2), (2, 1), scale_rows=False, output_dtype="float")
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, X)


def test_float_output_of_whole_numbers_is_float64():
    assert tile_images(np.eye(4, dtype=int), (2, 2), (1, 1), output_dtype="float").dtype == float


def test_widest_channel_gives_the_dtype():
    X = np.eye(4)
    image = tile_images((X.astype("f4"), None, X, None), (2, 2), (1, 1), output_dtype="float")
    assert image.dtype == np.float64


def test_rows_that_are_not_drawn_are_not_looked_at():
    X = np.eye(4)
    X[3] = np.nan
    assert tile_images(X, (2, 2), (1, 3)).shape == (2, 6)


def test_lists_and_transposed_views_work():
    X = np.arange(12.0).reshape(4, 3)
    expected = tile_images(np.ascontiguousarray(X.T), (2, 2), (1, 3))
    np.testing.assert_array_equal(tile_images(X.T, (2, 2), (1, 3)), expected)
    np.testing.assert_array_equal(tile_images(X.T.tolist(), (2, 2), (1, 3)), expected)


nan_at_2_1 = np.eye(4)
nan_at_2_1[2, 1] = np.nan
inf_at_0_3 = np.eye(4)
inf_at_0_3[0, 3] = -np.inf


@pytest.mark.parametrize(
    ("X", "options", "error", "text"),
    [
        (nan_at_2_1, {}, ValueError, "X has nan at row 2, column 1"),
        (inf_at_0_3, {"scale_rows": False}, ValueError, "X has -inf at row 0, column 3"),
        ((None, nan_at_2_1, None, None), {}, ValueError, "green has nan at row 2, column 1"),
        (
            np.eye(4) * 2,
            {"scale_rows": False},
            ValueError,
            "X has 2.0 at row 0, column 0; expected",
        ),
        (np.eye(4), {"image_shape": (2, 3)}, ValueError, "needs rows of 6 numbers"),
        (np.ones((4, 9)), {}, ValueError, "X has shape (4, 9)"),
        (np.ones((4, 9)), {}, ValueError, "or X.T if images are columns"),
        (np.ones((1, 2, 2)), {}, ValueError, "images.reshape(len(images), -1)"),
        (np.ones(4), {}, ValueError, "has shape (4,)"),
        (np.ones((1, 4), complex), {}, TypeError, "has dtype complex128; expected real numbers"),
        (np.array([["a"] * 4]), {}, TypeError, "has dtype <U1; expected real numbers"),
        ((None,) * 4, {}, ValueError, "all four channels are None"),
        ((np.eye(4),) * 3, {}, ValueError, "tuple of 3; expected four"),
        ((np.eye(4), np.ones((3, 4)), None, None), {}, ValueError, "{'red': 4, 'green': 3}"),
        (np.eye(4), {"image_shape": 4}, ValueError, "expected two integers"),
        (np.eye(4), {"image_shape": (2.0, 2.0)}, ValueError, "is (2.0, 2.0)"),
        (np.eye(4), {"tile_shape": (0, 1)}, ValueError, "expected two integers"),
        (np.eye(4), {"tile_shape": (1, 1, 1)}, ValueError, "is (1, 1, 1)"),
        (np.eye(4), {"spacing": (0, -1)}, ValueError, "of at least 0"),
        (np.eye(4), {"output_dtype": "int"}, ValueError, "is 'int'; expected 'uint8' or 'float'"),
    ],
)
def test_refusals_say_what_to_do(X, options, error, text):
    arguments = {"image_shape": (2, 2), "tile_shape": (2, 2), **options}
    with pytest.raises(error, match=re.escape(text)):
        tile_images(X, **arguments)


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([0.0, 0.5, 1.0], (0, 1)),
        ([0.0, 0.5, 2.0], (0, 2)),
        ([np.nan, 0.5], (0, 1)),
        ([np.nan, 3.0, 5.0], (3, 5)),
        ([np.nan], (0, 1)),
    ],
)
def test_the_scale_is_the_unit_interval_where_that_bounds_all(values, ends):
    assert scale_of(np.array(values)) == ends


@pytest.mark.parametrize(
    ("n_pixels", "side"), [(1, 1), (4, 2), (5, None), (94906267**2, 94906267)]
)
def test_square_images_have_a_side(n_pixels, side):
    assert square_side(n_pixels) == side
