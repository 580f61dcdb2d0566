"""Arrange rows of a matrix as a grid of images, in NumPy alone.

>>> import numpy as np
>>> faces = np.eye(4)  # four images of 2 × 2 pixels
>>> tile_images(faces, image_shape=(2, 2), tile_shape=(1, 4), spacing=(0, 1))
array([[255,   0,   0,   0, 255,   0,   0,   0,   0,   0,   0],
       [  0,   0,   0,   0,   0,   0, 255,   0,   0,   0, 255]], dtype=uint8)
"""

from __future__ import annotations

import math
import operator
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[Any]
ImageShape: TypeAlias = tuple[int, int] | tuple[int, int, int]
Channels: TypeAlias = tuple[ArrayLike | None, ArrayLike | None, ArrayLike | None, ArrayLike | None]

# Missing values have no grey level. They are blue, unlike ink and paper.
MISSING = (120, 170, 245)

_CHANNELS = ("red", "green", "blue", "alpha")


def square_side(n_pixels: int) -> int | None:
    """Return the side of a square image; None if the pixels are not those of a square.

    Parameters
    ----------
    n_pixels : int
        Number of pixels.

    Returns
    -------
    int or None
        The side in pixels.

    Examples
    --------
    >>> square_side(784), square_side(783)
    (28, None)
    """
    side = math.isqrt(n_pixels)
    return side if side**2 == n_pixels else None


def scale_of(rows: Array) -> tuple[float, float]:
    """Return the ends of a grey scale: 0 and 1 if these bound all values, else the range.

    Parameters
    ----------
    rows : array of float
        Values, of which at least one is not NaN.

    Returns
    -------
    pair of float
        Lower and upper end.
    """
    observed = rows[~np.isnan(rows)]
    if np.all((observed >= 0) & (observed <= 1)):
        return 0.0, 1.0
    return float(np.min(observed)), float(np.max(observed))


def tile_images(
    X: ArrayLike | Channels,
    image_shape: tuple[int, int],
    tile_shape: tuple[int, int],
    *,
    spacing: tuple[int, int] = (0, 0),
    scale_rows: bool = True,
    output_dtype: Literal["uint8", "float"] = "uint8",
) -> Array:
    """Arrange the rows of a matrix as tiles of one image.

    Row ``i`` becomes the tile in grid row ``i // tile_shape[1]`` and grid column
    ``i % tile_shape[1]``. Rows beyond the last tile are ignored. Tiles beyond the last row, and
    the space between tiles, are background, which is 0.

    Parameters
    ----------
    X : array of shape (n, height * width), or tuple of four such arrays
        One image per row, of any real dtype. Four arrays are the red, green, blue and alpha
        channels of the same ``n`` images; some, but not all, may be None. A missing colour is 0
        everywhere; a missing alpha is opaque everywhere, including the background.
    image_shape : (height, width)
        Shape of the image in a row.
    tile_shape : (rows, columns)
        Shape of the grid.
    spacing : (vertical, horizontal), default (0, 0)
        Pixels of background between neighbouring tiles; there are none at the edge.
    scale_rows : bool, default True
        Whether to scale each row of each channel to [0, 1]:
        ``(x - x.min()) / (x.max() - x.min())``. A constant row becomes 0. Without scaling, float
        output has the original values, and uint8 output needs values in [0, 1].
    output_dtype : {"uint8", "float"}, default "uint8"
        With "uint8" the value is ``round(255 * x)``; rounding restores 8-bit pixels that were
        divided by 255. With "float" the dtype is that of `X` if it is floating-point (the widest
        of the channels), else float64.

    Returns
    -------
    array of shape (H, W), or (H, W, 4) for four channels
        The image; ``H = rows * height + (rows - 1) * vertical``, and accordingly for ``W``.

    Raises
    ------
    ValueError
        If shapes do not match, or a value to be drawn is NaN, infinite or, without scaling,
        outside [0, 1].
    TypeError
        If `X` does not hold real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[0.0, 1.0, 2.0, 4.0], [7.0, 7.0, 7.0, 7.0]])
    >>> tile_images(X, (2, 2), (1, 2), output_dtype="float")
    array([[0.  , 0.25, 0.  , 0.  ],
           [0.5 , 1.  , 0.  , 0.  ]])
    >>> tile_images((X, None, None, None), (2, 2), (1, 2)).shape
    (2, 4, 4)
    """
    image_shape = whole_pair(image_shape, "image_shape", least=1)
    tile_shape = whole_pair(tile_shape, "tile_shape", least=1)
    spacing = whole_pair(spacing, "spacing", least=0)
    if output_dtype not in ("uint8", "float"):
        raise ValueError(f"output_dtype is {output_dtype!r}; expected 'uint8' or 'float'.")

    channels = _channels(X)
    dtype = np.dtype(np.uint8) if output_dtype == "uint8" else _float_dtype(channels)
    planes = {}
    for name, matrix in channels.items():
        rows = image_rows(matrix, image_shape, name)[: tile_shape[0] * tile_shape[1]]
        pixels = _pixels(rows, name, scale_rows, dtype)
        planes[name] = lay_out(pixels.reshape(-1, *image_shape), tile_shape, spacing)
    return _merge(planes) if isinstance(X, tuple) else planes["X"]


def whole_pair(value: Any, name: str, *, least: int) -> tuple[int, int]:
    """Return two ints; raise ValueError unless they are integers of at least `least`."""
    try:
        first, second = (operator.index(size) for size in value)
    except (TypeError, ValueError):
        first = second = least - 1
    if min(first, second) < least:
        raise ValueError(
            f"{name} is {value!r}; expected two integers of at least {least}, (vertical, "
            "horizontal)."
        )
    return first, second


def image_rows(X: ArrayLike, image_shape: ImageShape, name: str = "X") -> Array:
    """Return `X` as a matrix of real numbers whose rows are images of `image_shape`."""
    rows = real_matrix(X, name)
    size = math.prod(image_shape)
    if rows.shape[1] != size:
        transpose = f", or {name}.T if images are columns" * (rows.shape[0] == size)
        raise ValueError(
            f"{name} has shape {rows.shape}, but an image of {' by '.join(map(str, image_shape))} "
            f"needs rows of {size} numbers; pass the image_shape of these rows{transpose}."
        )
    return rows


def real_matrix(X: ArrayLike, name: str = "X") -> Array:
    """Return `X` as a matrix of real numbers, without changing its dtype."""
    matrix = np.asarray(X)
    if matrix.dtype.kind not in "biuf":
        raise TypeError(f"{name} has dtype {matrix.dtype}; expected real numbers.")
    if matrix.ndim != 2:
        raise ValueError(
            f"{name} has shape {matrix.shape}; expected a matrix with one image per row. "
            "images.reshape(len(images), -1) makes one of a stack of images."
        )
    return matrix


def unit_rows(rows: Array) -> Array:
    """Return finite rows, each scaled from its own range to [0, 1]; constant rows become 0."""
    return scale_between(rows, rows.min(axis=1, keepdims=True), rows.max(axis=1, keepdims=True))


def scale_between(rows: Array, low: Array, high: Array) -> Array:
    """Return finite rows scaled from [low, high] to [0, 1] and clipped; 0 where low is high."""
    dtype = np.result_type(rows.dtype, np.float64)
    values, start, end = (x.astype(dtype) for x in (rows.clip(low, high), low, high))
    # The difference of huge ends may overflow, but that of their halves does not. Small ends are
    # not halved, because half of the smallest float is 0.
    shrink = np.where(np.maximum(-start, end) > 1, 0.5, 1.0)
    values, start, end = values * shrink, start * shrink, end * shrink
    span = end - start
    scaled: Array = (values - start) / np.where(span > 0, span, 1)
    return scaled


def to_uint8(rows: Array, name: str = "X") -> Array:
    """Return values in [0, 1] as the nearest of 256 levels."""
    outside = np.argwhere((rows < 0) | (rows > 1))
    if len(outside):
        row, column = outside[0]
        raise ValueError(
            f"{name} has {rows[row, column]} at row {row}, column {column}; expected values in "
            "[0, 1] for 8-bit pixels. Pass scale_rows=True or output_dtype='float', or divide "
            "pixels that are already 8-bit by 255."
        )
    return np.rint(np.multiply(rows, 255, dtype=np.float64)).astype(np.uint8)


def check_finite(rows: Array, name: str = "X") -> None:
    """Raise ValueError for the first NaN or infinite value."""
    bad = np.argwhere(~np.isfinite(rows))
    if len(bad):
        row, column = bad[0]
        raise ValueError(
            f"{name} has {rows[row, column]} at row {row}, column {column}; expected finite "
            "numbers. Did training diverge, or are values missing?"
        )


def mark_missing(levels: Array, missing: Array, image_shape: ImageShape) -> Array:
    """Return 8-bit rows in colour, with `MISSING` for pixels with a missing value.

    Grey levels are inverted, like ink on white paper.

    >>> mark_missing(np.array([[0, 255]], np.uint8), np.array([[True, False]]), (1, 2)).tolist()
    [[[[120, 170, 245], [0, 0, 0]]]]
    """
    shape = (len(levels), image_shape[0], image_shape[1], -1)
    pixels, gaps = levels.reshape(shape), missing.reshape(shape)
    inks = 255 - pixels if len(image_shape) == 2 else pixels
    return np.where(gaps.any(axis=-1, keepdims=True), np.array(MISSING, np.uint8), inks)


def lay_out(images: Array, tile_shape: tuple[int, int], spacing: tuple[int, int]) -> Array:
    """Arrange images (n, height, width), n ≤ tiles, as tiles on a background of 0.

    A fourth axis, of colours, is kept.
    """
    (rows, columns), (below, right) = tile_shape, spacing
    n, height, width, *colours = images.shape
    # Each cell is a tile with the spacing below and to the right of it, so that one reshape makes
    # the grid; the spacing of the last cells is removed.
    cells = np.zeros((rows * columns, height + below, width + right, *colours), images.dtype)
    cells[:n, :height, :width] = images
    grid = cells.reshape(rows, columns, *cells.shape[1:]).swapaxes(1, 2)
    canvas = grid.reshape(rows * (height + below), columns * (width + right), *colours)
    return np.ascontiguousarray(canvas[: len(canvas) - below, : canvas.shape[1] - right])


def _pixels(rows: Array, name: str, scale_rows: bool, dtype: np.dtype[Any]) -> Array:
    check_finite(rows, name)
    values = unit_rows(rows) if scale_rows else rows
    return to_uint8(values, name) if dtype == np.uint8 else values.astype(dtype)


def _channels(X: ArrayLike | Channels) -> dict[str, Array]:
    if not isinstance(X, tuple):
        return {"X": real_matrix(X)}
    if len(X) != len(_CHANNELS):
        raise ValueError(
            f"X is a tuple of {len(X)}; expected four channels, (red, green, blue, alpha), any of "
            "which may be None. Pass a single matrix as an array."
        )
    channels = {
        name: real_matrix(matrix, name)
        for name, matrix in zip(_CHANNELS, X, strict=True)
        if matrix is not None
    }
    if not channels:
        raise ValueError("all four channels are None; expected an array for at least one.")
    counts = {name: len(matrix) for name, matrix in channels.items()}
    if len(set(counts.values())) > 1:
        raise ValueError(f"channels have {counts} rows; expected equally many.")
    return channels


def _float_dtype(channels: dict[str, Array]) -> np.dtype[Any]:
    dtype = np.result_type(*(matrix.dtype for matrix in channels.values()))
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def _merge(planes: dict[str, Array]) -> Array:
    black = np.zeros_like(next(iter(planes.values())))
    opaque = black + black.dtype.type(255 if black.dtype == np.uint8 else 1)
    missing = dict(zip(_CHANNELS, (black, black, black, opaque), strict=True))
    return np.stack([planes.get(name, missing[name]) for name in _CHANNELS], axis=-1)
