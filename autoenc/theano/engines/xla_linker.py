"""PyTensor's linker for JAX, with the dtypes, lengths and assertions of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from pytensor.compile.mode import JAX, Mode
from pytensor.graph.basic import Apply, Constant
from pytensor.graph.fg import AbstractFunctionGraph, FunctionGraph
from pytensor.link.jax.dispatch import jax_funcify, jax_typify
from pytensor.link.jax.linker import JAXLinker
from pytensor.link.utils import fgraph_to_python
from pytensor.tensor.basic import ARange
from pytensor.tensor.shape import Reshape

from autoenc.backends.interface import DeviceArray
from autoenc.backends.xla.runtime_checks import Checks, Convert, replacing
from autoenc.theano.engines.branches import separate
from autoenc.theano.engines.lengths import Known, Lengths, Window, WriteWindow, is_known
from autoenc.theano.meaning.parts_by_vector import CHANGE


class XlaLinker(JAXLinker):
    """Linker that compiles an XLA program for each set of lengths."""

    def fgraph_convert(self, fgraph: FunctionGraph, storage_map: Any, **more: Any) -> Program:
        """Convert the graph to a program."""
        storages = [storage_map[output] for output in fgraph.outputs]
        lengths, checks = Lengths(fgraph), Checks()
        separate(fgraph)
        storage_map.update(zip(fgraph.outputs, storages, strict=True))
        with jax.enable_x64(True):
            # `more["order"]` is the order of the graph before it was modified here.
            more["order"] = self.schedule(fgraph)
            # Conversions that are given `checks` have C's numbers, which estimators do not need.
            function = super().fgraph_convert(
                fgraph, storage_map=storage_map, checks=checks, assertions=checks, **more
            )
        if self.scalar_shape_inputs:
            raise NotImplementedError("XLA needs shapes that can be computed before a call")
        return Program(function, lengths, checks)

    def jit_compile(self, fn: Program) -> Callable[..., Any]:
        """Return the program, which compiles itself when it is called."""
        return fn


class Program:
    """Graph on XLA that keeps its own dtypes, including 64-bit ones."""

    def __init__(self, function: Callable[..., Any], lengths: Lengths, checks: Checks) -> None:
        self._lengths, self._checks = lengths, checks

        def run(begins: DeviceArray, *arguments: DeviceArray) -> Any:
            lengths.begins = begins
            return function(*arguments)

        def traced(known: Any, *arguments: DeviceArray) -> Any:
            lengths.known = known
            return checks.within(run)(*arguments)

        self._compiled = jax.jit(traced, static_argnums=0)

    def __call__(self, *arguments: Any) -> Any:
        """Compute the outputs; check assertions and indices."""
        known, begins = self._lengths.of(arguments)
        with jax.enable_x64(True):
            error, outputs = self._compiled(known, begins, *arguments)
        self._checks.raise_from(error)
        return outputs


@jax_funcify.register(AbstractFunctionGraph)  # type: ignore[untyped-decorator]
def _graph(
    fgraph: Any, node: Any = None, fgraph_name: str = "jax_funcified_fgraph", **more: Any
) -> Callable[..., Any]:
    function: Callable[..., Any] = fgraph_to_python(
        fgraph, _typed, type_conversion_fn=jax_typify, fgraph_name=fgraph_name, **more
    )
    return function


def _typed(op: Any, node: Apply, **more: Any) -> Callable[..., Any]:
    """Convert an operation, and cast its results, which JAX may promote to 64 bits."""
    function = jax_funcify(op, node=node, **more)
    if not jax.config.jax_enable_x64 or not any(map(_has_dtype, node.outputs)):
        return function  # type: ignore[no-any-return]

    def typed(*inputs: Any) -> Any:
        results = function(*inputs)
        # A single output may itself be a tuple, namely a shape.
        if len(node.outputs) == 1 and not (isinstance(results, list) and len(results) == 1):
            return _cast(results, node.outputs[0])
        return [_cast(*pair) for pair in zip(results, node.outputs, strict=True)]

    return typed


def _has_dtype(variable: Any) -> bool:
    return hasattr(variable.type, "dtype")


def _cast(value: Any, variable: Any) -> Any:
    """Cast an array to the dtype of a variable; shapes remain Python's integers."""
    if not isinstance(value, jax.Array) or not _has_dtype(variable):
        return value
    return value if value.dtype == variable.type.dtype else value.astype(variable.type.dtype)


@replacing(Reshape)
def _reshape(before: Convert) -> Convert:
    def convert(op: Any, node: Apply, **more: Any) -> Any:
        return jnp.reshape if is_known(node.inputs[1]) else before(op, node=node, **more)

    return convert


@replacing(CHANGE)
def _add_at(before: Convert) -> Convert:
    def convert(op: Any, node: Apply, **more: Any) -> Any:
        function = before(op, node=node, **more)
        # An integer constant arrives as a Python number, which has no `ndim`.
        return lambda x, y, *rows: function(x, jnp.asarray(y), *rows)

    return convert


@replacing(ARange)
def _arange(before: Convert) -> Convert:
    def convert(op: Any, node: Apply, **more: Any) -> Any:
        if not all(isinstance(v, Constant) or is_known(v) for v in node.inputs):
            return before(op, node=node, **more)
        bounds = [v.data.item() if isinstance(v, Constant) else None for v in node.inputs]

        def arange(*given: Any) -> DeviceArray:
            values = [g if b is None else b for g, b in zip(given, bounds, strict=True)]
            return jnp.arange(values[0], values[1], values[2], dtype=op.dtype)

        return arange

    return convert


@jax_funcify.register(Known)  # type: ignore[untyped-decorator]
def _known(op: Known, **_: Any) -> Callable[[], Any]:
    return op.value


@jax_funcify.register(Window)  # type: ignore[untyped-decorator]
def _window(op: Window, **_: Any) -> Callable[[DeviceArray], DeviceArray]:
    def window(x: DeviceArray) -> DeviceArray:
        begin, size = op.place()
        return lax.dynamic_slice_in_dim(x, begin, size, op.axis)

    return window


@jax_funcify.register(WriteWindow)  # type: ignore[untyped-decorator]
def _write(op: WriteWindow, **_: Any) -> Callable[[DeviceArray, DeviceArray], DeviceArray]:
    axis = op.window.axis

    def write(x: DeviceArray, y: DeviceArray) -> DeviceArray:
        begin, size = op.window.place()
        part = lax.dynamic_slice_in_dim(x, begin, size, axis)
        new = jnp.broadcast_to(y, part.shape).astype(x.dtype)
        new = new if op.is_set else part + new
        return lax.dynamic_update_slice_in_dim(x, new, begin, axis)

    return write


XLA = Mode(linker=XlaLinker(), optimizer=JAX.provided_optimizer)
