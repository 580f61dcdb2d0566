"""Lengths that XLA must know to compile, computed on the host before each call.

XLA compiles for fixed shapes. A minibatch ``data[i * B : (i + 1) * B]`` can start anywhere and has
one of two lengths: B, or the rest at the end of the data. The host computes start and length from
the function's integer arguments and from shapes. The length is compiled into the program, and the
start is an argument of the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.mode import Mode
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.op import Op
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors
from pytensor.link.jax.dispatch.shape import JAXShapeTuple
from pytensor.scan.op import Scan
from pytensor.tensor.basic import Alloc, AllocEmpty, ARange, ScalarFromTensor
from pytensor.tensor.shape import Reshape, Shape, Shape_i
from pytensor.tensor.subtensor import IncSubtensor, Subtensor

from autoenc.theano.random.mrg_uniform import mrg_uniform

# Limit of programs for one function. A function whose lengths keep changing runs in C.
MOST_PROGRAMS = 32
_PYTHON = Mode(linker="py", optimizer="fast_compile")
# Limit of cached results of the host's computation, one for each set of arguments.
_MOST_KEPT = 100_000


class TooManyLengthsError(RuntimeError):
    """Error raised for a function whose lengths differ from call to call."""


class Lengths:
    """Values that the host computes for a function before each call.

    While the program is traced, `known` and `begins` contain the lengths and starts of the call
    for which it is compiled.

    Parameters
    ----------
    graph : FunctionGraph
        Graph of the function. It is modified: values that XLA must know are taken from this
        object.
    """

    def __init__(self, graph: FunctionGraph) -> None:
        self.known: Sequence[Any] = ()
        self.begins: Any = ()
        self._graph = graph
        self._known: list[Variable] = []
        self._begins: list[Variable] = []
        for node in graph.toposort():
            if node in graph.apply_nodes:
                self._take_over(node)
        self._host = _HostFunction(graph.inputs, self._known, self._begins)

    def of(self, arguments: Sequence[Any]) -> tuple[Any, Any]:
        """Return the lengths and the starts for a call.

        Raises
        ------
        TooManyLengthsError
            If more programs than `MOST_PROGRAMS` would be needed.
        """
        return self._host(arguments)

    def __bool__(self) -> bool:
        return bool(self._known)

    def _take_over(self, node: Apply) -> None:
        if isinstance(node.op, Subtensor):
            self._cut(node, self._windows(node, node.inputs[0], 1))
        elif isinstance(node.op, IncSubtensor):
            self._write(node)
        if node not in self._graph.apply_nodes:
            return
        for k in _places_of_lengths(node):
            length = node.inputs[k]
            if not isinstance(length, Constant) and self._is_for_the_host(length):
                known = self._knows(length)
                self._graph.change_node_input(node, k, known, reason="lengths", check=False)

    def _knows(self, length: Variable) -> Variable:
        self._known.append(self._spelt_out(_computable(length)))
        known: Variable = Known(self, len(self._known) - 1, length.type).make_node().outputs[0]
        return known

    def _spelt_out(self, length: Variable) -> Variable:
        """Return the expression of a length, without references to other known lengths."""
        known = {v: self._known[v.owner.op.place] for v in ancestors([length]) if is_known(v)}
        expression: Variable = clone_replace(length, known) if known else length
        return expression

    def _is_for_the_host(self, variable: Variable) -> bool:
        return all(map(_is_leaf, _leaves([variable])))

    def _windows(self, node: Apply, x: Variable, first: int) -> dict[int, Any]:
        """Return the windows along the axes where the host can compute the slices."""
        slices = {}
        for axis, entry in enumerate(node.op.idx_list):
            if isinstance(entry, slice) and _is_moving(entry, node.inputs[first:]):
                window = self._window(entry, node.inputs[first:], x, axis)
                if window is not None:
                    slices[axis] = window
        return slices

    def _window(self, entry: slice, indices: Any, x: Variable, axis: int) -> Any:
        length = self._length_of(x, axis)
        if length is None or entry.step is not None:
            return None
        start, stop = (
            default if k is None else pt.cast(_as_tensor(indices[k]), "int64")
            for k, default in ((entry.start, pt.constant(0, dtype="int64")), (entry.stop, length))
        )
        begin, end = (_within(place, length) for place in (start, stop))
        size = pt.maximum(end - begin, 0)
        if not self._is_for_the_host(size):
            return None
        self._begins.append(self._spelt_out(begin))
        self._known.append(self._spelt_out(size))
        return Window(self, axis, len(self._begins) - 1, len(self._known) - 1)

    def _length_of(self, x: Variable, axis: int) -> Variable | None:
        if x.owner is None:
            return pt.cast(Shape_i(axis)(x), "int64")
        features = getattr(self._graph, "shape_feature", None)
        if features is None:
            return None
        length: Variable = pt.cast(features.get_shape(x, axis), "int64")
        return length

    def _cut(self, node: Apply, windows: dict[int, Any]) -> None:
        if not windows:
            return
        x = node.inputs[0]
        for window in windows.values():
            x = window(x)
        rest = _without(node.op.idx_list, windows)
        old = node.outputs[0]
        new = _indexed(x, rest, node.inputs[1:])
        self._graph.replace(old, _of_type(new, old), reason="lengths")

    def _write(self, node: Apply) -> None:
        """Replace an assignment or increment of a slice of the first axis by a `WriteWindow`."""
        if len(node.op.idx_list) != 1:
            return
        for window in self._windows(node, node.inputs[0], 2).values():
            write = WriteWindow(window, node.op.set_instead_of_inc)
            new = write(*node.inputs[:2])
            self._graph.replace(node.outputs[0], new, reason="lengths")


class Known(Op):
    """Operation that returns a length computed by the host."""

    def __init__(self, lengths: Lengths, place: int, length_type: Any) -> None:
        self.lengths, self.place, self.length_type = lengths, place, length_type

    def make_node(self) -> Apply:
        """Create a node without inputs."""
        return Apply(self, [], [self.length_type()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Return the length."""
        outputs[0][0] = self.length_type.filter(self.value(), allow_downcast=True)

    def value(self) -> Any:
        """Return the length of the call that is being compiled."""
        return self.lengths.known[self.place]


class Window(Op):
    """Operation that takes a part of an array along an axis, with any start and a known length."""

    def __init__(self, lengths: Lengths, axis: int, begin: int, size: int) -> None:
        self.lengths, self.axis, self.begin, self.size = lengths, axis, begin, size

    def make_node(self, x: Variable) -> Apply:
        """Create a node."""
        shape = [None if k == self.axis else n for k, n in enumerate(x.type.shape)]
        return Apply(self, [x], [x.type.clone(shape=shape)()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Take the part."""
        begin, size = self.place()
        places = np.arange(begin, begin + size)
        outputs[0][0] = np.take(inputs[0], places, axis=self.axis)

    def place(self) -> tuple[Any, int]:
        """Return the start and the length for the call that is being compiled."""
        return self.lengths.begins[self.begin], self.lengths.known[self.size]


class WriteWindow(Op):
    """Operation that sets a part of an array, or adds to it."""

    def __init__(self, window: Window, is_set: bool) -> None:
        self.window, self.is_set = window, is_set

    def make_node(self, x: Variable, y: Variable) -> Apply:
        """Create a node."""
        return Apply(self, [x, y], [x.type()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Write the part."""
        begin, size = self.window.place()
        x = inputs[0].copy()
        if self.is_set:
            x[begin : begin + size] = inputs[1]
        else:
            x[begin : begin + size] += inputs[1]
        outputs[0][0] = x


class _HostFunction:
    """Computes lengths and starts from a call's arguments, and caches them."""

    def __init__(
        self, inputs: Sequence[Variable], known: list[Variable], begins: list[Variable]
    ) -> None:
        outputs = [*known, *begins]
        self._count = len(known)
        leaves = sorted(set(_leaves(outputs)), key=lambda leaf: _order(leaf, inputs))
        self._read = [_reader(leaf, inputs) for leaf in leaves]
        names = [leaf.type() for leaf in leaves]
        copies = clone_replace(outputs, dict(zip(leaves, names, strict=True)))
        self._compute = pytensor.function(names, copies, mode=_PYTHON)
        self._types = [leaf.type for leaf in leaves]
        self._results: dict[Any, Any] = {}
        self._programs: set[Any] = set()

    def __call__(self, arguments: Sequence[Any]) -> tuple[Any, Any]:
        values = [read(arguments) for read in self._read]
        key = tuple(v if type(v) is int else v.tobytes() for v in values)
        result = self._results.get(key)
        return self._computed(key, values) if result is None else result

    def _computed(self, key: Any, values: list[Any]) -> tuple[Any, Any]:
        arrays = [np.asarray(v, kind.dtype) for v, kind in zip(values, self._types, strict=True)]
        outputs = self._compute(*arrays)
        known = tuple(_hashable(value) for value in outputs[: self._count])
        begins = np.asarray([int(value) for value in outputs[self._count :]], "int32")
        self._programs.add(known)
        if len(self._programs) > MOST_PROGRAMS:
            raise TooManyLengthsError(
                f"the lengths of arrays differ from call to call: more than {MOST_PROGRAMS} "
                "programs would be needed"
            )
        if len(self._results) >= _MOST_KEPT:
            self._results.clear()
        self._results[key] = known, begins
        return known, begins


def is_known(variable: Variable) -> bool:
    """Return whether the host computes a variable before each call."""
    return variable.owner is not None and isinstance(variable.owner.op, Known)


def _places_of_lengths(node: Apply) -> Iterator[int]:
    """Yield the positions of the inputs whose values XLA must know."""
    if isinstance(node.op, (ARange, AllocEmpty)):
        yield from range(len(node.inputs))
    elif isinstance(node.op, Alloc):
        yield from range(1, len(node.inputs))
    elif isinstance(node.op, (Reshape, mrg_uniform)):
        yield 1
    elif isinstance(node.op, (Subtensor, IncSubtensor)):
        yield from _places_in_slices(node)
    elif isinstance(node.op, Scan):
        yield 0
        yield from _lengths_of_outputs(node)


def _places_in_slices(node: Apply) -> Iterator[int]:
    first = 1 if isinstance(node.op, Subtensor) else 2
    for entry in node.op.idx_list:
        if isinstance(entry, slice):
            parts = (entry.start, entry.stop, entry.step)
            yield from (first + k for k in parts if k is not None)


def _lengths_of_outputs(node: Apply) -> Iterator[int]:
    places = {id(v): k for k, v in enumerate(node.inputs)}
    yield from (places[id(v)] for v in node.op.outer_nitsot(node.inputs))


def _is_moving(entry: slice, indices: Sequence[Variable]) -> bool:
    return any(
        k is not None and not isinstance(indices[k], Constant) for k in (entry.start, entry.stop)
    )


def _leaves(variables: Sequence[Variable]) -> Iterator[Variable]:
    """Yield the inputs and shapes, but not the constants, that variables are computed from."""
    blockers = [v for v in ancestors(variables) if _is_shape(v)]
    for variable in ancestors(variables, blockers=blockers):
        if not isinstance(variable, Constant) and (variable.owner is None or _is_shape(variable)):
            yield variable


def _is_shape(variable: Variable) -> bool:
    if variable.owner is None or not isinstance(variable.owner.op, (Shape, Shape_i)):
        return False
    return not isinstance(variable.owner.inputs[0], Constant)


def _is_leaf(variable: Variable) -> bool:
    """Return whether the host knows a variable before the call: an integer or an input's shape."""
    if _is_shape(variable):
        return variable.owner.inputs[0].owner is None
    return str(getattr(variable.type, "dtype", "")).startswith(("int", "uint", "bool"))


def _order(leaf: Variable, inputs: Sequence[Variable]) -> tuple[int, int]:
    if not _is_shape(leaf):
        return inputs.index(leaf), -1
    return inputs.index(leaf.owner.inputs[0]), getattr(leaf.owner.op, "i", 0)


def _reader(leaf: Variable, inputs: Sequence[Variable]) -> Any:
    """Return a function that reads the value of a leaf from a call's arguments."""
    if not _is_shape(leaf):
        place = inputs.index(leaf)
        if leaf.type.ndim == 0:
            return lambda arguments: int(arguments[place])
        return lambda arguments: np.asarray(arguments[place])
    place = inputs.index(leaf.owner.inputs[0])
    if isinstance(leaf.owner.op, Shape):
        return lambda arguments: np.asarray(arguments[place].shape, "int64")
    axis = leaf.owner.op.i
    return lambda arguments: arguments[place].shape[axis]


def _hashable(value: Any) -> Any:
    return int(value) if np.ndim(value) == 0 else tuple(np.asarray(value).tolist())


def _computable(length: Variable) -> Variable:
    """Return a length computed by PyTensor's own operations, without `JAXShapeTuple`."""
    if length.owner is not None and isinstance(length.owner.op, JAXShapeTuple):
        vector: Variable = pt.stack([_as_tensor(part) for part in length.owner.inputs])
        return vector
    return length


def _as_tensor(index: Variable) -> Variable:
    if hasattr(index.type, "ndim") and hasattr(index, "dimshuffle"):
        return index
    if index.owner is not None and isinstance(index.owner.op, ScalarFromTensor):
        return index.owner.inputs[0]
    return pt.tensor_from_scalar(index)


def _within(place: Variable, length: Variable) -> Variable:
    """Return a bound of a slice as in Python: from the end if negative, then clipped."""
    return pt.clip(pt.switch(place < 0, place + length, place), 0, length)


def _without(entries: Sequence[Any], windows: dict[int, Any]) -> list[Any]:
    return [slice(None) if k in windows else entry for k, entry in enumerate(entries)]


def _indexed(x: Variable, entries: Sequence[Any], indices: Sequence[Variable]) -> Variable:
    if all(entry == slice(None) for entry in entries):
        return x
    return x[tuple(_index(entry, indices) for entry in entries)]


def _index(entry: Any, indices: Sequence[Variable]) -> Any:
    if isinstance(entry, slice):
        return slice(
            *(k if k is None else indices[k] for k in (entry.start, entry.stop, entry.step))
        )
    return indices[entry]


def _of_type(new: Variable, old: Variable) -> Variable:
    converted: Variable = old.type.filter_variable(new, allow_convert=True)
    return converted
