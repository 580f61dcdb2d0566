"""Theano's printers of constants and functions for ``pp``: ``TensorConstant{2}``, ``exp(x)``."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.printing import FunctionPrinter, Printer, pprint
from pytensor.tensor.variable import TensorConstant

_LONGEST = 20
_FUNCTIONS = (
    *("exp", "log", "log2", "log10", "log1p", "expm1", "sqrt", "sqr", "tanh", "sinh", "cosh"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "maximum", "minimum", "sigmoid"),
    *("softplus", "floor", "ceil", "erf", "erfc"),
)


class TensorConstantPrinter(Printer):
    """Prints constants as Theano did: ``TensorConstant{2}``."""

    def process(self, output: TensorConstant, pstate: Any) -> str:
        """Return the name of a constant, or its value if it has no name."""
        printed: str = output.name or f"TensorConstant{{{_shortened(_value(output))}}}"
        pstate.memo[output] = printed
        return printed


def _value(constant: TensorConstant) -> str:
    data = constant.data
    if data.ndim and data.size and (data == data.flat[0]).all():
        return f"{data.shape} of {data.flat[0]}"
    return str(data)


def _shortened(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:10]}..{value[-10:]}"


def extend() -> None:
    """Register the printers; functions are printed in lower case."""
    for name in _FUNCTIONS:
        pprint.assign(getattr(pt, name), FunctionPrinter([name]))
    pprint.assign(lambda _, r: isinstance(r, TensorConstant), TensorConstantPrinter())
