"""Curves of the cost during training.

>>> history = [{"epoch": 1, "cost": 63.2}, {"epoch": 2, "cost": 55.8}]
>>> figure = plot_loss(history, log=True)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autoenc.plotting.figures import finish, new_figure
from autoenc.plotting.tiles import Array

if TYPE_CHECKING:
    import os

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Curves: TypeAlias = Mapping[str, tuple[Array, Array]]


def plot_loss(
    history: Sequence[Mapping[str, Any]],
    *,
    log: bool = False,
    path: str | os.PathLike[str] | None = None,
) -> Figure:
    """Plot the cost of each epoch.

    Parameters
    ----------
    history : sequence of mappings
        One mapping for each epoch, with the numbers "epoch" and "cost". If some have
        "valid_cost", it is drawn as a second curve.
    log : bool, default False
        Whether to draw costs on a logarithmic scale.
    path : path, optional
        File to write the figure to; see `save_figure`.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, which is not registered with pyplot.

    Raises
    ------
    ValueError
        If the history is empty, an epoch lacks a number, a cost is NaN or infinite, or a cost is
        not positive and `log` is true.
    TypeError
        If the history does not consist of mappings.

    Examples
    --------
    >>> figure = plot_loss([{"epoch": 1, "cost": 63.2}, {"epoch": 2, "cost": 55.8}])
    >>> figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()
    ('epoch', 'cost')
    """
    curves = cost_curves(history, log=log)
    figure = new_figure(820, 512)
    figure.set_layout_engine("constrained")
    draw_curves(figure.add_subplot(), curves, log=log)
    return finish(figure, path)


def cost_curves(history: Sequence[Mapping[str, Any]], *, log: bool = False) -> Curves:
    """Return the epochs and costs of each curve, checked for finite values."""
    if not len(history):
        raise ValueError("history is empty; expected the records of at least one epoch.")
    curves = {"training": _curve(history, "cost", log)}
    validated = [record for record in history if record.get("valid_cost") is not None]
    if validated:
        curves["validation"] = _curve(validated, "valid_cost", log)
    return curves


def span_decades(curves: Curves, decades: float = 2) -> bool:
    """Return whether the costs are positive and span more than this many powers of ten."""
    costs = np.concatenate([costs for _, costs in curves.values()])
    low, high = costs.min(), costs.max()
    return bool(low > 0 and math.log10(high) - math.log10(low) > decades)


def _curve(history: Sequence[Mapping[str, Any]], key: str, log: bool) -> tuple[Array, Array]:
    for i, record in enumerate(history):
        _check_record(record, i, ("epoch", key))
    epochs = np.array([float(record["epoch"]) for record in history])
    costs = np.array([float(record[key]) for record in history])
    for epoch, cost in zip(epochs, costs, strict=True):
        if not math.isfinite(cost):
            raise ValueError(
                f"{key} of epoch {epoch:g} is {cost}, which cannot be drawn; pass the epochs "
                "before it."
            )
        if log and cost <= 0:
            raise ValueError(
                f"{key} of epoch {epoch:g} is {cost:g}, which has no logarithm; pass log=False."
            )
    return epochs, costs


def _check_record(record: Mapping[str, Any], index: int, keys: Sequence[str]) -> None:
    if not isinstance(record, Mapping):
        raise TypeError(
            f"history[{index}] is {record!r}; expected a mapping with 'epoch' and 'cost'."
        )
    for key in keys:
        if record.get(key) is None:
            raise ValueError(f"history[{index}] has {list(record)}; expected {key!r} too.")


def draw_curves(axes: Axes, curves: Curves, *, log: bool) -> None:
    """Draw costs against epochs, with a legend if there are several curves."""
    from matplotlib.ticker import MaxNLocator

    for name, (epochs, costs) in curves.items():
        # A line through one point is invisible, and hundreds of dots overlap.
        axes.plot(epochs, costs, label=name, marker="o" if len(epochs) <= 30 else "", ms=4)
    axes.set_xlabel("epoch")
    axes.set_ylabel("cost")
    axes.set_yscale("log" if log else "linear")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(True, alpha=0.3)
    if len(curves) > 1:
        axes.legend(frameon=False)
