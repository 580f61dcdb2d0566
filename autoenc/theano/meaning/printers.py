"""Theano's printers of constants and functions for ``pp``: ``TensorConstant{2}``, ``exp(x)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytensor.tensor as pt
from pytensor.printing import FunctionPrinter, Printer, pprint
from pytensor.tensor import math
from pytensor.tensor.math import All, Prod, Sum
from pytensor.tensor.math import Any as Any_
from pytensor.tensor.special import LogSoftmax, Softmax
from pytensor.tensor.variable import TensorConstant

_LONGEST = 20
# Functions whose names are the same in PyTensor.
_FUNCTIONS = """
and_ angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh ceil clip complex cos cosh
deg2rad eq erf erfc erfcinv erfcx erfinv exp exp2 expm1 floor gamma gammaln ge gt i0 i1 imag
invert j0 j1 le log log10 log1p log2 lt maximum minimum mod neq or_ psi rad2deg real
round_half_away_from_zero round_half_to_even sigmoid sin sinh softplus sqr sqrt switch tan tanh
tri_gamma trunc xor
"""
_RENAMED = {"reciprocal": "inv", "sign": "sgn", "isnan_": "isnan", "isinf_": "isinf"}
# Types in which Theano adds up, and the types of integer products.
_ACCUMULATED = {
    "bool": "int64", "int8": "int64", "int16": "int64", "int32": "int64", "uint8": "uint64",
    "uint16": "uint64", "uint32": "uint64", "float16": "float32", "float32": "float64",
    "complex64": "complex128",
}  # fmt: skip


class TensorConstantPrinter(Printer):
    """Prints constants as Theano did: ``TensorConstant{2}``."""

    def process(self, output: TensorConstant, pstate: Any) -> str:
        """Return the name of a constant, or its value if it has no name."""
        printed: str = output.name or f"TensorConstant{{{_shortened(_value(output))}}}"
        pstate.memo[output] = printed
        return printed


class ReductionPrinter(Printer):
    """Prints sums and products as Theano did: ``Sum{axis=[0], acc_dtype=float64}(x)``.

    Parameters
    ----------
    described : callable
        Function of the operation and the dtype of its argument, which returns the name.
    """

    def __init__(self, described: Callable[[Any, str], str]) -> None:
        self._described = described

    def process(self, output: Any, pstate: Any) -> str:
        """Return the name and the argument."""
        (argument,) = output.owner.inputs
        name = self._described(output.owner.op, argument.type.dtype)
        printed: str = FunctionPrinter([name]).process(output, pstate)
        return printed


def _sum(op: Any, dtype: str) -> str:
    axis = "" if op.axis is None else f"axis={[*op.axis]}, "
    return f"Sum{{{axis}acc_dtype={_ACCUMULATED.get(dtype, dtype)}}}"


def _prod(op: Any, dtype: str) -> str:
    return (
        f"Prod{{axis={op.axis}, dtype={op.dtype!r}, acc_dtype={_ACCUMULATED.get(dtype, dtype)!r}}}"
    )


def _logical(op: Any, _: str) -> str:
    axis = "" if op.axis is None else f"{{{', '.join(map(str, op.axis))}}}"
    return f"{type(op).__name__}{axis}"


def _value(constant: TensorConstant) -> str:
    data = constant.data
    if data.ndim and data.size and (data == data.flat[0]).all():
        return f"{data.shape} of {data.flat[0]}"
    return str(data)


def _shortened(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:10]}..{value[-10:]}"


def extend() -> None:
    """Register the printers; functions are printed in lower case."""
    for name in _FUNCTIONS.split():
        pprint.assign(getattr(pt, name), FunctionPrinter([name]))
    for name, theanos in _RENAMED.items():
        pprint.assign(getattr(math, name), FunctionPrinter([theanos]))
    for kind, described in ((Sum, _sum), (Prod, _prod), (All, _logical), (Any_, _logical)):
        pprint.assign(kind, ReductionPrinter(described))
    pprint.assign(Softmax, FunctionPrinter(["Softmax"]))
    pprint.assign(LogSoftmax, FunctionPrinter(["LogSoftmax"]))
    pprint.assign(lambda _, r: isinstance(r, TensorConstant), TensorConstantPrinter())
