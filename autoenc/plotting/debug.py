"""What goes in, what becomes of it, what comes out, and how the cost fell: on one page.

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
    """Draw input, code and reconstruction as points, and the cost as a curve.

    Input and reconstruction are drawn in the same plane with the same limits, so that the two
    panels can be compared point by point: their two columns, or, of more, the two principal
    components of the input. Codes are drawn as `plot_codes` does.

    Parameters
    ----------
    X : array of shape (n, n_visible)
        The inputs, one point a row.
    codes : array of shape (n, n_hidden) or (n,)
        Their codes.
    Z : array of shape (n, n_visible)
        Their reconstructions.
    history : sequence of mappings
        One an epoch, with the numbers "epoch" and "cost", and maybe "valid_cost", see
        `plot_loss`. Costs that span more than two powers of ten are drawn on a logarithmic scale.
    labels : array of shape (n,), optional
        Numbers or strings that colour the points, see `plot_codes`.
    columns : (int, int), optional
        Draw these two columns of `X` and `Z`, counted from 0, rather than components.
    path : path, optional
        Also write the figure there, see `save_figure`.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, which is not known to pyplot. Its first four axes are titled "input", "code",
        "reconstruction" and "cost".

    Raises
    ------
    ValueError
        If there is no point, arrays do not belong together, there are no such columns, a number
        that is to be drawn is NaN or infinite, or the history is empty.
    TypeError
        If points are not real numbers, labels neither numbers nor strings, or the history holds
        something else than mappings.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).uniform(size=(100, 4))
    >>> history = [{"epoch": 1, "cost": 0.4}, {"epoch": 2, "cost": 0.001}]
    >>> figure = plot_debug(X, X[:, 2:], X / 2, history, X[:, 0] > 0.5, columns=(0, 1))
    >>> [(axes.get_title(), axes.get_yscale()) for axes in figure.axes]
    [('input', 'linear'), ('code', 'linear'), ('reconstruction', 'linear'), ('cost', 'log')]
    """
    inputs, hidden, outputs = _belonging(X, codes, Z)
    colours = colours_of(labels, len(inputs))
    curves = cost_curves(history)
    outer = (
        plane_of(inputs, "X")
        if columns is None
        else plane_of_columns(columns, inputs.shape[1], "X")
    )
    inner = plane_of(hidden, "codes", "unit")
    seen = [outer.see(inputs), inner.see(hidden), outer.see(outputs)]
    around = limits_of([seen[0], seen[2]], outer)

    figure = new_figure(1080, 1024)
    figure.set_layout_engine("constrained", h_pad=0.08, w_pad=0.08)
    panels = [figure.add_subplot(2, 2, i, box_aspect=1) for i in (1, 2, 3, 4)]
    for axes, points, plane, limits in zip(
        panels[:3],
        seen,
        (outer, inner, outer),
        (around, limits_of([seen[1]], inner), around),
        strict=True,
    ):
        draw_points(axes, points, colours, limits)
        name_axes(axes, plane)
    draw_curves(panels[3], curves, log=span_decades(curves))
    for axes, title in zip(panels, ("input", "code", "reconstruction", "cost"), strict=True):
        axes.set_title(title)
    draw_legend(figure, panels, colours)
    return finish(figure, path)


def _belonging(X: ArrayLike, codes: ArrayLike, Z: ArrayLike) -> tuple[Array, Array, Array]:
    inputs, hidden, outputs = point_rows(X, "X"), point_rows(codes, "codes"), point_rows(Z, "Z")
    if outputs.shape != inputs.shape:
        raise ValueError(
            f"Z has shape {outputs.shape}, but X has {inputs.shape}: pass the reconstructions of "
            "these inputs"
        )
    if len(hidden) != len(inputs):
        raise ValueError(
            f"codes has {len(hidden)} rows, but X has {len(inputs)}: pass the codes of these "
            "inputs"
        )
    return inputs, hidden, outputs
