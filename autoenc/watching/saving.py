"""Models saved while training goes on, for a separate script to draw."""

from __future__ import annotations

import os
from pathlib import Path
from time import monotonic

from autoenc.training import Callback, Training


class SaveEvery(Callback):
    """Saves the model every so many epochs or minutes.

    Parameters
    ----------
    folder : path
        Where to; files are named ``epoch_00001.safetensors`` and so on.
    epochs : int, optional
        Epochs between two files, at least 1.
    minutes : float, optional
        Minutes between two files, >= 0; an epoch is never cut.

    Raises
    ------
    ValueError
        If neither or both are given, or a number is out of its range.

    Examples
    --------
    >>> import tempfile
    >>> from autoenc import AutoEncoder, load_mnist
    >>> images = load_mnist(sample=True).train.images[:100]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ae = AutoEncoder(8, n_epochs=4, random_state=0, verbose=False)
    ...     _ = ae.fit(images, callbacks=[SaveEvery(folder, epochs=2)])
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['epoch_00002.safetensors', 'epoch_00004.safetensors']
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        epochs: int | None = None,
        minutes: float | None = None,
    ) -> None:
        if (epochs is None) == (minutes is None):
            raise ValueError(
                f"epochs is {epochs!r} and minutes {minutes!r}; expected one of them."
            )
        if epochs is not None and epochs < 1:
            raise ValueError(f"epochs is {epochs!r}; expected an integer of at least 1.")
        if minutes is not None and not minutes >= 0:
            raise ValueError(f"minutes is {minutes!r}; expected a number >= 0.")
        self.folder = Path(folder)
        self.epochs = epochs
        self.minutes = minutes

    def start(self, training: Training) -> None:
        """Begin to count the minutes."""
        self._saved_at = monotonic()

    def epoch_end(self, training: Training) -> None:
        """Save the model if it is time to."""
        if self._is_time(training.epoch):
            training.model.save(self.folder / f"epoch_{training.epoch:05d}.safetensors")
            self._saved_at = monotonic()

    def _is_time(self, epoch: int) -> bool:
        if self.epochs is not None:
            return epoch % self.epochs == 0
        assert self.minutes is not None
        return monotonic() - self._saved_at >= 60 * self.minutes
