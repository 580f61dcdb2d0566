"""Operations that call a function of arrays: ``theano.as_op``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytensor.compile import ops


def as_op(itypes: Any, otypes: Any, infer_shape: Any = None) -> Callable[[Any], Any]:
    """Return a decorator that makes an operation of a function of arrays.

    Parameters
    ----------
    itypes, otypes : type or list of types
        Types of the inputs and outputs.
    infer_shape : callable, optional
        Function of the node and the shapes of its inputs that returns the shapes of the outputs.

    Raises
    ------
    TypeError
        If a type is invalid, or `infer_shape` is not callable.
    """
    wrap = getattr(ops, "wrap_py", None) or ops.as_op
    if not callable(infer_shape):
        made: Callable[[Any], Any] = wrap(itypes, otypes, infer_shape)
        return made

    def infer(_: Any, node: Any, shapes: Any) -> Any:
        return infer_shape(node, shapes)

    decorate: Callable[[Any], Any] = wrap(itypes, otypes, infer)
    return decorate
