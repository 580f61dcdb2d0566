"""Callbacks: hooks that are called during a training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeAlias

Record: TypeAlias = dict[str, Any]
"""The entries of the history for one epoch."""


class Training(Protocol):
    """A training in progress, as callbacks see it.

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
        """Number of epochs that were asked for."""
        ...

    @property
    def n_rows(self) -> int:
        """Number of rows of the data."""
        ...

    @property
    def batch_size(self) -> int:
        """Number of rows of a minibatch."""
        ...

    @property
    def rows_done(self) -> int:
        """Number of rows of this epoch so far."""
        ...

    @property
    def cost(self) -> float:
        """Mean cost over those rows; NaN before the first."""
        ...

    @property
    def model(self) -> Any:
        """The estimator, with the present parameters; None where there is only a graph.

        Reading it updates the shared variables, which takes a copy from a GPU.
        """
        ...


class Callback:
    """Base class of callbacks: override the methods of interest.

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
        """Handle the start, before the first epoch.

        Parameters
        ----------
        training : Training
            The training in progress.
        """

    def block_end(self, training: Training) -> None:
        """Handle the end of a block.

        Parameters
        ----------
        training : Training
            The training in progress.
        """

    def epoch_end(self, training: Training) -> None:
        """Handle the end of an epoch, whose record is ``training.history[-1]``.

        Parameters
        ----------
        training : Training
            The training in progress.
        """

    def stop(self, training: Training) -> None:
        """Handle the end of the training, whatever the reason; close open resources.

        Parameters
        ----------
        training : Training
            The training in progress.
        """


CallbackLike: TypeAlias = Callback | Callable[[Record], object]
"""A callback, or a function that takes the record of every epoch."""
CallbacksLike: TypeAlias = Iterable[CallbackLike] | CallbackLike | None
"""Several of them, one, or none."""


class Callbacks(Callback):
    """Several callbacks as one, called in their order.

    Raises
    ------
    TypeError
        If one is neither a callback nor a function.
    """

    def __init__(self, callbacks: Iterable[CallbackLike]) -> None:
        self._callbacks: Sequence[Callback] = [_as_callback(callback) for callback in callbacks]

    def start(self, training: Training) -> None:
        """Call each; see `Callback.start`."""
        for callback in self._callbacks:
            callback.start(training)

    def block_end(self, training: Training) -> None:
        """Call each; see `Callback.block_end`."""
        for callback in self._callbacks:
            callback.block_end(training)

    def epoch_end(self, training: Training) -> None:
        """Call each; see `Callback.epoch_end`."""
        for callback in self._callbacks:
            callback.epoch_end(training)

    def stop(self, training: Training) -> None:
        """Call each, even if an earlier one raises; see `Callback.stop`."""
        errors = []
        for callback in self._callbacks:
            try:
                callback.stop(training)
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]


def listed(callbacks: CallbacksLike) -> tuple[CallbackLike, ...]:
    """Return callbacks as a tuple: of None, none; a single one needs no list.

    Raises
    ------
    TypeError
        If they are something else.

    Examples
    --------
    >>> listed(None), len(listed(print)), len(listed([print, print]))
    ((), 1, 2)
    """
    if callbacks is None:
        return ()
    if isinstance(callbacks, Callback) or callable(callbacks):
        return (callbacks,)
    try:
        return tuple(callbacks)
    except TypeError:
        raise TypeError(
            f"callbacks is {callbacks!r}; expected a list of objects of a subclass of "
            "autoenc.training.Callback, or of functions that take the record of an epoch."
        ) from None


class _OfRecords(Callback):
    """A plain function of the record of an epoch, as a callback."""

    def __init__(self, function: Callable[[Record], object]) -> None:
        self._function = function

    def epoch_end(self, training: Training) -> None:
        """Call the function with the record."""
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
