"""Functions compiled from a fitted layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytensor
from pytensor import config
from pytensor import tensor as pt

from autoenc.backends import Backend
from autoenc.graph import AutoEncoderLayer, Expression

Array = np.ndarray[Any, Any]


class CompiledLayer:
    """A layer around given arrays, each piece of which is compiled when first asked for.

    Parameters
    ----------
    new_layer : callable
        Makes the layer from None, in place of a generator, and its parameters by name.
    row_cost : callable
        The cost of each row, from layer and input.
    backend : Backend
        What compiles.
    """

    def __init__(
        self,
        new_layer: Callable[..., AutoEncoderLayer],
        row_cost: Callable[[AutoEncoderLayer, Expression], Expression],
        backend: Backend,
    ) -> None:
        self._new_layer = new_layer
        self._row_cost = row_cost
        self._backend = backend
        self._layer: AutoEncoderLayer | None = None
        self._functions: dict[str, Callable[[Array], Array]] = {}

    def function(self, what: str, arrays: Mapping[str, Array]) -> Callable[[Array], Array]:
        """Give a function from rows to what is asked for, with these parameters.

        Parameters
        ----------
        what : {"encode", "decode", "reconstruct", "error"}
            Which piece of the layer.
        arrays : mapping from name to array
            The parameters as they are now.
        """
        layer = self._with_parameters(arrays)
        if what not in self._functions:
            x = pt.matrix("x", dtype=layer.W.dtype)
            expression = self._row_cost(layer, x) if what == "error" else getattr(layer, what)(x)
            self._functions[what] = self._backend.function([x], expression)
        return self._functions[what]

    def _with_parameters(self, arrays: Mapping[str, Array]) -> AutoEncoderLayer:
        if self._layer is None:
            shared = {name: pytensor.shared(array, name=name) for name, array in arrays.items()}
            with config.change_flags(floatX=str(arrays["W"].dtype)):
                self._layer = self._new_layer(None, **shared)
        for name, variable in self._layer.named_params().items():
            variable.set_value(arrays[name])
        return self._layer
