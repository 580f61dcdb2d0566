"""Plot filters at several times of training, as an animation or a strip.

>>> import numpy as np
>>> W = np.random.default_rng(0).normal(size=(12, 16))
>>> figure = plot_filters_over_time([W / 4, W / 2, W], epochs=[0, 1, 10])
>>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
['epoch 0', 'epoch 1', 'epoch 10']
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from autoenc.files import atomic_write
from autoenc.plotting.colours import text_of
from autoenc.plotting.figures import finish, pixels_of
from autoenc.plotting.grids import GAP, TILE, grid_figure, grid_of, images, positive, shown
from autoenc.plotting.tiles import (
    Array,
    ImageShape,
    check_finite,
    lay_out,
    scale_between,
    to_uint8,
)

if TYPE_CHECKING:
    import os

    from matplotlib.figure import Figure
    from PIL.Image import Image

_WIDE = 600  # approximate width of an animation in pixels
_SECONDS = 6  # length of an animation, within the limits for a frame
_LEAST, _MOST = 40, 500  # limits for the duration of a frame in milliseconds
_REST = 1500  # additional milliseconds of the last frame


def plot_filters_over_time(
    snapshots: Iterable[ArrayLike],
    image_shape: ImageShape | None = None,
    *,
    k: int | None = None,
    columns: int = 10,
    path: str | os.PathLike[str] | None = None,
    epochs: Sequence[float] | None = None,
) -> Figure:
    """Plot the first filters at several times of the training.

    Each filter has the same scale of inverse grey at all times: white is its minimum, black its
    maximum over time. With a separate scale for each time, the noise of the initial weights would
    look as strong as the final filter.

    Parameters
    ----------
    snapshots : sequence of arrays of shape (n, height * width)
        Weights at each time, one unit per row; for W of shape (n_visible, n_hidden), a copy of
        the transpose.
    image_shape : (height, width) or (height, width, 3), optional
        Shape of the image in a row; by default, images are square.
    k : int, optional
        Maximum number of filters to plot. By default 100 in an animation, and the number of
        columns in a strip, so that each snapshot is one row.
    columns : int, default 10
        Number of images in a row of the grid.
    path : path, optional
        File to write. If it ends in ".gif", it is an animation of about six seconds with one
        frame for each snapshot, which repeats after a pause. With any other suffix, it is a strip
        with the snapshots from top to bottom; see `save_figure`.
    epochs : sequence of numbers, optional
        Epoch of each snapshot, shown beside or above it. By default, snapshots are numbered
        from 0.

    Returns
    -------
    matplotlib.figure.Figure
        The strip, or the last frame of the animation. It is not registered with pyplot.

    Raises
    ------
    ValueError
        If there is no snapshot, snapshots differ in shape, the number of epochs is wrong, the
        rows are not images of this shape, or a value to be drawn is NaN or infinite.
    TypeError
        If a snapshot does not hold real numbers.
    OSError
        If the file cannot be written, or `path` exists and is not a regular file.

    Examples
    --------
    >>> import numpy as np
    >>> W = np.random.default_rng(0).normal(size=(784, 30))
    >>> figure = plot_filters_over_time([W.T / 2, W.T], k=20)
    >>> len(figure.axes)
    1
    """
    columns = positive(columns, "columns")
    is_animation = path is not None and Path(path).suffix.lower() == ".gif"
    if k is None:
        k = 100 if is_animation else columns
    stack, shape = _stack(snapshots, image_shape, positive(k, "k"))
    names = _names(epochs, len(stack))
    grid = (math.ceil(stack.shape[1] / columns), min(columns, stack.shape[1]))
    if path is not None and is_animation:
        frames = [
            grid_of(levels, shape, grid, tile=min(TILE, _WIDE // columns)) for levels in stack
        ]
        return _animate(frames, names, path)
    grids = [grid_of(levels, shape, grid, stacked=len(stack)) for levels in stack]
    gap = GAP if grid[0] == 1 else 4 * GAP
    strip = lay_out(np.stack(grids), (len(grids), 1), (gap, 0))
    return finish(grid_figure(strip, labels=names), path)


def _stack(
    snapshots: Iterable[ArrayLike], image_shape: ImageShape | None, k: int
) -> tuple[Array, ImageShape]:
    """Return the 8-bit levels (snapshots, filters, pixels) to draw, and the shape of an image."""
    if isinstance(snapshots, np.ndarray) and snapshots.ndim == 2:
        raise ValueError(
            f"snapshots is one matrix of shape {snapshots.shape}; expected a list of such "
            "matrices, one for each time."
        )
    matrices = []
    for i, snapshot in enumerate(snapshots):
        rows, shape = images(snapshot, image_shape, f"snapshots[{i}]")
        matrices.append(rows[:k])
        check_finite(matrices[-1], f"snapshots[{i}]")
        if i == 0:
            expected = rows.shape
        if rows.shape != expected:
            raise ValueError(
                f"snapshots[{i}] has shape {rows.shape}, but snapshots[0] has {expected}; pass "
                "the same weights at different times."
            )
    if not matrices:
        raise ValueError("snapshots is empty; expected the weights of at least one time.")
    stack = np.stack(matrices)
    low, high = stack.min(axis=(0, 2))[:, None], stack.max(axis=(0, 2))[:, None]
    return to_uint8(scale_between(stack, low, high)), shape


def _names(epochs: Sequence[float] | None, n: int) -> list[str]:
    if epochs is None:
        return [f"snapshot {i}" for i in range(n)]
    if len(epochs) != n:
        raise ValueError(f"epochs has {len(epochs)} values; expected {n}, one for each snapshot.")
    return [f"epoch {text_of(epoch)}" for epoch in epochs]


def _animate(frames: list[Array], names: list[str], path: str | os.PathLike[str]) -> Figure:
    """Write an animation, and return the figure of its last frame."""
    longest = max(names, key=len)
    figure = grid_figure(frames[0], title=longest)
    pictures = [_picture(figure, *frame) for frame in zip(frames, names, strict=True)]
    pause = int(np.clip(1000 * _SECONDS / len(frames), _LEAST, _MOST)) // 10 * 10
    with atomic_write(path) as temporary:
        pictures[0].save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=pictures[1:],
            duration=[pause] * (len(pictures) - 1) + [pause + _REST],
            loop=0,
        )
    return figure


def _picture(figure: Figure, frame: Array, name: str) -> Image:
    from PIL import Image

    axes = figure.axes[0]
    axes.images[0].set_data(shown(frame))
    axes.set_title(name, pad=8)
    picture = Image.fromarray(pixels_of(figure))
    return picture if frame.ndim == 3 else picture.convert("L")
