"""Rewriting and linking of graphs by PyTensor, once for all graphs of the same structure.

Rewriting and linking the step of a model takes as long as the training of a small model. If models
are fitted one after the other, as in a grid search, this happens once.
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

from autoenc.backends.arrays import on_the_host
from autoenc.backends.compile_lock import waiting_for_others
from autoenc.backends.interface import Array
from autoenc.graph.structure import structure
from autoenc.graph.types import Expression, Parameter
from autoenc.threads import Lock

# Maximum number of functions that are kept for others of the same structure.
KEPT = 64

Compiling: TypeAlias = Callable[[], AbstractContextManager[None]]
"""Function that returns a context in which a backend compiles."""
Calling: TypeAlias = Callable[["_Code", Sequence[Array]], AbstractContextManager[None]]
"""Function that returns a context in which compiled code is called with given arguments."""


class RewrittenGraphs:
    """Compile functions with a mode, once for all graphs of the same structure.

    Parameters
    ----------
    mode : Mode or str
        PyTensor's mode.
    compiling : callable, optional
        Returns a context manager, within which functions are compiled.
    calling : callable, optional
        Returns a context manager, within which compiled code is called with given arguments. Numba
        compiles at the first call with arguments of a kind.
    """

    def __init__(
        self, mode: Any, compiling: Compiling = nullcontext, calling: Calling | None = None
    ) -> None:
        self._mode, self._compiling, self._calling = mode, compiling, calling
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, _Linked] = OrderedDict()

    def function(
        self,
        inputs: Sequence[Expression],
        outputs: Expression | Sequence[Expression],
        updates: Mapping[Parameter, Expression] | None = None,
        *,
        mutable: Sequence[Expression] = (),
    ) -> LentFunction:
        """Compile a function of inputs and shared variables.

        Parameters
        ----------
        inputs : sequence of symbolic variables
            Arguments of the function.
        outputs : expression or sequence of expressions
            Results.
        updates : mapping from shared variable to expression, optional
            Updates of shared variables by a call.
        mutable : sequence of symbolic or shared variables
            Further arguments, whose memory the function may overwrite. Shared variables become
            arguments without a value.

        Returns
        -------
        LentFunction
            The function. It returns an array for one expression, and a list for several.
        """
        updates = dict(updates or {})
        several = isinstance(outputs, Sequence)
        results = [*outputs] if several else [outputs]
        n_outputs = len(results)
        results += updates.values()
        shared = [v for v in _shared(results, updates) if v not in mutable]
        key = (
            structure([*inputs, *mutable, *shared], results), len(mutable),
            n_outputs if several else None, tuple(map(shared.index, updates)),
        )  # fmt: skip
        with self._lock.now:
            if key not in self._kept:
                cells = list(map(_without_value, shared))
                arguments = [variable.type(name=variable.name) for variable in mutable]
                swap = dict(zip([*shared, *mutable], [*cells, *arguments], strict=True))
                again = clone_replace(results, swap)
                returned = again[:n_outputs] if several else again[0]
                renewed = dict(zip([swap[v] for v in updates], again[n_outputs:], strict=True))
                function = self._compile(inputs, arguments, returned, renewed)
                self._kept[key] = _Linked(_Code(function, cells), self._compiling, self._calling)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return LentFunction(self._kept[key], shared, len(updates))

    def _compile(self, inputs: Any, mutable: Any, outputs: Any, updates: Any) -> Any:
        overwritten = [pytensor.In(argument, mutable=True) for argument in mutable]

        def compiled() -> Any:
            with self._compiling():
                return pytensor.function(
                    [*inputs, *overwritten], outputs, updates=updates, mode=self._mode
                )

        return waiting_for_others(compiled)


class LentFunction:
    """A function of a model's shared variables, whose compiled code belongs to all such models.

    PyTensor's functions hold their shared variables in cells, which are lists of one array. Before
    a call the model's arrays are put into the cells, and afterwards they are taken out. No array
    is copied, and code that is not running keeps no weights in memory.

    Parameters
    ----------
    linked : _Linked
        Compiled code for graphs of this structure.
    shared : list of shared variables
        Shared variables of this graph; those that the function updates come first.
    n_updated : int
        Number of shared variables that the function updates.

    Attributes
    ----------
    values_at_a_time : int or None
        Number of values of an argument up to which a call is fastest, if that is known.
    """

    values_at_a_time: int | None = None

    def __init__(self, linked: _Linked, shared: list[Parameter], n_updated: int) -> None:
        self._linked, self._shared, self._updated = linked, shared, shared[:n_updated]
        self._lock = Lock()

    def __call__(self, *arrays: Array) -> Any:
        """Return the outputs of one call; threads take turns, so that they need no copies."""
        contiguous = list(map(np.ascontiguousarray, arrays))
        with self._lock.now, self.running(contiguous) as function:
            return function(*contiguous)

    @contextmanager
    def running(self, like: Sequence[Array], *, trusted: bool = False) -> Iterator[Any]:
        """Borrow compiled code for several calls; no other caller runs it in the meantime.

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
        linked, succeeded = self._linked, False
        try:
            code = linked.idle.pop()
        except IndexError:
            code = linked.copied()
        code.function.trust_input = trusted
        for cell, variable in zip(code.cells, self._shared, strict=True):
            # Functions of `autoenc.theano` leave the values of shared variables on a device.
            storage = variable.container.storage
            if type(storage[0]) is not np.ndarray:
                storage[0] = on_the_host(storage[0])
            cell[0] = storage[0]
        try:
            with linked.calling(code, like) if linked.calling else nullcontext():
                yield code.function
            succeeded = True
        finally:
            for cell, variable in zip(code.cells, self._updated, strict=False):
                variable.container.storage[0] = cell[0]
            for cell, nothing in zip(code.cells, code.nothing, strict=True):
                cell[0] = nothing
            # Results may be views of the arguments, and would keep these in memory.
            code.function.free()
            # After an error, the memory of the code may be in any state.
            if succeeded:
                linked.idle.append(code)


class _Code:
    """A compiled function with memory of its own.

    Attributes
    ----------
    function : pytensor.compile.executor.Function
        The function.
    shared : list of shared variables
        Its shared variables, which have no values.
    cells : list of lists
        Where the function expects the values of its shared variables.
    nothing : list
        Contents of the cells while the function is not running.
    kinds : set
        Kinds of arguments for which Numba has compiled the function.
    """

    def __init__(self, function: Any, shared: list[Parameter]) -> None:
        self.function, self.shared = function, shared
        self.cells: list[list[Any]] = [variable.container.storage for variable in shared]
        self.nothing = [cell[0] for cell in self.cells]
        self.kinds: set[Hashable] = set()


class _Linked:
    """Copies of compiled code, of which each is run by one caller at a time.

    Attributes
    ----------
    idle : list
        Copies that are not running.
    calling : callable or None
        Returns the context in which code is called with given arguments.
    """

    def __init__(self, first: _Code, compiling: Compiling, calling: Calling | None) -> None:
        self.idle, self.calling = [first], calling
        self._first, self._compiling = first, compiling
        self._lock = Lock()

    def copied(self) -> _Code:
        """Return a further copy."""
        first = self._first
        with self._lock.now, self._compiling():
            shared = list(map(_without_value, first.shared))
            swap = dict(zip(first.shared, shared, strict=True))
            return _Code(first.function.copy(swap=swap), shared)


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
