"""The curve of costs."""

import re

import numpy as np
import pytest
from matplotlib.image import imread

from autoenc.plotting import plot_loss


def lines(figure):
    return {line.get_label(): line.get_xydata().tolist() for line in figure.axes[0].lines}


def test_costs_are_drawn_at_their_epochs(tmp_path):
    history = [{"epoch": 3, "cost": 2.0}, {"epoch": 4, "cost": np.float32(1.5)}]
    figure = plot_loss(history, path=tmp_path / "loss.png")
    assert lines(figure) == {"training": [[3, 2], [4, 1.5]]}
    assert imread(tmp_path / "loss.png").shape == (512, 820, 4)
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "cost")
    assert (axes.get_yscale(), axes.get_legend()) == ("linear", None)


def test_validation_may_be_there_in_some_epochs():
    history = [
        {"epoch": 1, "cost": 3.0},
        {"epoch": 2, "cost": 2.0, "valid_cost": 2.5},
        {"epoch": 3, "cost": 1.0, "valid_cost": None},
    ]
    figure = plot_loss(history, log=True)
    assert lines(figure) == {"training": [[1, 3], [2, 2], [3, 1]], "validation": [[2, 2.5]]}
    assert [text.get_text() for text in figure.axes[0].get_legend().texts] == [
        "training",
        "validation",
    ]
    assert figure.axes[0].get_yscale() == "log"


def test_single_epoch_is_visible():
    assert plot_loss([{"epoch": 1, "cost": 3.0}]).axes[0].lines[0].get_marker() == "o"


@pytest.mark.parametrize(
    ("history", "log", "error", "text"),
    [
        ([], False, ValueError, "history is empty"),
        ([{"epoch": 1}], False, ValueError, "history[0] has ['epoch']; expected 'cost'"),
        ([{"cost": 1.0}], False, ValueError, "history[0] has ['cost']; expected 'epoch'"),
        ([3.0, 2.0], False, TypeError, "history[0] is 3.0"),
        ([{"epoch": 7, "cost": np.nan}], False, ValueError, "cost of epoch 7 is nan"),
        (
            [{"epoch": 1, "cost": 1.0, "valid_cost": np.inf}],
            False,
            ValueError,
            "valid_cost of epoch 1 is inf",
        ),
        ([{"epoch": 2, "cost": 0.0}], True, ValueError, "has no logarithm; pass log=False"),
    ],
)
def test_refusals_say_what_to_do(history, log, error, text):
    with pytest.raises(error, match=re.escape(text)):
        plot_loss(history, log=log)
