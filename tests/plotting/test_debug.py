"""The figure with four panels."""

import re

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.image import imread
from sklearn.decomposition import PCA

from autoenc.plotting import plot_debug
from autoenc.plotting.colours import PALETTE
from tests.plotting.test_codes import as_set, cloud, places

HISTORY = [{"epoch": 1, "cost": 3.0}, {"epoch": 2, "cost": 2.0}]
INPUT, CODE, RECONSTRUCTION, COST = range(4)


@pytest.fixture(name="X")
def points(rng):
    return rng.uniform(size=(50, 2))


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def test_four_panels_show_what_they_say(X, tmp_path):
    codes, Z = X[:, ::-1] * 3, X / 2
    figure = plot_debug(X, codes, Z, HISTORY, path=tmp_path / "debug.png")
    assert titles(figure) == ["input", "code", "reconstruction", "cost"]
    for panel, points in ((INPUT, X), (CODE, codes), (RECONSTRUCTION, Z)):
        assert as_set(places(figure, panel)) == as_set(points)
    assert figure.axes[COST].lines[0].get_xydata().tolist() == [[1, 3], [2, 2]]
    assert figure.axes[INPUT].get_xlabel() == "column 0"
    assert figure.axes[CODE].get_ylabel() == "unit 1"
    assert imread(tmp_path / "debug.png").shape == (1024, 1080, 4)
    assert figure.legends == []


def test_input_and_reconstruction_share_limits_that_hold_both(X):
    figure = plot_debug(X, X, X * 3 - 1, HISTORY)
    before, after = figure.axes[INPUT], figure.axes[RECONSTRUCTION]
    assert before.get_xlim() == after.get_xlim()
    assert before.get_ylim() == after.get_ylim()
    everything = np.concatenate([X, X * 3 - 1])
    low, high = np.transpose([before.get_xlim(), before.get_ylim()])
    assert (low < everything.min(axis=0)).all()
    assert (high > everything.max(axis=0)).all()


def test_more_columns_are_seen_along_the_components_of_the_input(rng):
    X = rng.normal(size=(50, 5)) * [1, 4, 1, 2, 1]
    Z = X + rng.normal(size=X.shape)
    figure = plot_debug(X, X @ rng.normal(size=(5, 3)), Z, HISTORY)
    pca = PCA(2).fit(X)
    for panel, points in ((INPUT, X), (RECONSTRUCTION, Z)):
        expected = pca.transform(points)
        np.testing.assert_allclose(
            np.sort(places(figure, panel), axis=0), np.sort(expected, axis=0), atol=1e-9
        )
    assert figure.axes[INPUT].get_xlabel().startswith("first component")
    assert figure.axes[RECONSTRUCTION].get_xlabel() == figure.axes[INPUT].get_xlabel()
    assert figure.axes[CODE].get_xlabel() != figure.axes[INPUT].get_xlabel()


def test_chosen_columns_are_drawn_as_they_are(rng):
    X, Z = rng.normal(size=(2, 20, 4))
    figure = plot_debug(X, X[:, :1], Z, HISTORY, columns=(3, 1))
    assert as_set(places(figure, INPUT)) == as_set(X[:, [3, 1]])
    assert as_set(places(figure, RECONSTRUCTION)) == as_set(Z[:, [3, 1]])
    assert figure.axes[RECONSTRUCTION].get_xlabel() == "column 3"


def test_labels_colour_the_same_rows_in_all_panels(X, tmp_path):
    labels = np.resize(["cat", "dog", "emu"], 50)
    figure = plot_debug(X, X + 10, X, HISTORY, labels, path=tmp_path / "debug.png")
    legend = figure.legends[0]
    assert [text.get_text() for text in legend.texts] == ["cat", "dog", "emu"]
    expected = np.array(PALETTE)[np.resize([0, 1, 2], 50)]
    for panel, offset in ((INPUT, 0), (CODE, 10), (RECONSTRUCTION, 0)):
        drawn = places(figure, panel) - offset
        row = [np.abs(X - point).sum(axis=1).argmin() for point in drawn]
        assert [to_hex(c) for c in cloud(figure, panel).get_facecolors()] == list(expected[row])
    box = legend.get_window_extent()
    assert box.y1 < figure.axes[COST].bbox.y0


def test_long_names_stay_on_the_page(X, tmp_path):
    labels = np.resize([f"a name of some length, {i}" for i in range(10)], 50)
    figure = plot_debug(X, X, X, HISTORY, labels, path=tmp_path / "debug.png")
    box = figure.legends[0].get_window_extent()
    assert box.x0 > 0
    assert box.x1 < figure.bbox.x1


def test_many_numbers_have_one_colour_bar(X):
    figure = plot_debug(X, X, X, HISTORY, X[:, 0])
    assert len(figure.axes) == 5
    assert figure.axes[4].get_ylim() == (X[:, 0].min(), X[:, 0].max())


@pytest.mark.parametrize(
    ("costs", "scale"),
    [
        ([100.0, 1.0], "linear"),
        ([101.0, 1.0], "log"),
        ([0.43, 1.2e-4], "log"),
        ([3.0, 0.0], "linear"),
        ([3.0, -1e-9], "linear"),
        ([3.0], "linear"),
    ],
)
def test_cost_is_logarithmic_when_it_spans_more_than_two_decades(X, costs, scale):
    history = [{"epoch": i, "cost": cost} for i, cost in enumerate(costs, 1)]
    assert plot_debug(X, X, X, history).axes[COST].get_yscale() == scale


def test_validation_costs_are_drawn_too(X):
    history = [{"epoch": 1, "cost": 3.0, "valid_cost": 0.001}]
    axes = plot_debug(X, X, X, history).axes[COST]
    assert len(axes.lines) == 2
    assert axes.get_yscale() == "log"


def test_collapsed_model_is_drawn(X, tmp_path):
    X = np.tile(X, 3)
    figure = plot_debug(X, np.zeros((50, 4)), np.zeros_like(X), HISTORY, path=tmp_path / "a.png")
    assert as_set(places(figure, CODE)) == {(0, 0)}


def test_real_digits_are_drawn(digits, tmp_path):
    images, labels = digits.test.images[:300], digits.test.labels[:300]
    figure = plot_debug(
        images, images[:, 300:330], images / 2, HISTORY, labels, path=tmp_path / "debug.png"
    )
    assert len(figure.legends[0].texts) == 10


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"Z": np.ones((50, 3))}, ValueError, "Z has shape (50, 3), but X has (50, 2); pass the"),
        ({"codes": np.ones((49, 2))}, ValueError, "codes has 49 rows, but X has 50; pass the"),
        ({"labels": [1, 2]}, ValueError, "labels have shape (2,); expected (50,)"),
        ({"Z": np.full((50, 2), np.nan)}, ValueError, "Z has nan at row 0, column 0"),
        ({"columns": (0, 2)}, ValueError, "two of the columns 0 … 1 of X, such as (0, 1)"),
        ({"columns": (-1, 0)}, ValueError, "is (-1, 0)"),
        ({"columns": 1}, ValueError, "is 1"),
        ({"columns": (0, 0.5)}, ValueError, "is (0, 0.5)"),
        ({"history": []}, ValueError, "history is empty"),
        ({"history": [2.0]}, TypeError, "history[0] is 2.0"),
        ({"history": [{"epoch": 1, "cost": np.nan}]}, ValueError, "cost of epoch 1 is nan"),
    ],
)
def test_refusals_say_what_to_do(X, change, error, text, tmp_path):
    given = {"X": X, "codes": X, "Z": X, "history": HISTORY, **change}
    with pytest.raises(error, match=re.escape(text)):
        plot_debug(**given, path=tmp_path / "debug.png")
    assert list(tmp_path.iterdir()) == []
