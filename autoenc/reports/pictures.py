"""Rows of numbers as small pictures, which are part of the page itself.

A pixel of the image is a pixel of the PNG. The page enlarges pictures without smoothing.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from autoenc.plotting import tile_images
from autoenc.plotting.tiles import mark_missing, scale_between, unit_rows

Array: TypeAlias = np.ndarray[Any, Any]

COLUMNS = 10


def filter_grid(W_rows: Array, image_shape: Sequence[int]) -> str:
    """Draw filters on a grid, each scaled to its own range.

    Parameters
    ----------
    W_rows : array, (filters, pixels)
        Finite numbers.
    image_shape : (height, width) or (height, width, 3)

    Returns
    -------
    str
        A data URI.
    """
    rows = unit_rows(np.asarray(W_rows, np.float64))
    grid = (math.ceil(len(rows) / COLUMNS), min(COLUMNS, len(rows)))
    shape = (image_shape[0], image_shape[1])
    if len(image_shape) == 2:
        levels = tile_images(rows, shape, grid, spacing=(1, 1), scale_rows=False)
        return data_uri(255 - levels)
    pixels = rows.reshape(len(rows), -1, 3)
    red, green, blue = (np.ascontiguousarray(pixels[..., c]) for c in range(3))
    levels = tile_images((red, green, blue, None), shape, grid, spacing=(1, 1), scale_rows=False)
    return data_uri(levels[..., :3])


def filter_scale(image_shape: Sequence[int]) -> str:
    """Describe the meaning of the levels of `filter_grid`."""
    if len(image_shape) == 2:
        return "white is its lowest weight, black its highest."
    return "a colour is absent at its lowest weight, and brightest at its highest."


def row_picture(row: Array, image_shape: Sequence[int], low: float, high: float) -> str:
    """Draw one row: grey levels inverted, as in the other pictures, and colours unchanged.

    Parameters
    ----------
    row : array, (pixels,)
        NaN where an entry is missing: such pixels are drawn in light blue.
    image_shape : (height, width) or (height, width, 3)
    low, high : float
        Values at the ends of the scale.

    Returns
    -------
    str
        A data URI.
    """
    rows = np.asarray(row, np.float64)[None]
    missing = np.isnan(rows)
    scaled = scale_between(np.where(missing, low, rows), np.array(low), np.array(high))
    levels = np.rint(255 * scaled).astype(np.uint8)
    if missing.any():
        height, width, *colours = image_shape
        shape = (height, width, 3) if colours else (height, width)
        return data_uri(mark_missing(levels, missing, shape)[0])
    pixels = levels.reshape(image_shape)
    return data_uri(255 - pixels if len(image_shape) == 2 else pixels)


def share_picture(shares: Array, image_shape: Sequence[int]) -> str:
    """Draw the share of each pixel; the pixel with the largest share is black.

    Parameters
    ----------
    shares : array, (pixels,)
        Shares, which are at least 0 up to rounding; those of the colours of a pixel are added.
    image_shape : (height, width) or (height, width, 3)

    Returns
    -------
    str
        A data URI.
    """
    height, width = image_shape[0], image_shape[1]
    added = np.maximum(shares, 0).reshape(height * width, -1).sum(axis=1)
    return row_picture(added, (height, width), 0.0, float(np.max(added)))


def data_uri(levels: Array) -> str:
    """Return 8-bit levels, (height, width) or with three colours, as a PNG in a data URI."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(levels)).save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
