"""Draw the filters during training, as one picture or as an animation."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autoenc.plotting import plot_filters, plot_filters_over_time
from autoenc.plotting.figures import png_of
from autoenc.training import Every, Training
from autoenc.watching.disk import WriteErrors
from autoenc.watching.layered import LayeredCallback
from autoenc.watching.watched import Array, filters_of, require_model

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Maximum number of pictures of an animation; if there are more, every second one is dropped.
MOST_FRAMES = 120


class LiveFilters(LayeredCallback):
    """Draw the filters before the first epoch and at regular intervals.

    The file is replaced in one operation, so that a viewer never reads half a picture. A file
    that cannot be written when training begins raises an error; later, it causes one warning. Of a
    stack, the filters of the lowest layer are drawn.

    Parameters
    ----------
    path : path, optional
        Path of the picture, such as ``filters.png``. By default the notebook shows it, and each
        picture replaces the one before.
    every : int
        Epochs between two pictures, at least 1.
    **options
        For `autoenc.plotting.plot_filters`, such as ``image_shape`` and ``k``.

    Raises
    ------
    ValueError
        If `every` is out of range, or there is neither path nor notebook.

    Examples
    --------
    >>> import tempfile
    >>> from autoenc import AutoEncoder, load_mnist
    >>> images = load_mnist(sample=True).train.images[:100]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ae = AutoEncoder(8, n_epochs=2, random_state=0, verbose=False)
    ...     _ = ae.fit(images, callbacks=[LiveFilters(f"{folder}/filters.png", columns=4)])
    ...     [path.name for path in Path(folder).iterdir()]
    ['filters.png']
    """

    def __init__(
        self, path: str | os.PathLike[str] | None = None, *, every: int = 1, **options: Any
    ) -> None:
        if path is None and not _in_notebook():
            raise ValueError(
                "path is None and this is not a notebook, so the picture cannot be shown; "
                'give a path, such as LiveFilters("filters.png").'
            )
        self.path = None if path is None else Path(path)
        self.every = Every(epochs=every)
        self.options = options

    def start(self, training: Training) -> None:
        """Draw the filters before training.

        Parameters
        ----------
        training : Training
            The training in progress.

        Raises
        ------
        ValueError, TypeError
            If there is no model, or it has no filters that can be drawn.
        OSError
            If the file cannot be written.
        """
        self._errors = WriteErrors(str(self.path))
        self._display: Any = None
        self.every.start(training)
        self._draw(require_model(training, self), "before training")

    def epoch_end(self, training: Training) -> None:
        """Draw the filters if a picture is due.

        Parameters
        ----------
        training : Training
            The training in progress.
        """
        if self.every.is_due(training, epoch_is_over=True):
            with self._errors.become_warnings():
                self._draw(training.model, f"epoch {training.epoch}, cost {training.cost:.4g}")

    def _of_layer(self, number: int) -> dict[str, Any] | None:
        return {} if number == 1 else None  # only the first layer has filters of rows

    def _draw(self, model: Any, title: str) -> None:
        figure = plot_filters(filters_of(model), path=self.path, title=title, **self.options)
        if self.path is None:
            self._show(figure)

    def _show(self, figure: Figure) -> None:
        from IPython.display import Image, display

        picture = Image(data=png_of(figure))
        if self._display is None:
            self._display = display(picture, display_id=True)
        else:
            self._display.update(picture)


class FilmFilters(LayeredCallback):
    """Write an animation of the filters from before the first epoch to the last.

    The file is written when training ends, for whatever reason. An animation has at most 120
    pictures. When there are more, every second picture is dropped and the interval doubles. Of a
    stack, the filters of the lowest layer are drawn.

    Parameters
    ----------
    path : path
        Path of the file. The suffix ".gif" gives an animation, any other a strip of pictures.
        A file with one picture is written when training begins, to check that it can be.
    every : int
        Epochs between two pictures, at least 1.
    k : int
        Number of filters to draw.
    **options
        For `autoenc.plotting.plot_filters_over_time`, such as ``image_shape`` and ``columns``.

    Raises
    ------
    ValueError
        If `every` or `k` is out of range.

    Examples
    --------
    >>> import tempfile
    >>> from autoenc import AutoEncoder, load_mnist
    >>> images = load_mnist(sample=True).train.images[:100]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ae = AutoEncoder(8, n_epochs=2, random_state=0, verbose=False)
    ...     _ = ae.fit(images, callbacks=[FilmFilters(f"{folder}/filters.gif", columns=4)])
    ...     [path.name for path in Path(folder).iterdir()]
    ['filters.gif']
    """

    def __init__(
        self, path: str | os.PathLike[str], *, every: int = 1, k: int = 100, **options: Any
    ) -> None:
        if k < 1:
            raise ValueError(f"k is {k!r}; expected an integer of at least 1.")
        self.path = Path(path)
        self.every = Every(epochs=every)
        self.k = k
        self.options = options

    def start(self, training: Training) -> None:
        """Save the first picture.

        Parameters
        ----------
        training : Training
            The training in progress.

        Raises
        ------
        ValueError, TypeError
            If there is no model, or it has no filters that can be drawn.
        OSError
            If the file cannot be written.
        """
        self._errors = WriteErrors(str(self.path))
        self._frames: dict[int, Array] = {}
        self._gap, self._n_due = 1, 0
        self.every.start(training)
        first = {training.epoch: self._filters(require_model(training, self))}
        self._write(first)
        self._frames = first

    def epoch_end(self, training: Training) -> None:
        """Save a picture if one is due.

        Parameters
        ----------
        training : Training
            The training in progress.
        """
        if self.every.is_due(training, epoch_is_over=True):
            self._n_due += 1
            if self._n_due % self._gap == 0:
                self._take(training.model, training.epoch)

    def stop(self, training: Training) -> None:
        """Write the animation, with the final parameters as its last picture.

        Parameters
        ----------
        training : Training
            The training in progress.
        """
        if getattr(self, "_frames", None):
            with self._errors.become_warnings(at_end=True):
                self._take(training.model, training.epoch)
                self._write(self._frames)
            self._frames = {}

    def _of_layer(self, number: int) -> dict[str, Any] | None:
        return {} if number == 1 else None  # only the first layer has filters of rows

    def _take(self, model: Any, epoch: int) -> None:
        filters = self._filters(model)
        # The filters of a diverged model cannot be drawn; the animation ends before them.
        if np.isfinite(filters).all():
            self._frames[epoch] = filters
        if len(self._frames) > MOST_FRAMES:
            self._gap *= 2
            self._frames = dict(list(self._frames.items())[::2])

    def _filters(self, model: Any) -> Array:
        return np.array(filters_of(model)[: self.k])

    def _write(self, frames: dict[int, Array]) -> None:
        plot_filters_over_time(
            list(frames.values()), k=self.k, path=self.path, epochs=list(frames), **self.options
        )


def _in_notebook() -> bool:
    # In a notebook, IPython has already been imported.
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None
