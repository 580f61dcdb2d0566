"""Plot codes as points in a plane, coloured by label.

>>> import numpy as np
>>> codes = np.random.default_rng(0).normal(size=(300, 2))
>>> figure = plot_codes(codes, labels=codes[:, 0] > 0)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from autoenc.plotting.colours import Colours, colours_of, draw_legend
from autoenc.plotting.figures import finish, new_figure
from autoenc.plotting.planes import Plane, plane_of, point_rows
from autoenc.plotting.tiles import Array

if TYPE_CHECKING:
    import os

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Limits: TypeAlias = tuple[tuple[float, float], ...]

_MANY = 2000  # number of points above which a vector graphic is slow to open
_SPREAD = 0.35  # half of the width of a strip; the distance between strips is 1


def plot_codes(
    codes: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    path: str | os.PathLike[str] | None = None,
    title: str | None = None,
) -> Figure:
    """Plot codes as points, coloured by label.

    Codes of one unit are drawn as one strip for each kind of label, with random heights so that
    points do not hide each other. Codes of two units are drawn directly. For more units, the first
    two principal components are drawn on the same scale; the labels of the axes give their share
    of the variance.

    Points are smaller and more transparent the more there are. They are drawn in random order, so
    that the last kind does not cover the others. The same call draws the same picture.

    Parameters
    ----------
    codes : array of shape (n, n_hidden) or (n,)
        One code per row; a vector is n codes of one unit.
    labels : array of shape (n,), optional
        Numbers or strings. Up to ten different labels are kinds with one colour each, and a
        legend; the labels 0 … 9 always have the same colours. More different numbers are drawn as
        shades with a colour bar. Without labels, all points have one colour.
    path : path, optional
        File to write the figure to; see `save_figure`.
    title : str, optional
        Title above the points.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, which is not registered with pyplot.

    Raises
    ------
    ValueError
        If there is no code, a code or label is NaN or infinite, the number of labels is wrong, or
        there are more than ten different strings.
    TypeError
        If codes are not real numbers, or labels are neither numbers nor strings.

    Examples
    --------
    >>> import numpy as np
    >>> codes = np.random.default_rng(0).normal(size=(300, 5))
    >>> figure = plot_codes(codes, np.arange(300) % 3)
    >>> [text.get_text() for text in figure.axes[0].get_legend().texts]
    ['0', '1', '2']
    """
    points = point_rows(codes, "codes")
    colours = colours_of(labels, len(points))
    plane = plane_of(points, "codes", "unit")
    projected = plane.project(points)
    is_strip = projected.shape[1] == 1
    figure = new_figure(820, 512 if is_strip else 704)
    figure.set_layout_engine("constrained")
    axes = figure.add_subplot(box_aspect=None if is_strip else 1)
    draw_points(axes, projected, colours, limits_of([projected], plane))
    name_axes(axes, plane)
    axes.set_title(title or "")
    if not (is_strip and colours.kinds):  # such strips have labels of their own
        draw_legend(figure, [axes], colours)
    return finish(figure, path)


def draw_points(axes: Axes, projected: Array, colours: Colours, limits: Limits) -> None:
    """Draw points in random order, or as strips if they have a single feature."""
    n = len(projected)
    chance = np.random.default_rng(0)
    order = chance.permutation(n)
    if projected.shape[1] == 1:
        heights = colours.rank + chance.uniform(-_SPREAD, _SPREAD, n)
        projected = np.column_stack([projected, heights])
        limits = (*limits, (-0.5, max(1, len(colours.kinds)) - 0.5))
        axes.set_yticks(range(len(colours.kinds)), list(colours.kinds))
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    axes.scatter(
        projected[order, 0],
        projected[order, 1],
        s=np.clip(500 / np.sqrt(n), 2.5, 30),
        c=colours.points[order],
        alpha=np.clip(60 / np.sqrt(n), 0.3, 0.9),
        marker="o",
        linewidths=0,
        rasterized=n > _MANY,
    )
    axes.set_xlim(limits[0])
    axes.set_ylim(limits[1])
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(False)


def name_axes(axes: Axes, plane: Plane) -> None:
    """Set the labels of the axes."""
    axes.set_xlabel(plane.names[0])
    axes.set_ylabel(plane.names[1] if len(plane.names) > 1 else "")


def limits_of(clouds: list[Array], plane: Plane) -> Limits:
    """Return the limits of each axis, with a margin around the points."""
    low = np.min([cloud.min(axis=0) for cloud in clouds], axis=0)
    high = np.max([cloud.max(axis=0) for cloud in clouds], axis=0)
    centre, reach = low / 2 + high / 2, (high / 2 - low / 2) * 1.06
    if plane.is_rotated:
        reach = np.full_like(reach, np.max(reach))
    # Points that are all equal also need a margin, wide enough for different ticks.
    reach = np.maximum(reach, 1e-12 * np.abs(centre))
    reach = np.where(reach > 0, reach, 0.5)
    return tuple((float(c - r), float(c + r)) for c, r in zip(centre, reach, strict=True))
