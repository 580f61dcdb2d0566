"""Bars of medians with their quartiles, one panel for each setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 3
OURS, OTHERS, FLOORS = "#c44e52", "#8c8c8c", "#d9d9d9"


def bars(panels: Mapping[str, Mapping[str, Sequence[float]]], unit: str) -> Figure:
    """Draw the values of every name in every panel; panels are identified by their titles."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    n_columns = min(COLUMNS, len(panels))
    n_rows = -(-len(panels) // n_columns)
    height = 0.8 + 0.28 * max(map(len, panels.values()))
    figure = Figure(figsize=(5 * n_columns, height * n_rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for ax, (title, values) in zip(axes, panels.items(), strict=False):
        draw_panel(ax, title, values, unit)
    for ax in axes[len(panels) :]:
        ax.remove()
    return figure


def draw_panel(ax: Axes, title: str, values: Mapping[str, Sequence[float]], unit: str) -> None:
    """Draw horizontal bars, with the first name at the top."""
    low, middle, high = np.array([np.percentile(v, [25, 50, 75]) for v in values.values()]).T
    positions = np.arange(len(values))
    colours = [colour(name) for name in values]
    spread = [middle - low, high - middle]
    ax.barh(positions, middle, xerr=spread, color=colours, error_kw={"linewidth": 1})
    ax.set_yticks(positions, list(values))
    ax.invert_yaxis()
    ax.set_title(title)
    ax.set_xlabel(unit)
    ax.spines[["top", "right"]].set_visible(False)


def colour(name: str) -> str:
    """Return the colour of a competitor: autoenc, another library, or the products alone."""
    if name.startswith("autoenc"):
        return OURS
    return FLOORS if name.startswith("floor") else OTHERS
