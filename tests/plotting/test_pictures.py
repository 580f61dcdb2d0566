"""Filters and reconstructions: the exact pixels of the files."""

import re
import subprocess
import sys

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pytest
from matplotlib.image import imread

from autoenc.plotting import plot_filters, plot_reconstructions
from autoenc.plotting.tiles import MISSING

TIMES, GAP, MARGIN = 28, 4, 16  # an image of 4 × 4 is drawn in squares of 28 pixels


def pixels(path):
    """The grey levels of a picture, which must have no other colour and be opaque."""
    image = np.rint(imread(path) * 255).astype(np.uint8)
    assert (image[..., 3] == 255).all()
    assert (image[..., :3] == image[..., :1]).all()
    return image[..., 0]


def tile_at(picture, row, column, size=4 * TIMES, frame=0, left=MARGIN, top=MARGIN):
    step = size + 2 * frame + GAP
    y, x = top + row * step + frame, left + column * step + frame
    return picture[y : y + size, x : x + size]


def inverse_grey(row, shape=(4, 4), times=TIMES):
    levels = np.rint(255 * (row - row.min()) / np.ptp(row)).astype(np.uint8)
    return (255 - levels).reshape(shape).repeat(times, 0).repeat(times, 1)


def assert_same_greys(picture, expected):
    # The table of a colour map is cut to 8 bits, not rounded: a level may be one too dark.
    np.testing.assert_allclose(picture.astype(float), expected, rtol=0, atol=1)


@pytest.fixture(name="X")
def random_rows():
    return np.random.default_rng(0).normal(size=(23, 16))


def test_filters_are_exact_to_the_pixel(X, tmp_path):
    figure = plot_filters(X, path=tmp_path / "filters.png")
    picture = pixels(tmp_path / "filters.png")
    side = 4 * TIMES
    assert picture.shape == (3 * side + 2 * GAP + 2 * MARGIN, 10 * side + 9 * GAP + 2 * MARGIN)
    for i, row in enumerate(X):
        assert_same_greys(tile_at(picture, *divmod(i, 10)), inverse_grey(row))
    assert (tile_at(picture, 2, 3) == 255).all()  # no 24th row: white
    assert (picture[:MARGIN] == 255).all()
    assert len(figure.axes) == 1


@pytest.mark.parametrize("style", ["dark_background", "ggplot"])
def test_style_of_the_user_leaves_the_pixels_alone(X, tmp_path, style):
    with mpl.rc_context(), mpl.style.context(style):
        mpl.rcParams.update({"image.origin": "lower", "axes.grid": True, "savefig.dpi": 30})
        plot_filters(X, path=tmp_path / "filters.png")
    picture = np.rint(imread(tmp_path / "filters.png")[..., 0] * 255)
    assert_same_greys(tile_at(picture, 1, 7), inverse_grey(X[17]))


def test_border_frames_each_image_and_no_empty_place(X, tmp_path):
    plot_filters(X, border=True, path=tmp_path / "filters.png")
    picture = pixels(tmp_path / "filters.png")
    side = 4 * TIMES
    assert_same_greys(tile_at(picture, 1, 2, frame=1), inverse_grey(X[12]))
    rim = picture[MARGIN, MARGIN : MARGIN + side + 2]
    assert len(set(rim)) == 1
    assert 0 < rim[0] < 255
    assert (tile_at(picture, 2, 3, size=side + 2) == 255).all()


@pytest.mark.parametrize(
    ("k", "columns", "grid"), [(1, 10, (1, 1)), (7, 3, (3, 3)), (99, 23, (1, 23))]
)
def test_grid_has_the_columns_asked_for(X, tmp_path, k, columns, grid):
    plot_filters(X, k=k, columns=columns, path=tmp_path / "filters.png")
    expected = tuple(n * (4 * TIMES + GAP) - GAP + 2 * MARGIN for n in grid)
    assert pixels(tmp_path / "filters.png").shape == expected


def test_images_need_not_be_square(tmp_path):
    X = np.arange(12.0).reshape(2, 6)
    plot_filters(X, (2, 3), path=tmp_path / "filters.png")
    picture = pixels(tmp_path / "filters.png")
    times = round(112 / 3)
    expected = inverse_grey(X[0], (2, 3), times)
    assert_same_greys(picture[MARGIN:-MARGIN, MARGIN : MARGIN + 3 * times], expected)


def test_title_is_above_and_a_long_one_is_not_cut(X):
    plain = plot_filters(X, k=1)
    titled = plot_filters(X, k=1, title="a title that is longer than the image is wide")
    axes = titled.axes[0]
    assert axes.get_title().startswith("a title")
    assert axes.bbox.size == pytest.approx(plain.axes[0].bbox.size)
    text, page = axes.title.get_window_extent(), titled.bbox
    assert text.x0 >= 0
    assert text.x1 <= page.x1
    assert text.y1 <= page.y1


def test_constant_filter_is_white(tmp_path):
    plot_filters(np.full((1, 16), 3.0), path=tmp_path / "filters.png")
    assert (pixels(tmp_path / "filters.png") == 255).all()


def test_very_tall_grid_is_still_drawn(tmp_path):
    X = np.random.default_rng(0).normal(size=(400, 4))
    plot_filters(X, k=400, columns=1, path=tmp_path / "filters.png")
    assert 30_000 < pixels(tmp_path / "filters.png").shape[0] < 2**16


def test_neither_pyplot_nor_settings_are_touched():
    code = """
import sys
import autoenc.plotting
assert "matplotlib" not in sys.modules
import matplotlib as mpl, numpy as np
names = set(mpl.rcParams) - {"backend"}  # looking at this one would import pyplot
before = {name: mpl.rcParams[name] for name in names}
autoenc.plotting.plot_filters(np.eye(4))
autoenc.plotting.plot_loss([{"epoch": 1, "cost": 2.0}])
assert "matplotlib.pyplot" not in sys.modules
assert {name: mpl.rcParams[name] for name in names} == before
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.parametrize(
    ("W", "options", "error", "text"),
    [
        (np.ones((16, 500)), {}, ValueError, "have 500 numbers, which is not a square image"),
        (np.ones((16, 500)), {}, ValueError, "or W_rows.T if images are columns"),
        (np.ones((16, 500)), {"image_shape": (4, 4)}, ValueError, "or W_rows.T if images are"),
        (np.ones((5, 16)), {"image_shape": (4, 5)}, ValueError, "needs rows of 20 numbers"),
        (np.ones((5, 16)), {"image_shape": (4, -4)}, ValueError, "is (4, -4)"),
        (np.ones((5, 64)), {"image_shape": (4, 4, 4)}, ValueError, "or (height, width, 3) for"),
        (np.ones((5, 16)), {"image_shape": 16}, ValueError, "expected (height, width), two"),
        (
            np.ones((0, 16)),
            {},
            ValueError,
            "W_rows has shape (0, 16); expected at least one image",
        ),
        (np.ones((4, 0)), {}, ValueError, "expected at least one image"),
        (np.full((2, 16), np.nan), {}, ValueError, "W_rows has nan at row 0, column 0"),
        (np.ones((5, 16)), {"k": 0}, ValueError, "k is 0; expected an integer of at least 1"),
        (np.ones((5, 16)), {"k": 2.5}, ValueError, "is 2.5"),
        (np.ones((5, 16)), {"columns": 0}, ValueError, "expected an integer"),
        (np.ones(16), {}, ValueError, "expected a matrix"),
        (np.array([[None] * 4]), {}, TypeError, "has dtype object; expected real numbers"),
    ],
)
def test_filters_refuse(W, options, error, text):
    with pytest.raises(error, match=re.escape(text)):
        plot_filters(W, **options)


# --- reconstructions -----------------------------------------------------------------------------


def drawn(figure):
    """The levels an image of a figure shows, 0 white to 255 black."""
    return np.asarray(figure.axes[0].images[0].get_array())


def first_tile(figure, line):
    step = 4 * TIMES + 2 + GAP
    top = line * step + 1
    return drawn(figure)[top : top + 4 * TIMES : TIMES, 1 : 1 + 4 * TIMES : TIMES].ravel()


def labels(figure):
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_lines_are_labelled_in_order():
    X = np.random.default_rng(0).uniform(size=(5, 16))
    assert labels(plot_reconstructions(X, X)) == ["input", "reconstruction"]
    figure = plot_reconstructions(X, X, corrupted=X)
    assert labels(figure) == ["input", "corrupted", "reconstruction"]


def test_unit_inputs_are_drawn_from_0_to_1():
    X = np.linspace(0.2, 0.6, 16)[None]
    figure = plot_reconstructions(X, X / 2, corrupted=3 * X - 1)
    np.testing.assert_array_equal(first_tile(figure, 0), np.rint(255 * X[0]))
    np.testing.assert_array_equal(first_tile(figure, 1), np.rint(255 * (3 * X[0] - 1).clip(0, 1)))
    np.testing.assert_array_equal(first_tile(figure, 2), np.rint(255 * X[0] / 2))


def test_other_inputs_are_drawn_from_their_least_to_their_greatest():
    X = np.linspace(-1, 3, 16)[None]
    figure = plot_reconstructions(X, X + 1)
    np.testing.assert_array_equal(first_tile(figure, 0), np.rint(255 * (X[0] + 1) / 4))
    np.testing.assert_array_equal(first_tile(figure, 1), np.rint(255 * (X[0] + 2).clip(0, 4) / 4))


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.float16, np.float32])
def test_dtypes_may_differ(dtype):
    X = np.eye(4).astype(dtype)
    figure = plot_reconstructions(X, np.eye(4) / 2)
    assert drawn(figure).max() == 255


def test_extreme_and_constant_inputs_draw_without_warnings():
    big = np.finfo(np.float64).max
    plot_reconstructions(np.array([[-big, 0, 0, big]]), np.array([[big, 0, 0, -big]]))
    plot_reconstructions(np.full((1, 4), 5.0), np.array([[-big, 5, 6, big]]))


def test_labels_are_inside_the_picture(tmp_path):
    X = np.random.default_rng(0).uniform(size=(5, 16))
    figure = plot_reconstructions(X, X, k=2, path=tmp_path / "rows.png")
    assert min(label.get_window_extent().x0 for label in figure.axes[0].get_yticklabels()) > 0
    picture = pixels(tmp_path / "rows.png")
    assert (picture[:, 0] == 255).all()
    tile = tile_at(picture[:, ::-1], 0, 0, frame=1)[:, ::-1]
    expected = 255 - np.rint(255 * X[1]).reshape(4, 4).repeat(TIMES, 0).repeat(TIMES, 1)
    assert_same_greys(tile, expected)


@pytest.mark.parametrize(
    ("Z", "options", "text"),
    [
        (np.ones((4, 16)), {}, "Z has shape (4, 16), but the inputs have (5, 16)"),
        (np.full((5, 16), np.inf), {}, "Z has inf at row 0, column 0"),
        (np.ones((5, 16)), {"corrupted": np.ones((5, 15))}, "corrupted has shape (5, 15)"),
        (np.ones((5, 16)), {"k": -1}, "k is -1; expected an integer of at least 1"),
        (np.ones((5, 16)), {"image_shape": (3, 5)}, "X has shape (5, 16), but an image of 3 by 5"),
    ],
)
def test_reconstructions_refuse(Z, options, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        plot_reconstructions(np.ones((5, 16)), Z, **options)


# --- colours -------------------------------------------------------------------------------------


def colours(path):
    return np.rint(imread(path)[..., :3] * 255).astype(np.uint8)


@pytest.fixture(name="C")
def rows_of_colours():
    return np.random.default_rng(1).uniform(size=(5, 2 * 4 * 3))


def as_drawn(row, times=TIMES):
    levels = np.rint(255 * row).astype(np.uint8).reshape(2, 4, 3)
    return levels.repeat(times, 0).repeat(times, 1)


def test_filters_in_colour_are_exact_to_the_pixel(C, tmp_path):
    plot_filters(3 * C - 1, (2, 4, 3), columns=4, path=tmp_path / "filters.png")
    picture = colours(tmp_path / "filters.png")
    height, width = 2 * TIMES, 4 * TIMES
    assert picture.shape == (2 * height + GAP + 2 * MARGIN, 4 * width + 3 * GAP + 2 * MARGIN, 3)
    for i, row in enumerate(C):
        y, x = divmod(i, 4)
        y, x = MARGIN + y * (height + GAP), MARGIN + x * (width + GAP)
        tile = picture[y : y + height, x : x + width]
        np.testing.assert_array_equal(tile, as_drawn((row - row.min()) / np.ptp(row)))
    assert (picture[:, MARGIN + width : MARGIN + width + GAP] == 255).all()  # gaps are white
    assert (picture[MARGIN + height + GAP : -MARGIN, -MARGIN - width : -MARGIN] == 255).all()


def test_reconstructions_in_colour_share_one_scale(C):
    figure = plot_reconstructions(C, C / 2, (2, 4, 3))
    picture = drawn(figure)
    step = 2 * TIMES + 2 + GAP
    for top, row in ((1, C[0]), (1 + step, C[0] / 2)):
        np.testing.assert_array_equal(
            picture[top : top + 2 * TIMES, 1 : 1 + 4 * TIMES], as_drawn(row)
        )
    assert labels(figure) == ["input", "reconstruction"]
    assert len(set(picture[0, 0])) == 1  # the line around an image is grey
    assert 0 < picture[0, 0, 0] < 255


def test_missing_inputs_are_blue_and_the_others_as_they_were(X):
    whole = drawn(plot_reconstructions(X[:2], X[:2] / 2))
    # Neither the least nor the greatest value, from which the scale is taken.
    holed, middle = X[:2].copy(), np.argsort(X[0])[8]
    holed[0, middle] = np.nan
    picture = drawn(plot_reconstructions(holed, X[:2] / 2))
    y, x = (1 + TIMES * i for i in divmod(middle, 4))
    blue = np.zeros(picture.shape[:2], bool)
    blue[y : y + TIMES, x : x + TIMES] = True
    assert (picture[blue] == MISSING).all()
    np.testing.assert_array_equal(picture[~blue], 255 - whole[~blue][:, None].repeat(3, axis=1))


def test_missing_colours_are_blue(C):
    C[0, 4] = np.nan  # green of the second pixel
    picture = drawn(plot_reconstructions(C, np.nan_to_num(C), (2, 4, 3)))
    expected = as_drawn(np.nan_to_num(C[0]))
    expected[:TIMES, TIMES : 2 * TIMES] = MISSING
    np.testing.assert_array_equal(picture[1 : 1 + 2 * TIMES, 1 : 1 + 4 * TIMES], expected)


def test_inputs_of_which_all_is_missing(X):
    picture = drawn(plot_reconstructions(np.full((1, 16), np.nan), X[:1]))
    assert (picture[1 : 1 + 4 * TIMES, 1 : 1 + 4 * TIMES] == MISSING).all()


@pytest.mark.parametrize("shape", [(2, 4), (2, 4, 4), (4, 2, 3, 1), [2, 4, 0], (2, -4, 3)])
def test_shapes_that_are_no_colours(C, shape):
    with pytest.raises(
        ValueError, match=r"needs rows of 8 numbers|expected \(height, width\), two"
    ):
        plot_filters(C, shape)


def test_wrong_sizes_in_colour(C):
    with pytest.raises(ValueError, match=r"an image of 3 by 4 by 3 needs rows of 36 numbers"):
        plot_filters(C, (3, 4, 3))
