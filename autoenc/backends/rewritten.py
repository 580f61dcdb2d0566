"""Rewriting of graphs as PyTensor's functions, once for graphs of the same structure.

PyTensor takes a third of a second to rewrite the step of a model, as long as the training of a
small model. If models are fitted one after the other, as in a grid search, this happens once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pytensor
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors
from pytensor.tensor.type import TensorType

from autoenc.graph.structure import structure
from autoenc.graph.types import Expression, Parameter
from autoenc.threads import Lock

# Maximum number of functions that are kept for others of the same structure.
KEPT = 64


class RewrittenGraphs:
    """Compile functions with a mode, and keep the results of rewriting.

    Kept functions have shared variables without values, so that they keep no weights in memory.
    Each caller gets a copy with its own shared variables.

    Parameters
    ----------
    mode : Mode or str
        PyTensor's mode.
    """

    def __init__(self, mode: Any) -> None:
        self._mode = mode
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, tuple[Any, list[Parameter]]] = OrderedDict()

    def function(
        self,
        inputs: Sequence[Expression],
        outputs: Sequence[Expression],
        updates: Mapping[Parameter, Expression] | None = None,
        *,
        mutable: Sequence[Expression] = (),
    ) -> Any:
        """Compile a function of inputs and shared variables.

        Parameters
        ----------
        inputs : sequence of symbolic variables
            Arguments of the function.
        outputs : sequence of expressions
            Results.
        updates : mapping from shared variable to expression, optional
            Updates of shared variables by a call.
        mutable : sequence of symbolic variables
            Further arguments, whose memory the function may overwrite.

        Returns
        -------
        pytensor.compile.executor.Function
            The function; its outputs are a list.
        """
        updates = dict(updates or {})
        shared = _shared([*outputs, *updates.values()], updates)
        arguments, results = [*inputs, *mutable], [*outputs, *updates.values()]
        key = (
            structure([*arguments, *shared], results), len(mutable), len(outputs),
            tuple(map(shared.index, updates)),
        )  # fmt: skip
        with self._lock.now:
            if key not in self._kept:
                empty = list(map(_without_value, shared))
                swap = dict(zip(shared, empty, strict=True))
                again = clone_replace(results, swap)
                self._kept[key] = self._compile(inputs, mutable, again, swap, updates), empty
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            function, empty = self._kept[key]
            return function.copy(swap=dict(zip(empty, shared, strict=True)))

    def _compile(
        self, inputs: Any, mutable: Any, results: list[Expression], swap: Any, updates: Any
    ) -> Any:
        n = len(results) - len(updates)
        return pytensor.function(
            [*inputs, *(pytensor.In(argument, mutable=True) for argument in mutable)],
            results[:n],
            updates={swap[v]: e for v, e in zip(updates, results[n:], strict=True)},
            mode=self._mode,
        )


def _shared(outputs: Sequence[Expression], updated: Mapping[Parameter, Any]) -> list[Parameter]:
    """Return the shared variables of a graph, in the order in which it is traversed."""
    roots = [v for v in ancestors(outputs) if isinstance(v, SharedVariable)]
    return list(dict.fromkeys([*updated, *roots]))


def _without_value(variable: Parameter) -> Parameter:
    """Return a shared variable of the same type that takes almost no memory."""
    value = variable.get_value(borrow=True)
    if isinstance(variable.type, TensorType):
        value = np.zeros([n or 0 for n in variable.type.shape], variable.type.dtype)
    return type(variable)(type=variable.type, value=value, strict=False, name=variable.name)
