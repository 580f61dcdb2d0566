"""Early stopping: rules that decide from validation costs when to stop.

L. Prechelt (1998). Early stopping: but when? Neural Networks: Tricks of the Trade.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from autoenc.graph.types import Parameter


def _whole(number: Any, least: int, unit: str) -> int:
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < least:
        raise ValueError(
            f"patience is {number!r}; expected an integer of at least {least}, in {unit}."
        )
    return int(number)


class EarlyStopping(Protocol):
    """Interface of rules that receive validation costs and decide when to stop.

    Iterations are counted in minibatches from 0, over all epochs.

    Attributes
    ----------
    best_cost : float
        The lowest validation cost so far; infinite before the first validation.
    best_iteration : int
        The minibatch after which this cost was measured; -1 before the first validation.
    """

    best_cost: float
    best_iteration: int

    def start(self, minibatches_per_epoch: int) -> None:
        """Reset the rule at the start of training.

        Parameters
        ----------
        minibatches_per_epoch : int
            Number of minibatches of an epoch.
        """
        ...

    def next_event(self, iteration: int) -> int:
        """Return the first minibatch, at or after `iteration`, after which to query the rule.

        Parameters
        ----------
        iteration : int
            Number of the minibatch, counted from 0.

        Returns
        -------
        int
            The minibatch after which to query the rule again.
        """
        ...

    def validate_after(self, iteration: int) -> bool:
        """Return whether to validate after this minibatch.

        Parameters
        ----------
        iteration : int
            Number of the minibatch, counted from 0.

        Returns
        -------
        bool
            Whether to validate after this minibatch.
        """
        ...

    def report(self, iteration: int, cost: float) -> bool:
        """Record a validation cost; return whether it is the best so far.

        Parameters
        ----------
        iteration : int
            Number of the minibatch, counted from 0.
        cost : float
            Validation cost after this minibatch.

        Returns
        -------
        bool
            Whether it is the best so far.
        """
        ...

    def stop_after(self, iteration: int) -> bool:
        """Return whether training stops after this minibatch.

        Parameters
        ----------
        iteration : int
            Number of the minibatch, counted from 0.

        Returns
        -------
        bool
            Whether this minibatch was the last.
        """
        ...


class GeometricPatience:
    """Stop after a number of minibatches that grows with each improvement.

    Validation takes place every min(minibatches per epoch, patience / 2) minibatches. If the cost
    falls below `threshold` times the best cost at iteration i, training continues at least until
    iteration `increase` · i. It ends when the current limit is reached without a further
    improvement.

    Parameters
    ----------
    patience : int
        Minimum number of minibatches to train on, at least 2.
    increase : float
        Factor by which the number of minibatches so far is multiplied on improvement, > 1.
    threshold : float
        A cost below this fraction of the best cost counts as an improvement, in (0, 1].

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    The rule of the Theano deep learning tutorials.

    Examples
    --------
    >>> rule = GeometricPatience(patience=10)
    >>> rule.start(minibatches_per_epoch=5)
    >>> rule.report(4, 1.0), rule.report(9, 0.5), rule.stop_after(9), rule.stop_after(18)
    (True, True, False, True)
    """

    def __init__(
        self, patience: int = 5_000, *, increase: float = 2.0, threshold: float = 0.995
    ) -> None:
        patience = _whole(patience, 2, "minibatches")
        if not increase > 1:
            raise ValueError(f"increase is {increase}; expected a number > 1.")
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold is {threshold}; expected a number in (0, 1].")
        self.patience = patience
        self.increase = increase
        self.threshold = threshold
        self.start(patience)

    def start(self, minibatches_per_epoch: int) -> None:
        """Reset the rule; see `EarlyStopping.start`.

        Parameters
        ----------
        minibatches_per_epoch : int
            Number of minibatches of an epoch.
        """
        self.best_cost = math.inf
        self.best_iteration = -1
        self.granted = float(self.patience)
        self.frequency = min(minibatches_per_epoch, self.patience // 2)

    def next_event(self, iteration: int) -> int:
        """Return when to query the rule again; see `EarlyStopping.next_event`.

        Parameters
        ----------
        iteration : int
            Number of the minibatch, counted from 0.

        Returns
        -------
        int
            The minibatch after which to query the rule again.
        """
        validation = (iteration // self.frequency + 1) * self.frequency - 1
        return min(validation, max(math.ceil(self.granted), iteration))

    def validate_after(self, iteration: int) -> bool:
        """Return whether to validate; see `EarlyStopping.validate_after`.

        Parameters
        ----------
        iteration : int
            Number of the minibatch, counted from 0.

        Returns
        -------
        bool
            Whether to validate after this minibatch.
        """
        return (iteration + 1) % self.frequency == 0

    def report(self, iteration: int, cost: float) -> bool:
        """Record a validation cost; see `EarlyStopping.report`.

        Parameters
        ----------
        iteration : int
            Number of the minibatch, counted from 0.
        cost : float
            Validation cost after this minibatch.

        Returns
        -------
        bool
            Whether it is the best so far.
        """
        if not cost < self.best_cost:
            return False
        if cost < self.best_cost * self.threshold:
            self.granted = max(self.granted, iteration * self.increase)
        self.best_cost, self.best_iteration = cost, iteration
        return True

    def stop_after(self, iteration: int) -> bool:
        """Return whether to stop; see `EarlyStopping.stop_after`.

        Parameters
        ----------
        iteration : int
            Number of the minibatch, counted from 0.

        Returns
        -------
        bool
            Whether this minibatch was the last.
        """
        return iteration >= self.granted


class EpochPatience:
    """Stop after a number of epochs without improvement.

    Parameters
    ----------
    patience : int
        Epochs to wait for a lower validation cost, at least 1.
    tolerance : float
        Amount by which the cost must be lower, >= 0.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> rule = EpochPatience(patience=2)
    >>> rule.start(minibatches_per_epoch=10)
    >>> [rule.report(i, c) for i, c in [(9, 1.0), (19, 1.1), (29, 1.2)]], rule.stop_after(29)
    ([True, False, False], True)
    """

    def __init__(self, patience: int = 10, *, tolerance: float = 0.0) -> None:
        patience = _whole(patience, 1, "epochs")
        if not tolerance >= 0:
            raise ValueError(f"tolerance is {tolerance}; expected a number >= 0.")
        self.patience = patience
        self.tolerance = tolerance
        self.start(1)

    def start(self, minibatches_per_epoch: int) -> None:
        """Reset the rule; see `EarlyStopping.start`.

        Parameters
        ----------
        minibatches_per_epoch : int
            Number of minibatches of an epoch.
        """
        self.best_cost = math.inf
        self.best_iteration = -1
        self.minibatches_per_epoch = minibatches_per_epoch
        self.improved_at = -1

    def next_event(self, iteration: int) -> int:
        """Return when to query the rule again; see `EarlyStopping.next_event`.

        Parameters
        ----------
        iteration : int
            Number of the minibatch, counted from 0.

        Returns
        -------
        int
            The minibatch after which to query the rule again.
        """
        return (iteration // self.minibatches_per_epoch + 1) * self.minibatches_per_epoch - 1

    def validate_after(self, iteration: int) -> bool:
        """Return whether to validate; see `EarlyStopping.validate_after`.

        Parameters
        ----------
        iteration : int
            Number of the minibatch, counted from 0.

        Returns
        -------
        bool
            Whether to validate after this minibatch.
        """
        return (iteration + 1) % self.minibatches_per_epoch == 0

    def report(self, iteration: int, cost: float) -> bool:
        """Record a validation cost; see `EarlyStopping.report`.

        Parameters
        ----------
        iteration : int
            Number of the minibatch, counted from 0.
        cost : float
            Validation cost after this minibatch.

        Returns
        -------
        bool
            Whether it is the best so far.
        """
        if cost < self.best_cost - self.tolerance:
            self.improved_at = iteration
        if not cost < self.best_cost:
            return False
        self.best_cost, self.best_iteration = cost, iteration
        return True

    def stop_after(self, iteration: int) -> bool:
        """Return whether to stop; see `EarlyStopping.stop_after`.

        Parameters
        ----------
        iteration : int
            Number of the minibatch, counted from 0.

        Returns
        -------
        bool
            Whether this minibatch was the last.
        """
        return iteration - self.improved_at >= self.patience * self.minibatches_per_epoch


class Keeper:
    """Store for the state with the best validation cost.

    Parameters
    ----------
    rule : EarlyStopping
        Rule that receives the costs.
    state : sequence of shared variables
        Parameters and all other shared variables that the updates change.

    Attributes
    ----------
    best : list of array, or None
        The state with the best validation cost; None before the first validation.
    """

    def __init__(self, rule: EarlyStopping, state: Sequence[Parameter]) -> None:
        self.rule = rule
        self._state = state
        self.best: list[Any] | None = None

    def report(self, iteration: int, cost: float) -> None:
        """Pass a validation cost to the rule; store the state if it is the best."""
        if self.rule.report(iteration, cost):
            self.best = [variable.get_value() for variable in self._state]

    def resume(self, counters: Mapping[str, Any], best: Sequence[Any]) -> None:
        """Restore the rule's attributes and the best state from a checkpoint."""
        vars(self.rule).update(counters)
        self.best = list(best) or None

    def restore(self) -> None:
        """Copy the best state into the shared variables, if there is one."""
        if self.best is not None:
            for variable, value in zip(self._state, self.best, strict=True):
                variable.set_value(value)
