"""What is told of a training as it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeAlias

Record: TypeAlias = dict[str, Any]
"""What the history holds of an epoch."""


class Training(Protocol):
    """A training under way, as callbacks see it.

    Attributes
    ----------
    description : str
        What it runs on, and why.
    epoch : int
        From 1; 0 before the first.
    iteration : int
        Minibatches so far, over all epochs.
    history : list of dict
        A record of every epoch that has ended.
    stop_requested : bool
        Set it to True, and training ends after this block.
    valid_cost : float or None
        Validation cost of the present parameters; None unless the last block was followed by a
        validation.
    """

    description: str
    epoch: int
    iteration: int
    history: list[Record]
    stop_requested: bool
    valid_cost: float | None

    @property
    def n_epochs(self) -> int:
        """How many were asked for."""
        ...

    @property
    def n_rows(self) -> int:
        """Rows of the data."""
        ...

    @property
    def batch_size(self) -> int:
        """Rows of a minibatch."""
        ...

    @property
    def rows_done(self) -> int:
        """Rows of this epoch so far."""
        ...

    @property
    def cost(self) -> float:
        """Mean cost over those rows; NaN before the first."""
        ...

    @property
    def model(self) -> Any:
        """The estimator, with the present parameters; None where there is only a graph.

        Asking for it brings the shared variables up to date, which on a GPU takes a copy.
        """
        ...


class Callback:
    """Something that is told how a training goes; override what is of interest.

    Whatever a callback raises ends the training, with the parameters trained so far in
    place, and reaches the caller.

    Examples
    --------
    >>> class StopAt(Callback):
    ...     def __init__(self, cost):
    ...         self.cost = cost
    ...     def epoch_end(self, training):
    ...         training.stop_requested = training.cost <= self.cost
    """

    def start(self, training: Training) -> None:
        """Take note that the first epoch is about to begin."""

    def block_end(self, training: Training) -> None:
        """Take note that a block, up to 5,000 rows, has been trained on."""

    def epoch_end(self, training: Training) -> None:
        """Take note that an epoch is over, whose record is ``training.history[-1]``."""

    def stop(self, training: Training) -> None:
        """Take note that training is over, for whatever reason; close what is open."""


CallbackLike: TypeAlias = Callback | Callable[[Record], object]
"""A callback, or a function that takes the record of every epoch."""


class Callbacks(Callback):
    """Several callbacks as one, told in their order.

    Raises
    ------
    TypeError
        If one is neither a callback nor a function.
    """

    def __init__(self, callbacks: Iterable[CallbackLike]) -> None:
        self._callbacks: Sequence[Callback] = [_as_callback(callback) for callback in callbacks]

    def start(self, training: Training) -> None:
        """Tell each; see `Callback.start`."""
        for callback in self._callbacks:
            callback.start(training)

    def block_end(self, training: Training) -> None:
        """Tell each; see `Callback.block_end`."""
        for callback in self._callbacks:
            callback.block_end(training)

    def epoch_end(self, training: Training) -> None:
        """Tell each; see `Callback.epoch_end`."""
        for callback in self._callbacks:
            callback.epoch_end(training)

    def stop(self, training: Training) -> None:
        """Tell each, also where one before it raises; see `Callback.stop`."""
        errors = []
        for callback in self._callbacks:
            try:
                callback.stop(training)
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]


class _OfRecords(Callback):
    """A plain function of the record of an epoch, as a callback."""

    def __init__(self, function: Callable[[Record], object]) -> None:
        self._function = function

    def epoch_end(self, training: Training) -> None:
        """Pass the record on."""
        self._function(training.history[-1])


def _as_callback(callback: Any) -> Callback:
    if isinstance(callback, Callback):
        return callback
    if isinstance(callback, type) or not callable(callback):
        raise TypeError(
            f"callbacks has {callback!r}; expected objects of a subclass of "
            "autoenc.training.Callback, or functions that take the record of an epoch."
        )
    return _OfRecords(callback)
