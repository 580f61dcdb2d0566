"""The processes that train one model together: what they decide, and what one does for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]
Result = TypeVar("Result")


class PeerError(RuntimeError):
    """Another process of the training has failed, or is lost."""


class Processes(Protocol):
    """The processes of a training, each of which runs the same program.

    All of them call these methods in the same order, each as often as the others.

    Attributes
    ----------
    rank : int
        Number of this process, from 0.
    count : int
        How many there are.
    """

    rank: int
    count: int

    def gather(self, values: Sequence[float]) -> Array:
        """Return what each process passes.

        Parameters
        ----------
        values : sequence of float
            As many in every process.

        Returns
        -------
        float64 array, (processes, values)
            The values, by rank.
        """
        ...

    def from_first(self, action: Callable[[], Result]) -> Result:
        """Return in every process what the action returns in the first, which alone performs it.

        What it raises is raised in every process.

        Parameters
        ----------
        action : callable
            Without arguments; its result can be pickled.

        Returns
        -------
        object
            The result of the action.
        """
        ...

    def summed(self, array: Array) -> Array:
        """Return the sum of the bytes of arrays, of which all but one are zero at any place.

        Parameters
        ----------
        array : array
            Of the same shape and dtype in every process.

        Returns
        -------
        array
            The same in every process.
        """
        ...

    def in_each(self, action: Callable[[], Result]) -> Result:
        """Perform an action in every process; return its result in this one.

        Parameters
        ----------
        action : callable
            Without arguments. It exchanges nothing with other processes.

        Returns
        -------
        object
            The result of the action in this process.

        Raises
        ------
        MemoryError
            If the action raises that in any process.
        PeerError
            If it raises another error in other processes alone; has the message of the first. A
            process in which the action fails raises its own error.
        """
        ...

    def met(self) -> bool:
        """Return whether all processes call this within seconds.

        Unlike the other methods it returns where they do not, such as after an error.

        Returns
        -------
        bool
            Whether they do.
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
"""The processes of a training that has one."""
