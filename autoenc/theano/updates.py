"""Updates of shared variables: ``theano.updates``."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from pytensor.compile.sharedvalue import SharedVariable


class OrderedUpdates(OrderedDict[Any, Any]):
    """Ordered updates of shared variables.

    Raises
    ------
    TypeError
        If a key is not a shared variable.
    KeyError
        If two added dictionaries contain different updates of the same variable.
    """

    def __setitem__(self, variable: Any, update: Any) -> None:
        if not isinstance(variable, SharedVariable):
            raise TypeError("OrderedUpdates keys must inherit from SharedVariable", variable)
        super().__setitem__(variable, update)

    def update(self, other: Any = (), /, **_: Any) -> None:
        """Add the updates of another dictionary or list of pairs."""
        for variable, expression in dict(other or ()).items():
            if variable in self and self[variable] != expression:
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
