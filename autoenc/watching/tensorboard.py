"""Write curves, filters, reconstructions and histograms for TensorBoard."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from socket import gethostname
from time import time
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autoenc.plotting import plot_filters, plot_reconstructions
from autoenc.plotting.figures import pixels_of
from autoenc.plotting.tiles import ImageShape
from autoenc.tables.extras import import_extra
from autoenc.training import Every, Training
from autoenc.watching.disk import WriteErrors, check_folder
from autoenc.watching.layered import LayeredCallback
from autoenc.watching.watched import (
    Measures,
    filter_images,
    parameters_of,
    require_model,
)

_BINS = 30  # the maximum number that TensorBoard shows
_numbers = itertools.count()


class TensorBoard(LayeredCallback):
    """Write event files for ``tensorboard --logdir``, with the epoch as the step.

    Scalars are the numbers in the record of each epoch, such as ``cost``, ``valid_cost`` and
    ``rows_per_second``, and the ``learning_rate`` if the model has one. Before the first epoch
    and at intervals of `every` epochs, it writes histograms of parameters and codes, and pictures
    of filters and reconstructions.

    If the files cannot be written when training begins, an error is raised. If writing fails
    later, one warning is issued. The next epoch tries again and writes the missing scalars.

    Each layer of a stack has its own folder in `folder`, ``layer_1`` and so on, which TensorBoard
    shows as runs. Layers above the first see codes, and so have neither pictures nor histograms of
    codes.

    Parameters
    ----------
    folder : path
        Folder of the event files. Use one folder for each training run; TensorBoard mixes the
        curves of two runs in one folder.
    X : array-like, (rows, n_visible), optional
        A few rows, for pictures of their reconstructions and histograms of their codes.
    every : int
        Epochs between two pictures and histograms, at least 1.
    image_shape : (height, width) or (height, width, 3), optional
        Shape of the image in a row. If left out, images are square, and rows that cannot be
        square have no pictures.
    k : int
        Number of rows of X to draw, at least 1.

    Raises
    ------
    MissingExtraError
        If tensorboardX is not installed.
    ValueError
        If `every` is out of range.

    Examples
    --------
    >>> import tempfile
    >>> from autoenc import AutoEncoder, load_mnist
    >>> images = load_mnist(sample=True).train.images[:100]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ae = AutoEncoder(8, n_epochs=2, random_state=0, verbose=False)
    ...     _ = ae.fit(images, callbacks=[TensorBoard(folder, images[:5])])
    ...     [path.name.startswith("events") for path in Path(folder).iterdir()]
    [True]
    """

    _has_pictures = True

    def __init__(
        self,
        folder: str | os.PathLike[str],
        X: ArrayLike | None = None,
        *,
        every: int = 1,
        image_shape: ImageShape | None = None,
        k: int = 10,
    ) -> None:
        import_extra("tensorboardX", "tensorboard", "TensorBoard")
        self.folder = Path(folder)
        self.X = X
        self.every = Every(epochs=every)
        self.image_shape = image_shape
        self.k = k

    def start(self, training: Training) -> None:
        """Write histograms and pictures of the initial model.

        Parameters
        ----------
        training : Training
            The training in progress.

        Raises
        ------
        ValueError, TypeError
            If there are rows but no model, or if the rows cannot be drawn.
        OSError
            If nothing can be written to the folder.
        """
        if self.X is not None:
            require_model(training, self)
        check_folder(self.folder)
        self._errors = WriteErrors(f"events in {self.folder}")
        self._events = EventFile(self.folder)
        self._measures = Measures(training)
        self.every.start(training)
        self._events.write(training.epoch, self._views(training.model))

    def epoch_end(self, training: Training) -> None:
        """Write scalars, and histograms and pictures if they are due.

        Parameters
        ----------
        training : Training
            The training in progress.
        """
        is_due = self.every.is_due(training, epoch_is_over=True)
        self._measures.collect(training)
        with self._errors.become_warnings():
            self._measures.write(self._write_measures)
            if is_due:
                self._events.write(training.epoch, self._views(training.model))

    def stop(self, training: Training) -> None:
        """Write the numbers that the file lacks, and close it.

        Parameters
        ----------
        training : Training
            The training in progress.
        """
        if hasattr(self, "_events"):
            with self._errors.become_warnings(at_end=True):
                self._measures.write(self._write_measures)
                self._events.close()

    def _of_layer(self, number: int) -> dict[str, Any]:
        of_codes = {} if number == 1 else {"X": None, "_has_pictures": False}
        return {"folder": self.folder / f"layer_{number}", **of_codes}

    def _write_measures(self, epoch: int, measures: Mapping[str, float]) -> None:
        from tensorboardX.summary import scalar

        self._events.write(epoch, [scalar(name, value) for name, value in measures.items()])

    def _views(self, model: Any) -> list[Any]:
        """Return histograms and pictures of a model; an empty list if there is only a graph."""
        if model is None:
            return []
        return [*self._histograms(model), *self._pictures(model)]

    def _histograms(self, model: Any) -> Iterator[Any]:
        from tensorboardX.summary import histogram

        arrays = {f"parameters/{name}": array for name, array in parameters_of(model).items()}
        if self.X is not None and hasattr(model, "transform"):
            arrays["codes"] = np.asarray(model.transform(self.X))
        for name, array in arrays.items():
            yield histogram(name, array, bins=_BINS)

    def _pictures(self, model: Any) -> Iterator[Any]:
        from tensorboardX.summary import image

        shape = self.image_shape
        filters = filter_images(model, shape) if self._has_pictures else None
        if filters is None:
            return
        figures = {"filters": plot_filters(filters, shape)}
        if self.X is not None and hasattr(model, "reconstruct"):
            figures["reconstructions"] = plot_reconstructions(
                np.asarray(self.X), np.asarray(model.reconstruct(self.X)), shape, k=self.k
            )
        for name, figure in figures.items():
            yield image(name, pixels_of(figure), dataformats="HWC")


class EventFile:
    """A file of events for TensorBoard that raises an error as soon as a write fails.

    The writers of tensorboardX and TensorBoard hand events to a thread. When the disk fails, the
    thread of tensorboardX ends, and training would wait for it forever.

    Parameters
    ----------
    folder : path
        An existing folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None

    def write(self, step: int, summaries: Sequence[Any]) -> None:
        """Write summaries to the disk.

        Raises
        ------
        OSError
            If writing fails. A truncated record hides all later records of the file, so the next
            write begins a new file, which TensorBoard reads as well.
        """
        from tensorboardX.proto.event_pb2 import Event

        try:
            self._open()
            for summary in summaries:
                self._write(Event(wall_time=time(), step=step, summary=summary))
            self._writer.flush()
        except OSError:
            with suppress(OSError):
                self.close()
            raise

    def close(self) -> None:
        """Close the file, if one is open."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _open(self) -> None:
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.record_writer import RecordWriter

        if self._writer is None:
            now = time()
            # TensorBoard reads files in the order of their names, and two may begin in one second.
            name = f"{now:010.0f}.{gethostname()}.{os.getpid()}.{next(_numbers):06}"
            self._writer = RecordWriter(str(self._folder / f"events.out.tfevents.{name}"))
            self._write(Event(wall_time=now, file_version="brain.Event:2"))

    def _write(self, event: Any) -> None:
        self._writer.write(event.SerializeToString())
