"""Create figures without pyplot, and write them to files."""

from __future__ import annotations

import io
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from autoenc.files import atomic_write
from autoenc.plotting.tiles import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


DPI = 128  # a power of two, so that sizes in pixels convert to inches and back exactly


def new_figure(width: int, height: int) -> Figure:
    """Return an empty figure of this size in pixels, without pyplot."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    # Notebooks show a figure unknown to pyplot as text, unless it provides its own picture.
    figure._repr_png_ = partial(png_of, figure)  # type: ignore[attr-defined]
    return figure


def png_of(figure: Figure) -> bytes:
    """Return a figure as a PNG file, in its own size in pixels."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=figure.dpi)
    return buffer.getvalue()


def pixels_of(figure: Figure) -> Array:
    """Return the pixels of a figure, (height, width, 3) of uint8."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def finish(figure: Figure, path: str | os.PathLike[str] | None) -> Figure:
    """Write the figure to `path`, if given, and return it."""
    if path is not None:
        save_figure(figure, path)
    return figure


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure to a file, in the format of its suffix.

    If this fails, an existing file is unchanged. A missing folder is created.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Any figure.
    path : path
        Path that ends in ".png", ".pdf", ".svg" or another suffix that matplotlib can write.

    Raises
    ------
    ValueError
        If the suffix is missing or unknown.
    OSError
        If the file cannot be written, or `path` exists and is not a regular file.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from autoenc.plotting import plot_filters
    >>> figure = plot_filters(np.eye(4))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_figure(figure, f"{folder}/pictures/filters.png")
    ...     [path.name for path in Path(folder).rglob("*.png")]
    ['filters.png']
    """
    file_format = _format_of(figure, Path(path))
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format=file_format, dpi=figure.dpi)


def _format_of(figure: Figure, path: Path) -> str:
    suffix = path.suffix.lower().removeprefix(".")
    known = figure.canvas.get_supported_filetypes()
    if suffix not in known:
        raise ValueError(
            f"{path.name!r} does not name a picture format; end it in one of "
            f"{', '.join('.' + name for name in sorted(known))}."
        )
    return suffix
