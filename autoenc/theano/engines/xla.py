"""Functions on XLA: data stays on the device, and unsupported functions run in C."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from pytensor.compile.mode import Mode
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.link.basic import Container

from autoenc.backends.arrays import on_the_host
from autoenc.theano.engines.base import Engine, MakeGraph
from autoenc.theano.engines.c import made
from autoenc.theano.functions.runtime import Function

logger = logging.getLogger("theano")

Put = Callable[[Any], Any]


class XlaEngine:
    """Engine that compiles functions with XLA.

    Parameters
    ----------
    mode : Mode
    put : callable
        Function that copies an array to the device.
    fallback : callable
        Function that returns the engine for graphs that XLA does not support.
    """

    def __init__(self, mode: Mode, put: Put, fallback: Callable[[], Engine]) -> None:
        from autoenc.theano.engines import (  # noqa: F401 - registers them
            xla_conversions,
            xla_numbers,
            xla_ops,
        )

        self.mode = mode
        self._put, self._fallback = _with_long_numbers(put), fallback
        Function.fetches = True
        _read_values_as_arrays()

    def compile(self, make_graph: MakeGraph, *, output_keys: Any, **settings: Any) -> Any:
        """Compile a graph; see `Engine.compile`."""

        def in_c() -> Function:
            engine = self._fallback()
            function: Function = engine.compile(make_graph, output_keys=output_keys, **settings)
            return function

        try:
            maker = self.mode.function_maker(*make_graph(), self.mode, **settings)
            maker.in_c, maker.put = in_c, self._put
            return made(maker, XlaFunction, output_keys)
        except Exception as error:
            # If the graph itself is invalid, C raises Theano's error here.
            function = in_c()
            _say_in_c(settings.get("name"), error)
            return function


def _with_long_numbers(put: Put) -> Put:
    """Return a `put` that keeps long integers and complex numbers, which JAX truncates."""
    (device,) = put(np.zeros(1, "float32")).devices()

    def put_as_it_is(array: Any) -> Any:
        if array.dtype.kind not in "iuc" or array.dtype.itemsize < 8:
            return put(array)
        with jax.enable_x64(True):
            return jax.device_put(array, device)

    return put_as_it_is


class XlaFunction(Function):
    """Function on XLA, which switches to C permanently if XLA does not support the graph."""

    __slots__ = ("_in_c", "_resident")
    fetches = False

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._in_c: Function | None = None
        self._resident = tuple(self.shared_storage())

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Compute the outputs; see `Function.__call__`."""
        if self._in_c is not None:
            return self._in_c(*arguments, **named)
        put = self.maker.put
        for storage in self._resident:
            if type(storage[0]) is np.ndarray:
                storage[0] = put(storage[0])
        try:
            return super().__call__(*arguments, **named)
        except Exception as error:
            return self._instead(error, arguments, named)

    def _instead(self, error: Exception, arguments: Any, named: Any) -> Any:
        """Repeat a call in C that failed on XLA; if C fails too, raise its error."""
        function = self.maker.in_c()
        function.unpack_single, function.output_keys = self.unpack_single, self.output_keys
        results = function(*arguments, **named)
        self._in_c = function
        _say_in_c(self.name, error)
        return results

    def _collected(self, results: Any) -> Any:
        if self.unpack_single:
            return on_the_host(results)
        if not results:
            # XLA may still be reading the arguments, which scripts may change after the call.
            jax.block_until_ready([storage[0] for storage in self._resident])
            return results
        return [on_the_host(result) for result in results]


def _say_in_c(name: str | None, error: Exception) -> None:
    reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
    logger.warning("function %s runs in C: XLA does not support it (%s).", name or "", reason[0])


def _read_values_as_arrays() -> None:
    """Make ``get_value``, copies and pickles return NumPy arrays, wherever the value is."""
    original = SharedVariable.get_value
    if getattr(original, "gives_arrays", False):
        return

    def get_value(self: Any, borrow: bool = False, return_internal_type: bool = False) -> Any:
        if return_internal_type:
            return original(self, borrow=True, return_internal_type=True)
        return on_the_host(original(self, borrow=borrow))

    get_value.gives_arrays = True  # type: ignore[attr-defined]
    SharedVariable.get_value = get_value
    copied = Container.__deepcopy__
    Container.__getstate__ = lambda self: vars(_with_array(self))
    Container.__deepcopy__ = lambda self, memo: copied(_with_array(self), memo)


def _with_array(container: Container) -> Container:
    container.storage[0] = on_the_host(container.storage[0])
    return container
