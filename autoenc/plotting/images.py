"""Rows of matrices drawn as images: filters, and inputs beside their reconstructions."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from autoenc.plotting.figures import DPI, finish, new_figure
from autoenc.plotting.tiles import (
    Array,
    check_finite,
    image_rows,
    lay_out,
    real_matrix,
    scale_between,
    to_uint8,
    unit_rows,
    whole_pair,
)

if TYPE_CHECKING:
    import os

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TILE = 112  # pixels a tile is enlarged to: a whole multiple of 7, 8, 14, 16 and 28
_GAP = 4  # pixels between tiles
_MARGIN = 16  # pixels around the grid and its texts
_LINE = 160  # the level of a border, a middle grey
_LONGEST = 2**15  # pixels; matplotlib refuses sides of 2**16


def plot_filters(
    W_rows: ArrayLike,
    image_shape: tuple[int, int] | None = None,
    *,
    k: int = 100,
    columns: int = 10,
    border: bool = False,
    path: str | os.PathLike[str] | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the first rows of a matrix as images on a grid.

    Each row is scaled to its own range and drawn in inverse grey: its least value is white, its
    greatest black. A constant row is white.

    Parameters
    ----------
    W_rows : array of shape (n, height * width)
        One image a row. Of weights (n_visible, n_hidden), pass the transpose: the rows are then
        the filters of the hidden units. Any real matrix will do, a data set as well.
    image_shape : (height, width), optional
        Shape of the image in a row; if left out, images are square.
    k : int, default 100
        How many rows to draw; when there are fewer, all are drawn.
    columns : int, default 10
        Images side by side.
    border : bool, default False
        Draw a thin line around each image.
    path : path, optional
        Also write the figure there, see `save_figure`.
    title : str, optional
        A line above the grid.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, which is not known to pyplot. In a notebook, the last expression of a cell is
        shown.

    Raises
    ------
    ValueError
        If there is no row to draw, the rows do not hold images of this shape, or a value that is
        to be drawn is NaN or infinite.
    TypeError
        If the matrix does not hold real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> W = np.random.default_rng(0).normal(size=(784, 30))
    >>> figure = plot_filters(W.T, k=20, border=True, title="20 of 30 units")
    >>> len(figure.axes)
    1
    """
    count = _positive(k, "k")
    columns = _positive(columns, "columns")
    rows, shape = _images(W_rows, image_shape, "W_rows")
    rows = rows[:count]
    check_finite(rows, "W_rows")
    grid = (math.ceil(len(rows) / columns), min(columns, len(rows)))
    canvas = _grid(to_uint8(unit_rows(rows)), shape, grid, border=border)
    return finish(_grey_figure(canvas, title=title), path)


def plot_reconstructions(
    X: ArrayLike,
    Z: ArrayLike,
    image_shape: tuple[int, int] | None = None,
    *,
    corrupted: ArrayLike | None = None,
    k: int = 10,
    path: str | os.PathLike[str] | None = None,
) -> Figure:
    """Draw inputs above their reconstructions, with what was corrupted in between.

    All images share one scale of inverse grey, so that a reconstruction that is too faint looks
    so: from 0, white, to 1, black, where the inputs drawn lie in [0, 1], else from the least to
    the greatest value of these inputs. Values beyond are drawn as the nearer end.

    Parameters
    ----------
    X : array of shape (n, height * width)
        The inputs, one image a row.
    Z : array of shape (n, height * width)
        Their reconstructions.
    image_shape : (height, width), optional
        Shape of the image in a row; if left out, images are square.
    corrupted : array of shape (n, height * width), optional
        The corrupted inputs, drawn between the two.
    k : int, default 10
        How many inputs to draw; when there are fewer, all are drawn.
    path : path, optional
        Also write the figure there, see `save_figure`.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, which is not known to pyplot.

    Raises
    ------
    ValueError
        If there is no row to draw, the matrices differ in shape, the rows do not hold images of
        this shape, or a value that is to be drawn is NaN or infinite.
    TypeError
        If a matrix does not hold real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).uniform(size=(5, 64))
    >>> figure = plot_reconstructions(X, X**2, corrupted=X * (X < 0.7))
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['input', 'corrupted', 'reconstruction']
    """
    count = _positive(k, "k")
    inputs, shape = _images(X, image_shape, "X")
    given = {"X": inputs, "corrupted": corrupted, "Z": Z}
    lines = {
        name: _like(matrix, name, inputs)[:count]
        for name, matrix in given.items()
        if matrix is not None
    }
    for name, rows in lines.items():
        check_finite(rows, name)
    low, high = _scale_of(lines["X"])
    levels = [to_uint8(scale_between(rows, low, high)) for rows in lines.values()]
    grid = (len(lines), len(lines["X"]))
    canvas = _grid(np.concatenate(levels), shape, grid, border=True)
    labels = {"X": "input", "corrupted": "corrupted", "Z": "reconstruction"}
    return finish(_grey_figure(canvas, labels=[labels[name] for name in lines]), path)


def _positive(value: int, name: str) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
    return number


def _images(
    X: ArrayLike, image_shape: tuple[int, int] | None, name: str
) -> tuple[Array, tuple[int, int]]:
    matrix = real_matrix(X, name)
    if not matrix.size:
        raise ValueError(f"{name} has shape {matrix.shape}: there is no image to draw")
    shape = (
        _square(matrix, name)
        if image_shape is None
        else whole_pair(image_shape, "image_shape", least=1)
    )
    return image_rows(matrix, shape, name), shape


def _square(matrix: Array, name: str) -> tuple[int, int]:
    width = matrix.shape[1]
    side = math.isqrt(width)
    if side * side != width:
        raise ValueError(
            f"rows of {width} numbers are not square images: pass image_shape=(height, width), "
            f"or {name}.T if images are columns"
        )
    return side, side


def _like(X: ArrayLike, name: str, inputs: Array) -> Array:
    matrix = real_matrix(X, name)
    if matrix.shape != inputs.shape:
        raise ValueError(
            f"{name} has shape {matrix.shape}, but the inputs have {inputs.shape}: pass rows "
            "that belong together"
        )
    return matrix


def _scale_of(inputs: Array) -> tuple[Array, Array]:
    low, high = inputs.min(), inputs.max()
    if low >= 0 and high <= 1:
        return np.array(0.0), np.array(1.0)
    return low, high


def _grid(
    levels: Array, image_shape: tuple[int, int], grid: tuple[int, int], *, border: bool
) -> Array:
    """Lay 8-bit rows out as tiles, enlarged so that a pixel of theirs is a square of pixels."""
    longest = max(size * count for size, count in zip(image_shape, grid, strict=True))
    times = max(1, min(round(_TILE / max(image_shape)), _LONGEST // longest))
    images = levels.reshape(-1, *image_shape).repeat(times, axis=1).repeat(times, axis=2)
    if border:
        images = np.pad(images, ((0, 0), (1, 1), (1, 1)), constant_values=_LINE)
    return lay_out(images, grid, (_GAP, _GAP))


def _grey_figure(canvas: Array, *, title: str | None = None, labels: Sequence[str] = ()) -> Figure:
    """Show 8-bit levels in inverse grey, a pixel each, with a label beside each line of tiles."""
    height, width = canvas.shape
    figure = new_figure(width, height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(
        canvas, "gray_r", vmin=0, vmax=255, aspect="auto", interpolation="nearest", origin="upper"
    )
    line = height / max(1, len(labels))
    axes.set_yticks([line * (i + 0.5) - 0.5 for i in range(len(labels))], labels)
    axes.set_xticks([])
    axes.tick_params(length=0, pad=6)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.set_title(title or "", pad=8)
    _frame(figure, axes, width, height)
    return figure


def _frame(figure: Figure, axes: Axes, width: int, height: int) -> None:
    """Give the axes exactly this many pixels, and the figure the room that its texts need."""
    texts = [label.get_window_extent().width for label in axes.get_yticklabels()]
    title = axes.title.get_window_extent()
    left = _MARGIN + (math.ceil(max(texts)) + _MARGIN if texts else 0)
    top = _MARGIN + (math.ceil(title.height) + _MARGIN if axes.get_title() else 0)
    full_width = max(left + width + _MARGIN, math.ceil(title.width) + 2 * _MARGIN)
    full_height = top + height + _MARGIN
    figure.set_size_inches(full_width / DPI, full_height / DPI)
    left += (full_width - left - width - _MARGIN) // 2
    axes.set_position(
        (left / full_width, _MARGIN / full_height, width / full_width, height / full_height)
    )
