"""Plot rows of matrices as images: filters, and inputs with their reconstructions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from autoenc.plotting.figures import finish
from autoenc.plotting.grids import COLOURS, grid_figure, grid_of, images, positive
from autoenc.plotting.tiles import (
    Array,
    ImageShape,
    check_finite,
    mark_missing,
    real_matrix,
    scale_between,
    scale_of,
    to_uint8,
    unit_rows,
)

if TYPE_CHECKING:
    import os

    from matplotlib.figure import Figure


def plot_filters(
    W_rows: ArrayLike,
    image_shape: ImageShape | None = None,
    *,
    k: int = 100,
    columns: int = 10,
    border: bool = False,
    path: str | os.PathLike[str] | None = None,
    title: str | None = None,
) -> Figure:
    """Plot the first rows of a matrix as a grid of images.

    Each row is scaled to its own range and drawn in inverse grey: its minimum is white, its
    maximum black. A constant row is white. Colours are not inverted: a pixel whose three values
    are the maximum is white, and a constant row is black.

    Parameters
    ----------
    W_rows : array of shape (n, height * width)
        One image per row: any real matrix, such as a data set. For weights of shape
        (n_visible, n_hidden), pass the transpose, whose rows are the filters of the hidden units.
    image_shape : (height, width) or (height, width, 3), optional
        Shape of the image in a row, grey or with red, green and blue for each pixel; by
        default, images are grey and square.
    k : int, default 100
        Maximum number of rows to plot.
    columns : int, default 10
        Number of images in a row of the grid.
    border : bool, default False
        Whether to draw a thin line around each image.
    path : path, optional
        File to write the figure to; see `save_figure`.
    title : str, optional
        Title above the grid.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, which is not registered with pyplot. A notebook shows it if it is the last
        expression of a cell.

    Raises
    ------
    ValueError
        If there is no row to plot, the rows are not images of this shape, or a value that is
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
    count = positive(k, "k")
    columns = positive(columns, "columns")
    rows, shape = images(W_rows, image_shape, "W_rows")
    rows = rows[:count]
    check_finite(rows, "W_rows")
    grid = (math.ceil(len(rows) / columns), min(columns, len(rows)))
    canvas = grid_of(to_uint8(unit_rows(rows)), shape, grid, border=border)
    return finish(grid_figure(canvas, title=title), path)


def plot_reconstructions(
    X: ArrayLike,
    Z: ArrayLike,
    image_shape: ImageShape | None = None,
    *,
    corrupted: ArrayLike | None = None,
    k: int = 10,
    path: str | os.PathLike[str] | None = None,
) -> Figure:
    """Plot inputs above their reconstructions, optionally with corrupted inputs between.

    All images share one scale of inverse grey, so that their brightness can be compared: from 0
    (white) to 1 (black) if the plotted inputs are in [0, 1], otherwise from the minimum to the
    maximum of these inputs. Values outside are clipped. Colours are not inverted. Missing inputs
    (NaN) are drawn in light blue.

    Parameters
    ----------
    X : array of shape (n, height * width)
        Inputs, one image per row; NaN where an entry is missing.
    Z : array of shape (n, height * width)
        Reconstructions of the inputs.
    image_shape : (height, width) or (height, width, 3), optional
        Shape of the image in a row, grey or with red, green and blue for each pixel; by
        default, images are grey and square.
    corrupted : array of shape (n, height * width), optional
        Corrupted inputs, drawn between the two.
    k : int, default 10
        Maximum number of inputs to plot.
    path : path, optional
        File to write the figure to; see `save_figure`.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, which is not registered with pyplot.

    Raises
    ------
    ValueError
        If there is no row to plot, the matrices differ in shape, the rows are not images of this
        shape, or a value to be drawn is infinite or, except in `X`, NaN.
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
    count = positive(k, "k")
    inputs, shape = images(X, image_shape, "X")
    given = {"X": inputs, "corrupted": corrupted, "Z": Z}
    lines = {
        name: _like(matrix, name, inputs)[:count]
        for name, matrix in given.items()
        if matrix is not None
    }
    missing = np.isnan(lines["X"])
    observed = lines["X"][~missing]
    lines["X"] = np.where(missing, inputs.dtype.type(0), lines["X"])
    for name, rows in lines.items():
        check_finite(rows, name)
    low, high = scale_of(observed)
    scaled = [scale_between(rows, np.array(low), np.array(high)) for rows in lines.values()]
    levels = to_uint8(np.concatenate(scaled))
    if missing.any():
        gaps = np.concatenate([missing, np.zeros((len(levels) - len(missing), missing.shape[1]))])
        levels, shape = mark_missing(levels, gaps, shape), (*shape[:2], COLOURS)
    grid = (len(lines), len(lines["X"]))
    canvas = grid_of(levels, shape, grid, border=True)
    labels = {"X": "input", "corrupted": "corrupted", "Z": "reconstruction"}
    return finish(grid_figure(canvas, labels=[labels[name] for name in lines]), path)


def _like(X: ArrayLike, name: str, inputs: Array) -> Array:
    matrix = real_matrix(X, name)
    if matrix.shape != inputs.shape:
        raise ValueError(
            f"{name} has shape {matrix.shape}, but the inputs have {inputs.shape}; pass "
            "corresponding rows."
        )
    return matrix
