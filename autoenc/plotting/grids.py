"""Grids of images in inverse grey or in colour, exact to the pixel."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from autoenc.plotting.figures import DPI, new_figure
from autoenc.plotting.tiles import (
    Array,
    ImageShape,
    image_rows,
    lay_out,
    real_matrix,
    square_side,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TILE = 112  # pixels of an enlarged tile: a multiple of 7, 8, 14, 16 and 28
GAP = 4  # pixels between tiles
COLOURS = 3  # red, green and blue
_MARGIN = 16  # pixels around the grid and its labels
_LINE = 160  # grey level of a border
_LONGEST = 2**15  # pixels; matplotlib refuses sides of 2**16


def positive(value: int, name: str) -> int:
    """Return `value` as an int; raise ValueError unless it is an integer of at least 1."""
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(f"{name} is {value!r}; expected an integer of at least 1.")
    return number


def images(X: ArrayLike, image_shape: ImageShape | None, name: str) -> tuple[Array, ImageShape]:
    """Return a matrix with one image per row, and the shape of an image, by default square."""
    matrix = real_matrix(X, name)
    if not matrix.size:
        raise ValueError(f"{name} has shape {matrix.shape}; expected at least one image.")
    shape = _square(matrix, name) if image_shape is None else _whole(image_shape)
    return image_rows(matrix, shape, name), shape


def _whole(image_shape: ImageShape) -> ImageShape:
    try:
        lengths = tuple(operator.index(length) for length in image_shape)
    except TypeError:
        lengths = ()
    if len(lengths) not in (2, 3) or min(lengths) < 1 or lengths[2:] not in ((), (COLOURS,)):
        raise ValueError(
            f"image_shape is {image_shape!r}; expected (height, width), two integers of at least "
            f"1, or (height, width, {COLOURS}) for colours."
        )
    return lengths  # type: ignore[return-value]


def _square(matrix: Array, name: str) -> tuple[int, int]:
    width = matrix.shape[1]
    side = square_side(width)
    if side is None:
        raise ValueError(
            f"rows of {name} have {width} numbers, which is not a square image; pass "
            f"image_shape=(height, width), or {name}.T if images are columns."
        )
    return side, side


def grid_of(
    levels: Array,
    image_shape: ImageShape,
    grid: tuple[int, int],
    *,
    border: bool = False,
    tile: int = TILE,
    stacked: int = 1,
) -> Array:
    """Arrange rows of 8 bits as enlarged tiles, in which a pixel becomes a square of pixels.

    The longer side of a tile has about `tile` pixels, or fewer if the picture would be too long
    with `stacked` grids. Colours are inverted, like ink on white paper.
    """
    height, width, *colours = image_shape
    longest = max(height * grid[0] * stacked, width * grid[1])
    times = max(1, min(round(tile / max(height, width)), _LONGEST // longest))
    inks = 255 - levels if colours else levels
    tiles = inks.reshape(-1, *image_shape).repeat(times, axis=1).repeat(times, axis=2)
    if border:
        sides = [(0, 0), (1, 1), (1, 1), (0, 0)][: tiles.ndim]
        tiles = np.pad(tiles, sides, constant_values=_LINE)
    return lay_out(tiles, grid, (GAP, GAP))


def shown(canvas: Array) -> Array:
    """Return a canvas of `grid_of` for matplotlib: grey levels for a colour map, or colours.

    >>> shown(np.full((1, 1, 3), 255, np.uint8))
    array([[[0, 0, 0]]], dtype=uint8)
    """
    return 255 - canvas if canvas.ndim == 3 else canvas


def grid_figure(canvas: Array, *, title: str | None = None, labels: Sequence[str] = ()) -> Figure:
    """Return a figure of a canvas of `grid_of`, with a label next to each row of tiles."""
    height, width = canvas.shape[:2]
    figure = new_figure(width, height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(
        shown(canvas), "gray_r", vmin=0, vmax=255, aspect="auto", interpolation="nearest",
        origin="upper",
    )  # fmt: skip
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
    """Set the size of the axes in pixels, and enlarge the figure for its labels."""
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
