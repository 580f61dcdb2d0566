"""Functions compiled from a fitted model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytensor
from pytensor import config
from pytensor import tensor as pt

from autoenc.backends import Backend
from autoenc.models.symbolic import SymbolicModel, SymbolicStack
from autoenc.rows.blocks import Array


class CompiledModel:
    """A symbolic model around given arrays; each piece is compiled when first asked for."""

    def __init__(self) -> None:
        self._shared: dict[str, Any] = {}
        self._model: SymbolicModel | SymbolicStack | None = None
        self._functions: dict[str, Callable[[Array], Array]] = {}

    def function(
        self,
        what: str,
        arrays: Mapping[str, Array],
        make: Callable[..., SymbolicModel | SymbolicStack],
        backend: Backend,
    ) -> Callable[[Array], Array]:
        """Give a function from rows to what is asked for, with these arrays.

        Parameters
        ----------
        what : {"encode", "decode", "reconstruct", "error", "impute"}
            Which piece of the model.
        arrays : mapping from name to array
            Parameters and scaling as they are now.
        make : callable
            Makes the model from shared variables by name.
        backend : Backend
            What compiles.
        """
        dtype = str(next(iter(arrays.values())).dtype)
        with config.change_flags(floatX=dtype):
            model = self._with_arrays(arrays, make)
            if what not in self._functions:
                x = pt.matrix("x", dtype=dtype)
                self._functions[what] = backend.function([x], getattr(model, what)(x))
        return self._functions[what]

    def _with_arrays(
        self, arrays: Mapping[str, Array], make: Callable[..., SymbolicModel | SymbolicStack]
    ) -> SymbolicModel | SymbolicStack:
        if self._model is None:
            self._shared = {name: pytensor.shared(a, name=name) for name, a in arrays.items()}
            self._model = make(**self._shared)
        for name, array in arrays.items():
            self._shared[name].set_value(array)
        return self._model
