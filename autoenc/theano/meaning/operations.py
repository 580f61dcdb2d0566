"""Operations that users define: ``theano.Op`` with perform, grad, infer_shape and c_code."""

from __future__ import annotations

import functools
import inspect
import logging
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytensor.graph.basic import Apply
from pytensor.graph.op import Op as PyTensorOp
from pytensor.graph.utils import MethodNotDefined
from pytensor.link.c.cmodule import KeyData
from pytensor.link.c.op import COp
from pytensor.tensor.type import TensorType

from autoenc.theano.meaning.debug_values import get_test_value
from autoenc.theano.ops.shape_inference import without_graph

logger = logging.getLogger("theano")

# Methods that return parts of C code. PyTensor passes keywords that Theano did not.
_C_PARTS = (
    "c_headers",
    "c_header_dirs",
    "c_libraries",
    "c_lib_dirs",
    "c_support_code",
    "c_compile_args",
    "c_init_code",
)


class Op(COp):
    """Base class of operations, as in Theano 1.0.5.

    A subclass defines ``make_node`` (or ``itypes`` and ``otypes``) and ``perform``, and may define
    ``grad`` or ``L_op``, ``R_op``, ``infer_shape(self, node, shapes)`` and ``c_code``. If the C
    code does not compile with today's NumPy, ``perform`` is used instead, with a warning.

    ``perform`` and the C code get no outputs of an earlier call. Theano freed these by default,
    so some operations add to an output that they find, or fill in only some of its entries.
    """

    _get_test_value = staticmethod(get_test_value)

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        own = vars(cls)
        if "infer_shape" in own and _n_arguments(own["infer_shape"]) == 3:
            cls.infer_shape = without_graph(own["infer_shape"])
        for name, changed in (("perform", _with_parameters), ("c_code", _without_old_outputs)):
            if own.get(name, getattr(Op, name)) is not getattr(Op, name):
                setattr(cls, name, changed(own[name]))
        for name in _C_PARTS:
            if name in own and not _takes_keywords(own[name]):
                setattr(cls, name, _without_keywords(own[name]))

    def make_node(self, *inputs: Any) -> Apply:
        """Create a node from ``itypes`` and ``otypes``."""
        return super().make_node(*inputs)

    def perform(self, node: Apply, inputs: Any, output_storage: Any, *params: Any) -> None:
        """Compute the outputs.

        Raises
        ------
        NotImplementedError
            If the subclass defines neither this method nor C code.
        """
        raise MethodNotDefined("perform", type(self), type(self).__name__)

    def c_code(self, node: Apply, name: str, inputs: Any, outputs: Any, sub: Any) -> str:
        """Return the C code, if the subclass has any."""
        raise MethodNotDefined("c_code", type(self), type(self).__name__)

    def c_code_cache_version_apply(self, node: Apply) -> tuple[Any, ...]:
        """Return the version of the C code, to which `_without_old_outputs` adds lines."""
        version: tuple[Any, ...] = super().c_code_cache_version_apply(node)
        return (*version, "frees outputs", 1) if version else ()

    def make_c_thunk(self, *arguments: Any, **named: Any) -> Any:
        """Compile the C code; see PyTensor."""
        if type(self).c_code is Op.c_code:
            # Otherwise PyTensor warns that the missing code has no version, and caches nothing.
            raise MethodNotDefined("c_code", type(self), type(self).__name__)
        # This module imports setuptools, as every compilation of C code does.
        from pytensor.link.c.exceptions import CompileError

        try:
            return super().make_c_thunk(*arguments, **named)
        except CompileError as error:
            if type(self).perform is Op.perform:
                raise
            _say_once(type(self).__name__, str(error).strip().splitlines()[-1])
            raise MethodNotDefined("c_code") from error


PureOp = Op


def extend() -> None:
    """Let scripts call ``infer_shape`` as in Theano, and define operations within functions."""
    KeyData.save_pkl = _saved_if_possible(KeyData.save_pkl)
    waiting = [PyTensorOp]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        own = vars(kind).get("infer_shape")
        if own is not None and not issubclass(kind, Op) and _n_arguments(own) == 4:
            kind.infer_shape = _with_orwithout_graph(own)


def _saved_if_possible(own: Callable[..., None]) -> Callable[..., None]:
    """Return a method that raises PicklingError, after which PyTensor continues without the key.

    For classes that are defined within functions, pickle raises other errors.
    """

    @functools.wraps(own)
    def save_pkl(data: Any) -> None:
        try:
            own(data)
        except (AttributeError, TypeError) as error:
            Path(data.key_pkl).unlink(missing_ok=True)
            raise pickle.PicklingError(str(error)) from error

    return save_pkl


@functools.cache
def _say_once(name: str, error: str) -> None:
    logger.warning("c_code of %s does not compile (%s); perform is used instead.", name, error)


def _n_arguments(method: Callable[..., Any]) -> int:
    parameters = inspect.signature(method).parameters.values()
    return sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)


def _takes_keywords(method: Any) -> bool:
    if not callable(method):
        return True
    parameters = inspect.signature(method).parameters.values()
    return any(p.kind is p.VAR_KEYWORD for p in parameters)


def _with_orwithout_graph(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return an `infer_shape` that needs the graph, with None for it in calls from scripts."""

    @functools.wraps(method)
    def infer_shape(self: Any, *arguments: Any, **named: Any) -> Any:
        given = len(arguments) + len(named)
        return method(self, *([None] if given == 2 else []), *arguments, **named)

    return infer_shape


def _with_parameters(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `perform` that gets parameters, and finds no earlier outputs.

    A subclass's own `perform` may call it with other outputs and parameters.
    """

    @functools.wraps(method)
    def perform(self: Any, node: Apply, inputs: Any, output_storage: Any, *params: Any) -> Any:
        if type(self).perform is perform:
            params = params or _params(self, node)
            for storage in output_storage:
                storage[0] = None
        return method(self, node, inputs, output_storage, *params)

    return perform


def _params(op: Any, node: Apply) -> tuple[Any, ...]:
    """Return the parameters of an operation that has any; PyTensor gives them only to C code."""
    kind = getattr(op, "params_type", None)
    return () if kind is None else (kind.filter(op.get_params(node)),)


def _without_old_outputs(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `c_code` that frees earlier outputs, unless a subclass's own calls it."""

    @functools.wraps(method)
    def c_code(self: Any, node: Apply, name: str, inputs: Any, outputs: Any, sub: Any) -> Any:
        code = method(self, node, name, inputs, outputs, sub)
        if type(self).c_code is not c_code:
            return code
        arrays = [
            output
            for output, variable in zip(outputs, node.outputs, strict=True)
            if isinstance(variable.type, TensorType)
        ]
        return "\n".join([*(f"Py_CLEAR({array});" for array in arrays), code])

    return c_code


def _without_keywords(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def part(self: Any, *arguments: Any, **_: Any) -> Any:
        return method(self, *arguments)

    return part
