"""Theano's printers of constants and functions for ``pp``: ``TensorConstant{2}``, ``exp(x)``."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.printing import FunctionPrinter, Printer, pprint
from pytensor.tensor import math
from pytensor.tensor.elemwise import DimShuffle
from pytensor.tensor.math import All, Prod, Sum
from pytensor.tensor.math import Any as Any_
from pytensor.tensor.special import LogSoftmax, Softmax
from pytensor.tensor.variable import TensorConstant

from autoenc.theano.meaning.operation_names import name_of_node, operation

# Functions whose names are the same in PyTensor.
_FUNCTIONS = """
and_ angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh ceil clip complex cos cosh
deg2rad eq erf erfc erfcinv erfcx erfinv exp exp2 expm1 floor gamma gammaln ge gt i0 i1 imag
invert j0 j1 le log log10 log1p log2 lt maximum minimum mod neq or_ psi rad2deg real
round_half_away_from_zero round_half_to_even sigmoid sin sinh softplus sqr sqrt switch tan tanh
tri_gamma trunc xor
"""
_RENAMED = {"reciprocal": "inv", "sign": "sgn", "isnan_": "isnan", "isinf_": "isinf"}


class TensorConstantPrinter(Printer):
    """Prints constants as Theano did: ``TensorConstant{2}``."""

    def process(self, output: TensorConstant, pstate: Any) -> str:
        """Return the name of a constant, or its value if it has no name."""
        printed = str(output)
        pstate.memo[output] = printed
        return printed


class NodePrinter(Printer):
    """Prints operations by the names of their nodes: ``Sum{axis=[0], acc_dtype=float64}(x)``."""

    def process(self, output: Any, pstate: Any) -> str:
        """Return the name and the arguments."""
        name = name_of_node(output.owner)
        printed: str = FunctionPrinter([name]).process(output, pstate)
        return printed


class VectorProductPrinter(Printer):
    r"""Prints products with a vector as one operation: ``(x \dot v)``.

    Parameters
    ----------
    others : Printer
        Prints other reordered dimensions.
    """

    def __init__(self, others: Printer) -> None:
        self._others = others

    def process(self, output: Any, pstate: Any) -> str:
        """Return both sides, with the sign of a product between them."""
        _, _, sides = operation(output)
        if len(sides) == 1:
            other: str = self._others.process(output, pstate)
            return other
        left, right = map(pstate.pprinter.process, sides)
        printed = f"({left} \\dot {right})"
        pstate.memo[output] = printed
        return printed


def extend() -> None:
    """Register the printers; functions are printed in lower case."""
    for name in _FUNCTIONS.split():
        pprint.assign(getattr(pt, name), FunctionPrinter([name]))
    for name, theanos in _RENAMED.items():
        pprint.assign(getattr(math, name), FunctionPrinter([theanos]))
    for kind in (Sum, Prod, All, Any_):
        pprint.assign(kind, NodePrinter())
    pprint.assign(Softmax, FunctionPrinter(["Softmax"]))
    pprint.assign(LogSoftmax, FunctionPrinter(["LogSoftmax"]))
    pprint.assign(DimShuffle, VectorProductPrinter(pprint.printers_dict[DimShuffle]))
    pprint.assign(lambda _, r: isinstance(r, TensorConstant), TensorConstantPrinter())
