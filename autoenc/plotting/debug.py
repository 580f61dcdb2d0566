"""One figure of inputs, codes, reconstructions and cost.

>>> import numpy as np
>>> X = np.random.default_rng(0).uniform(size=(100, 2))
>>> history = [{"epoch": 1, "cost": 0.4}, {"epoch": 2, "cost": 0.1}]
>>> figure = plot_debug(X, X.sum(axis=1), X, history)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from autoenc.plotting.colours import colours_of, draw_legend
from autoenc.plotting.curves import cost_curves, draw_curves, span_decades
from autoenc.plotting.figures import finish, new_figure
from autoenc.plotting.planes import plane_of, plane_of_columns, point_rows
from autoenc.plotting.scatter import draw_points, limits_of, name_axes
from autoenc.plotting.tiles import Array

if TYPE_CHECKING:
    import os

    from matplotlib.figure import Figure


def plot_debug(
    X: ArrayLike,
    codes: ArrayLike,
    Z: ArrayLike,
    history: Sequence[Mapping[str, Any]],
    labels: ArrayLike | None = None,
    *,
    columns: tuple[int, int] | None = None,
    path: str | os.PathLike[str] | None = None,
) -> Figure:
    """Plot inputs, codes and reconstructions as points, and the cost as a curve.

    Inputs and reconstructions are drawn in the same plane with the same limits, so the two
    panels can be compared point by point. The plane has their two columns or, if there are more,
    the first two principal components of the inputs. Codes are drawn as by `plot_codes`.

    Parameters
    ----------
    X : array of shape (n, n_visible)
        Inputs, one point per row.
    codes : array of shape (n, n_hidden) or (n,)
        Codes of the inputs.
    Z : array of shape (n, n_visible)
        Reconstructions of the inputs.
    history : sequence of mappings
        One mapping for each epoch, with the numbers "epoch", "cost" and optionally
        "valid_cost"; see `plot_loss`. Costs that span more than two powers of ten are drawn on a
        logarithmic scale.
    labels : array of shape (n,), optional
        Numbers or strings that determine the colours; see `plot_codes`.
    columns : (int, int), optional
        Two columns of `X` and `Z`, from 0, to draw instead of principal components.
    path : path, optional
        File to write the figure to; see `save_figure`.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, which is not registered with pyplot. Its first four axes are titled
        "input", "code", "reconstruction" and "cost".

    Raises
    ------
    ValueError
        If there is no point, the shapes of the arrays differ, the columns do not exist, a number
        to be drawn is NaN or infinite, or the history is empty.
    TypeError
        If points are not real numbers, labels are neither numbers nor strings, or the history
        does not consist of mappings.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).uniform(size=(100, 4))
    >>> history = [{"epoch": 1, "cost": 0.4}, {"epoch": 2, "cost": 0.001}]
    >>> figure = plot_debug(X, X[:, 2:], X / 2, history, X[:, 0] > 0.5, columns=(0, 1))
    >>> [(axes.get_title(), axes.get_yscale()) for axes in figure.axes]
    [('input', 'linear'), ('code', 'linear'), ('reconstruction', 'linear'), ('cost', 'log')]
    """
    inputs, hidden, outputs = _matching(X, codes, Z)
    colours = colours_of(labels, len(inputs))
    curves = cost_curves(history)
    outer = (
        plane_of(inputs, "X")
        if columns is None
        else plane_of_columns(columns, inputs.shape[1], "X")
    )
    inner = plane_of(hidden, "codes", "unit")
    projected = [outer.project(inputs), inner.project(hidden), outer.project(outputs)]
    around = limits_of([projected[0], projected[2]], outer)

    figure = new_figure(1080, 1024)
    figure.set_layout_engine("constrained", h_pad=0.08, w_pad=0.08)
    panels = [figure.add_subplot(2, 2, i, box_aspect=1) for i in (1, 2, 3, 4)]
    for axes, points, plane, limits in zip(
        panels[:3],
        projected,
        (outer, inner, outer),
        (around, limits_of([projected[1]], inner), around),
        strict=True,
    ):
        draw_points(axes, points, colours, limits)
        name_axes(axes, plane)
    draw_curves(panels[3], curves, log=span_decades(curves))
    for axes, title in zip(panels, ("input", "code", "reconstruction", "cost"), strict=True):
        axes.set_title(title)
    draw_legend(figure, panels, colours)
    return finish(figure, path)


def _matching(X: ArrayLike, codes: ArrayLike, Z: ArrayLike) -> tuple[Array, Array, Array]:
    inputs, hidden, outputs = point_rows(X, "X"), point_rows(codes, "codes"), point_rows(Z, "Z")
    if outputs.shape != inputs.shape:
        raise ValueError(
            f"Z has shape {outputs.shape}, but X has {inputs.shape}; pass the reconstructions of "
            "these inputs."
        )
    if len(hidden) != len(inputs):
        raise ValueError(
            f"codes has {len(hidden)} rows, but X has {len(inputs)}; pass the codes of these "
            "inputs."
        )
    return inputs, hidden, outputs
