"""Callbacks: hooks that are called during training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeAlias

Record: TypeAlias = dict[str, Any]
"""The entries of the history for one epoch."""


class Training(Protocol):
    """Training run in progress, as callbacks see it.

    Attributes
    ----------
    description : str
        Backend and device in use, and the reason for the choice.
    epoch : int
        Number of the current epoch, from 1; 0 before the first epoch.
    iteration : int
        Number of minibatches so far, over all epochs.
    history : list of dict
        One record for each completed epoch.
    stop_requested : bool
        Set this to True to end training after the current block.
    valid_cost : float or None
        Validation cost of the current parameters; None unless they were validated after the last
        block.
    best_validation : dict or None
        ``epoch``, ``iteration`` and ``valid_cost`` of the lowest validation cost so far, including
        the part of the run before it was resumed; None before the first validation.
    """

    description: str
    epoch: int
    iteration: int
    history: list[Record]
    stop_requested: bool
    valid_cost: float | None
    best_validation: Record | None

    @property
    def n_epochs(self) -> int:
        """Requested number of epochs."""
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
        """Mean cost over the rows of this epoch so far; NaN before the first block."""
        ...

    @property
    def model(self) -> Any:
        """The estimator with the current parameters; None if only a graph is trained.

        Reading it updates the shared variables, which requires a copy from a GPU.
        """
        ...


class Callback:
    """Base class of callbacks: override the methods of interest.

    An exception raised by a callback ends training and is passed on to the caller. The parameters
    trained so far are kept.

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
        """Handle the end of training, for whatever reason; close open resources.

        Parameters
        ----------
        training : Training
            The training in progress.
        """

    def of_layer(self, number: int) -> Callback:
        """Return the callback for one layer of a stack; by default, this callback for each layer.

        Callbacks that write files return a copy that writes other files.

        Parameters
        ----------
        number : int
            Number of the layer, from 1. Only the first layer sees the rows; the others see codes.

        Returns
        -------
        Callback
            The callback for that layer.
        """
        return self


CallbackLike: TypeAlias = Callback | Callable[[Record], object]
"""A callback, or a function that takes the record of every epoch."""
CallbacksLike: TypeAlias = Iterable[CallbackLike] | CallbackLike | None
"""Zero, one or several callbacks."""


class Callbacks(Callback):
    """Several callbacks combined into one, called in order.

    Raises
    ------
    TypeError
        If an element is neither a callback nor a function.
    """

    def __init__(self, callbacks: Iterable[CallbackLike]) -> None:
        self._callbacks: Sequence[Callback] = [_as_callback(callback) for callback in callbacks]

    def start(self, training: Training) -> None:
        """Call each callback; see `Callback.start`."""
        for callback in self._callbacks:
            callback.start(training)

    def block_end(self, training: Training) -> None:
        """Call each callback; see `Callback.block_end`."""
        for callback in self._callbacks:
            callback.block_end(training)

    def epoch_end(self, training: Training) -> None:
        """Call each callback; see `Callback.epoch_end`."""
        for callback in self._callbacks:
            callback.epoch_end(training)

    def stop(self, training: Training) -> None:
        """Call each callback, even if an earlier one raises; see `Callback.stop`."""
        errors = []
        for callback in self._callbacks:
            try:
                callback.stop(training)
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]


def listed(callbacks: CallbacksLike) -> tuple[CallbackLike, ...]:
    """Return callbacks as a tuple. None means no callbacks; a single one needs no list.

    Raises
    ------
    TypeError
        If an element is neither a callback nor a function.

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
