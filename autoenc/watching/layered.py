"""Callbacks that record each layer of a stack separately."""

from __future__ import annotations

from copy import copy
from typing import Any

from autoenc.training import Callback


class LayeredCallback(Callback):
    """Base class of callbacks whose paths, names or pictures differ between layers of a stack."""

    def of_layer(self, number: int) -> Callback:
        """Return the callback for one layer of a stack.

        Parameters
        ----------
        number : int
            Number of the layer, from 1. Only the first layer sees the rows; the others see codes.

        Returns
        -------
        Callback
            A copy with the paths, names and pictures of that layer, or a callback that does
            nothing if there is nothing to record.
        """
        changes = self._of_layer(number)
        if changes is None:
            return Callback()
        layer = copy(self)
        vars(layer).update(changes)
        return layer

    def _of_layer(self, number: int) -> dict[str, Any] | None:
        """Return the attributes that differ for a layer; None if there is nothing to record."""
        raise NotImplementedError
