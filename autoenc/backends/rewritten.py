"""Rewriting of graphs as PyTensor's functions, once for graphs of the same structure.

PyTensor takes a third of a second to rewrite and link the step of a model, as long as the training
of a small model. If models are fitted one after the other, as in a grid search, this happens once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeAlias

import numpy as np
import pytensor
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors
from pytensor.tensor.type import TensorType

from autoenc.backends.interface import Array
from autoenc.graph.structure import structure
from autoenc.graph.types import Expression, Parameter
from autoenc.threads import Lock

# Maximum number of functions that are kept for others of the same structure.
KEPT = 64

Compiling: TypeAlias = Callable[[], AbstractContextManager[None]]
"""Function that sets the conditions under which a backend compiles."""


class RewrittenGraphs:
    """Compile functions with a mode, once for all graphs of the same structure.

    Parameters
    ----------
    mode : Mode or str
        PyTensor's mode.
    compiling : callable, optional
        Returns a context manager, within which functions are compiled.
    calling : callable, optional
        Returns a context manager for the first call with arguments of a new kind, for which Numba
        compiles again.
    """

    def __init__(
        self, mode: Any, compiling: Compiling = nullcontext, calling: Compiling = nullcontext
    ) -> None:
        self._mode, self._compiling, self._calling = mode, compiling, calling
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, _Linked] = OrderedDict()

    def function(
        self,
        inputs: Sequence[Expression],
        outputs: Sequence[Expression],
        updates: Mapping[Parameter, Expression] | None = None,
        *,
        mutable: Sequence[Expression] = (),
    ) -> LentFunction:
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
        LentFunction
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
                cells = list(map(_without_value, shared))
                swap = dict(zip(shared, cells, strict=True))
                again = clone_replace(results, swap)
                function = self._compile(inputs, mutable, again, swap, updates)
                self._kept[key] = _Linked(
                    _Instance(function, cells), self._compiling, self._calling
                )
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return LentFunction(self._kept[key], shared, len(updates))

    def _compile(
        self, inputs: Any, mutable: Any, results: list[Expression], swap: Any, updates: Any
    ) -> Any:
        n = len(results) - len(updates)
        with self._compiling():
            return pytensor.function(
                [*inputs, *(pytensor.In(argument, mutable=True) for argument in mutable)],
                results[:n],
                updates={swap[v]: e for v, e in zip(updates, results[n:], strict=True)},
                mode=self._mode,
            )


class LentFunction:
    """A function of a model's shared variables, whose compiled code belongs to all such models.

    PyTensor's functions hold their shared variables in cells, which are lists of one array. Before
    a call the model's arrays are put into the cells, and afterwards they are taken out. No array
    is copied, and code that nobody runs keeps no weights in memory.

    Parameters
    ----------
    linked : _Linked
        Compiled code for graphs of this structure.
    shared : list of shared variables
        Shared variables of this graph; those that the function updates come first.
    n_updated : int
        Number of shared variables that the function updates.
    """

    def __init__(self, linked: _Linked, shared: list[Parameter], n_updated: int) -> None:
        self._linked, self._shared, self._n_updated = linked, shared, n_updated

    def __call__(self, *arguments: Any) -> list[Any]:
        """Return the outputs of one call, whose arguments are converted to the types of inputs."""
        with self.running(arguments) as function:
            results: list[Any] = function(*arguments)
            return results

    @contextmanager
    def running(self, like: Sequence[Array], *, trusted: bool = False) -> Iterator[Any]:
        """Borrow compiled code for several calls, which nobody else runs in the meantime.

        Parameters
        ----------
        like : sequence of arrays
            Arrays with the dtypes and flags of the arguments.
        trusted : bool, default False
            Whether all arguments have the right type, and are not checked.

        Yields
        ------
        callable
            The function.
        """
        instance = self._linked.take()
        instance.function.trust_input = trusted
        # These are the lists in which shared variables hold their arrays.
        theirs = [variable.container.storage for variable in self._shared]
        for cell, storage in zip(instance.cells, theirs, strict=True):
            cell[0] = storage[0]
        try:
            with self._linked.calling(instance, like):
                yield instance.function
        except BaseException:  # its memory may be in any state, so it is not used again
            self._take_out(instance, theirs)
            raise
        self._take_out(instance, theirs)
        self._linked.give_back(instance)

    def _take_out(self, instance: _Instance, theirs: list[list[Any]]) -> None:
        updated = slice(self._n_updated)
        for cell, storage in zip(instance.cells[updated], theirs[updated], strict=True):
            storage[0] = cell[0]
        instance.empty()


class _Instance:
    """One copy of compiled code, with memory of its own."""

    def __init__(self, function: Any, shared: list[Parameter]) -> None:
        self.function = function
        self.shared = shared
        self.cells: list[list[Any]] = [variable.container.storage for variable in shared]
        self._nothing = [cell[0] for cell in self.cells]
        # Kinds of arguments for which Numba has compiled the code.
        self.kinds: set[Hashable] = set()

    def empty(self) -> None:
        """Let go of the caller's arrays, and of results that may be views of them."""
        for cell, nothing in zip(self.cells, self._nothing, strict=True):
            cell[0] = nothing
        self.function.free()

    def copy(self) -> _Instance:
        """Return the same code with other memory."""
        shared = list(map(_without_value, self.shared))
        return _Instance(
            self.function.copy(swap=dict(zip(self.shared, shared, strict=True))), shared
        )


class _Linked:
    """Copies of compiled code, of which each is run by one caller at a time."""

    def __init__(self, first: _Instance, compiling: Compiling, calling: Compiling) -> None:
        self._first, self._compiling, self._calling = first, compiling, calling
        self._idle = [first]
        self._lock = Lock()

    def take(self) -> _Instance:
        """Return a copy that nobody runs; make one if all are in use."""
        try:
            return self._idle.pop()
        except IndexError:
            with self._lock.now, self._compiling():
                return self._first.copy()

    def give_back(self, instance: _Instance) -> None:
        """Let others use a copy."""
        self._idle.append(instance)

    def calling(self, instance: _Instance, like: Sequence[Array]) -> AbstractContextManager[None]:
        """Return the context of calls with such arguments: another for the first of a kind."""
        if self._calling is nullcontext:
            return nullcontext()
        kind = tuple((a.dtype.char, a.flags.writeable, a.flags.aligned) for a in like)
        if kind in instance.kinds:
            return nullcontext()
        instance.kinds.add(kind)
        return self._calling()


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
