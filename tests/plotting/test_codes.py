"""Codes as coloured points."""

import re
import subprocess
import sys
from itertools import combinations, pairwise

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.image import imread
from sklearn.decomposition import PCA

from autoenc.plotting import plot_codes
from autoenc.plotting.colours import PALETTE


@pytest.fixture(name="codes")
def random_codes(rng):
    return rng.normal(size=(60, 2))


def cloud(figure, panel=0):
    return figure.axes[panel].collections[0]


def places(figure, panel=0):
    """Where points are, in the order in which they are drawn."""
    return np.asarray(cloud(figure, panel).get_offsets())


def colour_at(figure, point):
    """The colour of the point that is drawn at a place."""
    distance = np.linalg.norm(places(figure) - point, axis=1)
    assert distance.min() < 1e-6
    return to_hex(cloud(figure).get_facecolors()[distance.argmin()])


def legend_of(figure):
    legend = figure.axes[0].get_legend()
    names = [text.get_text() for text in legend.texts]
    return dict(zip(names, [to_hex(dot.get_color()) for dot in legend.get_lines()], strict=True))


def as_set(points):
    return {tuple(point) for point in np.asarray(points).round(9)}


def test_two_units_are_drawn_as_they_are(codes, tmp_path):
    figure = plot_codes(codes, title="sixty codes", path=tmp_path / "codes.png")
    axes = figure.axes[0]
    assert as_set(places(figure)) == as_set(codes)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("unit 0", "unit 1")
    assert (axes.get_title(), axes.get_legend(), len(figure.axes)) == ("sixty codes", None, 1)
    assert imread(tmp_path / "codes.png").shape == (704, 820, 4)
    assert {to_hex(c) for c in cloud(figure).get_facecolors()} == {PALETTE[0]}


def test_point_is_coloured_where_it_is(tmp_path):
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    figure = plot_codes(corners, [3, 1, 4, 1], path=tmp_path / "codes.png")
    picture = imread(tmp_path / "codes.png")[..., :3]
    assert len(legend_of(figure)) == 3
    for corner, label in zip(corners, [3, 1, 4, 1], strict=True):
        x, y = figure.axes[0].transData.transform(corner)
        pixel = picture[round(picture.shape[0] - 1 - y), round(x)]
        expected = 1 - 0.9 * (1 - np.array(to_rgb(PALETTE[label])))  # 0.9 opaque, on white
        np.testing.assert_allclose(pixel, expected, atol=0.02)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float32, float])
def test_small_whole_numbers_have_their_colours_in_every_picture(codes, dtype):
    labels = np.resize([7, 2], 60).astype(dtype)
    figure = plot_codes(codes, labels)
    assert legend_of(figure) == {"2": PALETTE[2], "7": PALETTE[7]}
    for point, label in zip(codes[:5], labels[:5], strict=True):
        assert colour_at(figure, point) == PALETTE[int(label)]


@pytest.mark.parametrize(
    ("kinds", "names"),
    [
        (["dog", "cat"], ["cat", "dog"]),
        (np.array(["dog", "cat"], dtype=object), ["cat", "dog"]),
        (np.array(["dog", "cat"], dtype="T"), ["cat", "dog"]),
        ([True, False], ["False", "True"]),
        ([0.5, -1.0], ["-1", "0.5"]),
        ([-1, 1000], ["-1", "1000"]),
        ([1e300, 2.0], ["2", "1e+300"]),
        (["_hidden", "$5"], [r"\$5", "_hidden"]),
    ],
)
def test_other_kinds_are_named_in_order(codes, kinds, names, tmp_path):
    figure = plot_codes(codes, np.resize(kinds, 60), path=tmp_path / "codes.png")
    assert legend_of(figure) == dict(zip(names, PALETTE, strict=False))


def test_many_numbers_are_shades(codes):
    labels = np.linspace(-3, 5, 60)
    figure = plot_codes(codes, labels)
    assert len(figure.axes) == 2
    assert figure.axes[1].get_ylim() == (-3, 5)
    assert figure.axes[0].get_legend() is None
    for i in (0, 30, 59):
        assert colour_at(figure, codes[i]) == to_hex(mpl.colormaps["viridis"]((labels[i] + 3) / 8))


def test_ten_colours_differ_for_every_vision():
    """Distances in OKLab, the colours seen with one kind of cone missing (Machado, 2009)."""
    srgb = np.array([to_rgb(colour) for colour in (*PALETTE, "white")])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    for vision, matrix in VISIONS.items():
        seen = oklab((linear @ np.transpose(matrix)).clip(0, 1))
        distance = {pair: np.linalg.norm(seen[pair[0]] - seen[pair[1]]) for pair in PAIRS}
        assert min(distance.values()) > 0.125, vision


VISIONS = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.1523, 1.0526, -0.2049],
        [0.1145, 0.7863, 0.0992],
        [-0.0039, -0.0481, 1.0520],
    ],
    "deuteranopia": [
        [0.3673, 0.8606, -0.2280],
        [0.2801, 0.6725, 0.0474],
        [-0.0118, 0.0429, 0.9689],
    ],
    "tritanopia": [
        [1.2555, -0.0767, -0.1788],
        [-0.0784, 0.9308, 0.1476],
        [0.0047, 0.6914, 0.3039],
    ],
}
PAIRS = list(combinations(range(11), 2))


def oklab(linear):
    cones = [[0.41222, 0.53633, 0.05145], [0.2119, 0.6807, 0.1074], [0.0883, 0.28172, 0.62998]]
    axes = [[0.21045, 0.79362, -0.00407], [1.978, -2.42859, 0.45059], [0.0259, 0.78277, -0.80868]]
    return np.cbrt(linear @ np.transpose(cones)) @ np.transpose(axes)


@pytest.mark.parametrize("shape", [(60,), (60, 1)])
def test_one_unit_is_a_strip_for_each_kind(rng, shape):
    codes, labels = rng.normal(size=shape), np.arange(60) % 3
    figure = plot_codes(codes, labels)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "1", "2"]
    assert axes.get_xlabel() == "unit 0"
    assert axes.get_legend() is None  # the strips have their names beside them
    drawn = places(figure)
    for code, label in zip(codes.ravel(), labels, strict=True):
        x, y = drawn[np.abs(drawn[:, 0] - code).argmin()]
        assert x == code
        assert abs(y - label) < 0.5
        assert colour_at(figure, (x, y)) == PALETTE[label]


def test_one_unit_without_kinds_is_one_strip(rng):
    codes = rng.normal(size=60)
    assert list(plot_codes(codes).axes[0].get_yticks()) == []
    assert len(plot_codes(codes, codes).axes) == 2


def test_more_units_are_seen_along_their_main_components(rng, tmp_path):
    codes = rng.normal(size=(80, 6)) * [5, 1, 3, 1, 1, 1]
    figure = plot_codes(codes, path=tmp_path / "codes.png")
    pca = PCA(2).fit(codes)
    np.testing.assert_allclose(
        np.sort(places(figure), axis=0), np.sort(pca.transform(codes), axis=0), atol=1e-9
    )
    axes = figure.axes[0]
    first, second = 100 * pca.explained_variance_ratio_
    assert axes.get_xlabel() == f"first component ({first:.1f} % of variance)"
    assert axes.get_ylabel() == f"second component ({second:.1f} % of variance)"
    per_unit = axes.transData.transform([(0, 0), (1, 1)])
    width, height = per_unit[1] - per_unit[0]
    assert width == pytest.approx(height)  # one scale: distances can be read


def test_thousands_of_points_stay_readable(rng, tmp_path):
    few, many = (plot_codes(rng.normal(size=(n, 2)), np.arange(n) % 10) for n in (50, 20_000))
    assert cloud(many).get_sizes()[0] < cloud(few).get_sizes()[0]
    assert cloud(many).get_alpha() < cloud(few).get_alpha()
    assert (cloud(few).get_rasterized(), cloud(many).get_rasterized()) == (False, True)
    many.savefig(tmp_path / "codes.svg")
    assert (tmp_path / "codes.svg").stat().st_size < 1_000_000


def test_sorted_rows_are_drawn_in_mixed_order(codes):
    labels = np.repeat([0, 1], 30)
    colours = [to_hex(c) for c in cloud(plot_codes(codes, labels)).get_facecolors()]
    changes = sum(a != b for a, b in pairwise(colours))
    assert changes > 10


def test_same_call_draws_the_same_picture(rng, tmp_path):
    codes = rng.normal(size=(50, 1))
    plot_codes(codes, path=tmp_path / "1.png")
    plot_codes(codes, path=tmp_path / "2.png")
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()


@pytest.mark.parametrize("dtype", [bool, np.int8, np.float16, np.float32])
def test_any_real_dtype(dtype, tmp_path):
    plot_codes(np.eye(4).astype(dtype), path=tmp_path / "codes.png")


@pytest.mark.parametrize(
    "codes",
    [
        np.zeros((5, 4)),
        np.full((5, 2), 1e9),
        np.full((1, 2), -3.0),
        np.full((5, 1), 1e-300),
        np.eye(5) * 1e200,
        1 + 1e-16 * np.eye(5),
    ],
)
def test_collapsed_and_extreme_codes_draw_without_warnings(codes, tmp_path):
    plot_codes(codes, path=tmp_path / "codes.png")


@pytest.mark.parametrize("style", ["dark_background", "ggplot"])
def test_style_of_the_user_leaves_the_points_alone(codes, style):
    with mpl.rc_context(), mpl.style.context(style):
        mpl.rcParams.update({"scatter.marker": "x", "scatter.edgecolors": "red"})
        figure = plot_codes(codes, np.arange(60) % 2)
    assert {to_hex(c) for c in cloud(figure).get_facecolors()} == set(PALETTE[:2])
    assert cloud(figure).get_linewidths()[0] == 0


def test_neither_pyplot_nor_settings_are_touched():
    code = """
import sys
import autoenc.plotting
assert not {"matplotlib", "sklearn", "PIL"} & set(sys.modules)
import matplotlib as mpl, numpy as np
names = set(mpl.rcParams) - {"backend"}  # looking at this one would import pyplot
before = {name: mpl.rcParams[name] for name in names}
X = np.eye(4)
autoenc.plotting.plot_codes(X[:, :2], range(4))
assert "sklearn" not in sys.modules
autoenc.plotting.plot_debug(X, X, X, [{"epoch": 1, "cost": 2.0}], range(4))
autoenc.plotting.plot_filters_over_time([X, X])
assert "matplotlib.pyplot" not in sys.modules
assert {name: mpl.rcParams[name] for name in names} == before
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


LETTERS = np.array([f"letter {i}" for i in range(11)])


@pytest.mark.parametrize(
    ("codes", "labels", "error", "text"),
    [
        (np.ones((3, 2)), [1, 2], ValueError, "labels have shape (2,); expected (3,)"),
        (np.ones((3, 2)), [[1], [2], [3]], ValueError, "pass labels.ravel()"),
        (np.ones((3, 2)), np.eye(3), ValueError, "pass labels.argmax(axis=1) if they are one-hot"),
        (np.ones((3, 2)), [1, np.nan, 2], ValueError, "labels have nan at row 1; expected finite"),
        (
            np.ones((3, 2)),
            [1, None, 2],
            TypeError,
            "labels have dtype object; expected numbers or strings",
        ),
        (
            np.ones((3, 2)),
            [1j, 2, 3],
            TypeError,
            "labels have dtype complex128; expected numbers or strings",
        ),
        (np.ones((11, 2)), LETTERS, ValueError, "11 different strings; expected at most 10"),
        (np.ones((0, 2)), None, ValueError, "codes has shape (0, 2); expected at least one point"),
        (np.ones((2, 0)), None, ValueError, "codes has shape (2, 0); expected at least one point"),
        (np.ones((2, 2, 2)), None, ValueError, "expected a matrix with one point per row"),
        (np.array(3.0), None, ValueError, "expected a matrix with one point per row"),
        (np.ones((1, 3)), None, ValueError, "expected at least two rows"),
        (np.array([[0, np.inf]]), None, ValueError, "codes has inf at row 0, column 1"),
        (np.array([["a"]]), None, TypeError, "codes has dtype <U1; expected real numbers"),
    ],
)
def test_refusals_say_what_to_do(codes, labels, error, text, tmp_path):
    with pytest.raises(error, match=re.escape(text)):
        plot_codes(codes, labels, path=tmp_path / "codes.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("centre", [0.0, 1.0, 1e9, -1e9])
def test_the_axes_span_the_points_wherever_they_lie(rng, centre):
    """At 1e9 they were a thousand times as wide, and all points were one dot."""
    codes = centre + rng.normal(size=(100, 2))
    low, high = plot_codes(codes).axes[0].get_xlim()
    assert np.ptp(codes[:, 0]) < high - low < 1.2 * np.ptp(codes[:, 0])
