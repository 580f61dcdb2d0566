"""Filters over time: the exact frames and pixels of the files."""

import re

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pytest
from PIL import Image

from autoenc.plotting import plot_filters_over_time
from tests.plotting.test_pictures import GAP, MARGIN, TIMES, assert_same_greys, pixels, tile_at


@pytest.fixture(name="snapshots")
def growing_weights(rng):
    """Three filters at four times, growing, of 4 × 4 pixels."""
    W = rng.normal(size=(3, 16))
    return [W * growth + rng.normal(size=W.shape) / 10 for growth in (0.1, 1, 2, 3)]


def greys(snapshots, time, unit):
    """What the tile of a filter shows: inverse grey, one scale for all times."""
    values = np.array(snapshots)[:, unit]
    share = (values[time] - values.min()) / np.ptp(values)
    return 255 - np.rint(255 * share).reshape(4, 4)


def enlarged(image, times=TIMES):
    return image.repeat(times, 0).repeat(times, 1)


def labels(figure):
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def frames(path):
    with Image.open(path) as animation:
        for i in range(animation.n_frames):
            animation.seek(i)
            yield np.asarray(animation.convert("L"))


def durations(path):
    with Image.open(path) as animation:
        for i in range(animation.n_frames):
            animation.seek(i)
            yield animation.info["duration"]


# --- strips --------------------------------------------------------------------------------------


def test_strip_has_a_line_a_snapshot_exact_to_the_pixel(snapshots, tmp_path):
    path = tmp_path / "strip.png"
    figure = plot_filters_over_time(snapshots, path=path, epochs=[0, 1, 5, 20])
    assert labels(figure) == ["epoch 0", "epoch 1", "epoch 5", "epoch 20"]
    picture, side = pixels(path), 4 * TIMES
    left = picture.shape[1] - MARGIN - 3 * side - 2 * GAP
    assert picture.shape[0] == 4 * side + 3 * GAP + 2 * MARGIN
    for time in range(4):
        for unit in range(3):
            expected = enlarged(greys(snapshots, time, unit))
            assert_same_greys(tile_at(picture, time, unit, left=left), expected)


def test_growth_is_seen(snapshots):
    """The first weights are faint: fixed scales do not stretch their noise to black and white."""
    canvas = np.asarray(plot_filters_over_time(snapshots).axes[0].images[0].get_array())
    lines = [canvas[t * (4 * TIMES + GAP) :][: 4 * TIMES, : 4 * TIMES] for t in range(4)]
    assert np.ptp(lines[0].astype(int)) < 0.4 * np.ptp(lines[3].astype(int))


def test_snapshots_without_epochs_are_numbered(snapshots):
    assert labels(plot_filters_over_time(iter(snapshots[:2]))) == ["snapshot 0", "snapshot 1"]
    assert labels(plot_filters_over_time(np.array(snapshots[:1]), epochs=[0.5])) == ["epoch 0.5"]


def test_more_filters_than_columns_make_blocks(snapshots):
    figure = plot_filters_over_time(snapshots[:2], k=3, columns=2)
    canvas = np.asarray(figure.axes[0].images[0].get_array())
    side = 4 * TIMES
    block = 2 * side + GAP
    assert canvas.shape == (2 * block + 4 * GAP, block)
    assert_same_greys(
        255.0 - canvas[block + 4 * GAP + side + GAP :, :side],
        enlarged(greys(snapshots[:2], 1, 2)),
    )
    assert (canvas[block - side : block, -side:] == 0).all()  # no fourth filter: white


def test_one_row_holds_as_many_filters_as_columns(rng):
    W = rng.normal(size=(30, 16))
    canvas = plot_filters_over_time([W, W], columns=7).axes[0].images[0].get_array()
    assert canvas.shape == (2 * 4 * TIMES + GAP, 7 * (4 * TIMES + GAP) - GAP)


def test_very_long_training_is_still_drawn(rng):
    figure = plot_filters_over_time(rng.normal(size=(400, 1, 4)))
    assert 30_000 < figure.bbox.height < 2**16


# --- animations ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["filters.gif", "FILTERS.GIF", "new/folder/filters.gif"])
def test_animation_has_a_frame_a_snapshot(snapshots, tmp_path, name):
    path = tmp_path / name
    figure = plot_filters_over_time(snapshots, path=path, epochs=[0, 1, 5, 20])
    pictures = list(frames(path))
    assert len(pictures) == 4
    assert figure.axes[0].get_title() == "epoch 20"
    times = 60 // 4  # an animation is about 600 pixels wide
    for time, picture in enumerate(pictures):
        height, width = 4 * times, 12 * times + 2 * GAP
        top, left = picture.shape[0] - MARGIN - height, (picture.shape[1] - width) // 2
        for unit in range(3):
            start = left + unit * (4 * times + GAP)
            tile = picture[top : top + height, start : start + 4 * times]
            assert_same_greys(tile, enlarged(greys(snapshots, time, unit), times))
        assert (picture[: top - 2] < 128).any()  # the epoch is written above


def test_frames_differ_in_what_they_say(snapshots, tmp_path):
    """Weights that do not change have a frame each all the same, since the epoch does."""
    plot_filters_over_time([snapshots[0]] * 12, path=tmp_path / "filters.gif")
    pictures = list(frames(tmp_path / "filters.gif"))
    assert len(pictures) == 12
    assert all(picture.shape == pictures[0].shape for picture in pictures)
    assert (pictures[1] != pictures[11]).any()


@pytest.mark.parametrize(("n", "shown"), [(1, None), (3, 500), (24, 250), (120, 50)])
def test_animation_takes_about_six_seconds_and_rests(n, shown, tmp_path):
    W = np.arange(4.0).reshape(1, 4)
    path = tmp_path / "filters.gif"
    plot_filters_over_time([W * i for i in range(1, n + 1)], path=path)
    *moving, last = durations(path) if n > 1 else [2000]
    assert set(moving) == ({shown} if n > 1 else set())
    assert last == (shown or 500) + 1500
    with Image.open(path) as animation:
        assert animation.n_frames == n
        assert n == 1 or animation.info["loop"] == 0


def test_animation_shows_a_hundred_filters(rng, tmp_path):
    W = rng.normal(size=(120, 16))
    figure = plot_filters_over_time([W, 2 * W], path=tmp_path / "filters.gif")
    assert figure.axes[0].images[0].get_array().shape == (636, 636)  # 10 × 60 and 9 gaps


def test_longest_name_is_not_cut(tmp_path):
    figure = plot_filters_over_time(
        [np.eye(4)] * 2, k=1, columns=10, epochs=[123_456_789, 1], path=tmp_path / "filters.gif"
    )
    figure.axes[0].set_title("epoch 123456789")
    text = figure.axes[0].title.get_window_extent()
    assert text.x0 >= 0
    assert text.x1 <= figure.bbox.x1


@pytest.mark.parametrize("style", ["dark_background", "ggplot"])
def test_style_of_the_user_leaves_the_tiles_alone(snapshots, tmp_path, style):
    plot_filters_over_time(snapshots, path=tmp_path / "plain.gif", columns=3)
    with mpl.rc_context(), mpl.style.context(style):
        plot_filters_over_time(snapshots, path=tmp_path / "styled.gif", columns=3)
    # Three tiles of 112 pixels lie side by side above the lower margin.
    tiles = (slice(-MARGIN - 112, -MARGIN), slice(MARGIN, -MARGIN))
    plain, styled = (list(frames(tmp_path / f"{name}.gif")) for name in ("plain", "styled"))
    for before, after in zip(plain, styled, strict=True):
        inside = before[tiles] != before[0, 0]  # the gaps have the colour of the page
        np.testing.assert_array_equal(before[tiles][inside], after[tiles][inside])


def test_failure_leaves_the_earlier_animation_and_no_litter(snapshots, tmp_path, monkeypatch):
    path = tmp_path / "filters.gif"
    path.write_bytes(b"an earlier picture")

    def half(_image, file, **_options):
        file.write_bytes(b"half a pic")
        raise KeyboardInterrupt

    monkeypatch.setattr(Image.Image, "save", half)
    with pytest.raises(KeyboardInterrupt):
        plot_filters_over_time(snapshots, path=path)
    assert path.read_bytes() == b"an earlier picture"
    assert list(tmp_path.iterdir()) == [path]


def test_constant_filters_are_white(tmp_path):
    figure = plot_filters_over_time(np.full((2, 1, 16), 3.0))
    assert (figure.axes[0].images[0].get_array() == 0).all()


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.float16, np.float32])
def test_any_real_dtype(dtype):
    figure = plot_filters_over_time([np.eye(4).astype(dtype), np.eye(4)])
    assert figure.axes[0].images[0].get_array().max() == 255


W = np.ones((5, 16))


@pytest.mark.parametrize(
    ("snapshots", "options", "error", "text"),
    [
        ([], {}, ValueError, "snapshots is empty; expected the weights of at least one time"),
        (W, {}, ValueError, "snapshots is one matrix of shape (5, 16); expected a list of such"),
        ([W, W[:4]], {}, ValueError, "snapshots[1] has shape (4, 16), but snapshots[0] has (5"),
        ([W, W * np.nan], {}, ValueError, "snapshots[1] has nan at row 0, column 0"),
        ([W.T], {}, ValueError, "or snapshots[0].T if images are columns"),
        ([W], {"image_shape": (2, 3)}, ValueError, "snapshots[0] has shape (5, 16), but an image"),
        ([W, [["a"]]], {}, TypeError, "snapshots[1] has dtype <U1; expected real numbers"),
        ([W], {"epochs": [1, 2]}, ValueError, "epochs has 2 values; expected 1, one for"),
        ([W], {"k": 0}, ValueError, "k is 0; expected an integer of at least 1"),
        ([W], {"columns": 1.5}, ValueError, "expected an integer of at least 1"),
    ],
)
@pytest.mark.parametrize("suffix", ["png", "gif"])
def test_refusals_say_what_to_do(snapshots, options, error, text, suffix, tmp_path):
    with pytest.raises(error, match=re.escape(text)):
        plot_filters_over_time(snapshots, **options, path=tmp_path / f"filters.{suffix}")
    assert list(tmp_path.iterdir()) == []
