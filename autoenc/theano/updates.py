"""What shared variables become: ``theano.updates``."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from pytensor.compile.sharedvalue import SharedVariable


class OrderedUpdates(OrderedDict[Any, Any]):
    """Updates of shared variables, in order.

    Raises
    ------
    TypeError
        If something other than a shared variable is to be updated.
    KeyError
        If two dictionaries that are added give one variable different updates.
    """

    def __setitem__(self, variable: Any, update: Any) -> None:
        if not isinstance(variable, SharedVariable):
            raise TypeError("OrderedUpdates keys must inherit from SharedVariable", variable)
        super().__setitem__(variable, update)

    def update(self, other: Any = (), /, **_: Any) -> None:
        """Add the updates of another dictionary or list of pairs."""
        for variable, expression in dict(other).items():
            if variable in self and self[variable] is not expression:
                raise KeyError("Collision", variable)
            self[variable] = expression

    def __add__(self, other: Any) -> OrderedUpdates:
        both = OrderedUpdates(self)
        both.update(other)
        return both

    def __radd__(self, other: Any) -> OrderedUpdates:
        both = OrderedUpdates(other)
        both.update(self)
        return both
