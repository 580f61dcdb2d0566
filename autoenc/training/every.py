"""Intervals in epochs, minutes or blocks of training."""

from __future__ import annotations

from time import monotonic

import numpy as np

from autoenc.training.callbacks import Callback, Training


class Every(Callback):
    """Interval of epochs, minutes or blocks.

    As a callback it counts blocks; call `is_due` after each block or epoch.

    Parameters
    ----------
    epochs : int, optional
        Epochs, at least 1.
    minutes : float, optional
        Minutes, >= 0; checked after every block.
    blocks : int, optional
        Blocks, at least 1; see `block_size` of `train`.

    Raises
    ------
    ValueError
        If not exactly one argument is given, or a number is out of its range.

    Examples
    --------
    >>> Every(minutes=10)
    Every(minutes=10)
    """

    def __init__(
        self,
        *,
        epochs: int | None = None,
        minutes: float | None = None,
        blocks: int | None = None,
    ) -> None:
        given = {"epochs": epochs, "minutes": minutes, "blocks": blocks}
        chosen = [(name, value) for name, value in given.items() if value is not None]
        if len(chosen) != 1:
            raise ValueError(
                f"epochs is {epochs!r}, minutes {minutes!r} and blocks {blocks!r}; expected "
                "one of them."
            )
        self.unit, self.number = chosen[0]
        _check_number(self.unit, self.number)
        self._blocks = 0
        self._since = monotonic()

    def __repr__(self) -> str:
        return f"Every({self.unit}={self.number})"

    def start(self, training: Training) -> None:
        """Reset the counter.

        Parameters
        ----------
        training : Training
            The training in progress.
        """
        self._blocks = 0
        self._since = monotonic()

    def block_end(self, training: Training) -> None:
        """Count a block.

        Parameters
        ----------
        training : Training
            The training in progress.
        """
        self._blocks += 1

    def is_due(self, training: Training, *, epoch_is_over: bool) -> bool:
        """Return whether the interval has passed, and if so reset the counter.

        Parameters
        ----------
        training : Training
            The training in progress.
        epoch_is_over : bool
            Whether an epoch has just ended.

        Returns
        -------
        bool
            Whether the interval has passed.
        """
        if not self._has_passed(training, epoch_is_over):
            return False
        self._blocks = 0
        self._since = monotonic()
        return True

    def _has_passed(self, training: Training, epoch_is_over: bool) -> bool:
        if self.unit == "epochs":
            return epoch_is_over and training.epoch % self.number == 0
        if self.unit == "blocks":
            return self._blocks >= self.number
        return monotonic() - self._since >= 60 * self.number


def as_every(every: Every | int) -> Every:
    """Return an interval; an integer is a number of epochs."""
    if isinstance(every, Every):
        return every
    if not isinstance(every, int | np.integer) or isinstance(every, bool) or every < 1:
        raise ValueError(f"every is {every!r}; expected an integer of at least 1, or an Every.")
    return Every(epochs=int(every))


def _check_number(unit: str, number: float) -> None:
    if unit == "minutes":
        if not number >= 0:
            raise ValueError(f"minutes is {number!r}; expected a number >= 0.")
    elif isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
        raise ValueError(f"{unit} is {number!r}; expected an integer of at least 1.")
