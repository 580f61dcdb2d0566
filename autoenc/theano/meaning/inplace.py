"""``theano.tensor.inplace``: operations that overwrite their first argument with the result."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.printing import FunctionPrinter, pprint
from pytensor.tensor import elemwise, math
from pytensor.tensor.elemwise import DimShuffle, Elemwise

SUFFIX = "_inplace"
_TODAY = {
    "abs_": "abs",
    "and_": "and_",
    "or_": "or_",
    "inv": "reciprocal",
    "conj": "_conj",
    "fill": "second",
    "sgn": "sign",
}


def transpose_inplace(x: Any, **_: Any) -> Any:
    """Return the transposed view of a tensor."""
    x = pt.as_tensor_variable(x)
    return DimShuffle(input_ndim=x.ndim, new_order=tuple(reversed(range(x.ndim))))(x)


def _of_the_first(*types: Any) -> tuple[Any]:
    """Return the type of the first argument, as the type of the result."""
    return (types[0],)


def _operation(name: str) -> Any:
    return getattr(pt, name, None) or getattr(math, name, None)


def __getattr__(name: str) -> Elemwise:
    """Return the in-place variant of an operation: ``exp_inplace`` for ``exp``."""
    plain = name.removesuffix(SUFFIX)
    operation = None if plain == name else _operation(_TODAY.get(plain, plain))
    if not isinstance(operation, Elemwise):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # The result has the dtype of the first argument, whatever the dtypes of the others are.
    scalar_op = type(operation.scalar_op)(_of_the_first)
    in_place = Elemwise(scalar_op, {0: 0}, name=name)
    pprint.assign(in_place, FunctionPrinter([f"{plain}="]))
    globals()[name] = in_place
    return in_place


__all__ = ["elemwise", "pprint", "transpose_inplace"]
