"""Decisions and actions of processes that train one model together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]
Result = TypeVar("Result")


class PeerError(RuntimeError):
    """Error raised if another process of the run has failed or is lost."""


class Processes(Protocol):
    """Processes of a training run, each of which runs the same program.

    All of them must call these methods in the same order and equally often.

    Attributes
    ----------
    rank : int
        Number of this process, from 0.
    count : int
        Number of processes.
    """

    rank: int
    count: int

    def gather(self, values: Sequence[float]) -> Array:
        """Return the values that each process passes.

        Parameters
        ----------
        values : sequence of float
            Values; their number must be the same in every process.

        Returns
        -------
        float64 array, (processes, values)
            The values, by rank.
        """
        ...

    def from_first(self, action: Callable[[], Result]) -> Result:
        """Perform an action in the first process only, and return its result in every process.

        An exception of the action is raised in every process.

        Parameters
        ----------
        action : callable
            Function without arguments, whose result can be pickled.

        Returns
        -------
        object
            The result of the action.
        """
        ...

    def summed(self, array: Array) -> Array:
        """Return the sum of the bytes of arrays, at most one of which is nonzero at each place.

        Parameters
        ----------
        array : array
            Array of the same shape and dtype in every process.

        Returns
        -------
        array
            The sum, which is the same in every process.
        """
        ...

    def in_each(self, action: Callable[[], Result]) -> Result:
        """Perform an action in every process; return its result in this one.

        Parameters
        ----------
        action : callable
            Function without arguments, which does not communicate with other processes.

        Returns
        -------
        object
            The result of the action in this process.

        Raises
        ------
        MemoryError
            If the action raises MemoryError in any process.
        PeerError
            If the action raises another error, and only in other processes; it has the message of
            the first of them. A process in which the action fails raises its own error.
        """
        ...

    def met(self) -> bool:
        """Return whether all processes call this method within seconds.

        Unlike the other methods, it also returns if they do not, for example after an error.

        Returns
        -------
        bool
            Whether all processes have called it.
        """
        ...


class Alone:
    """A single process; see `Processes`."""

    rank = 0
    count = 1

    def gather(self, values: Sequence[float]) -> Array:
        """Return the values of this process; see `Processes.gather`."""
        return np.array([values], np.float64)

    def from_first(self, action: Callable[[], Result]) -> Result:
        """Perform the action; see `Processes.from_first`."""
        return action()

    def summed(self, array: Array) -> Array:
        """Return the array; see `Processes.summed`."""
        return array

    def in_each(self, action: Callable[[], Result]) -> Result:
        """Perform the action; see `Processes.in_each`."""
        return action()

    def met(self) -> bool:
        """Return True; see `Processes.met`."""
        return True


ALONE: Processes = Alone()
"""The only process of a training run in a single process."""
