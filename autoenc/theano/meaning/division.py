"""Theano's division of integers, Python 2's ``x / y``, as ``theano.config.int_division`` says."""

from __future__ import annotations

import operator
import warnings
from typing import Any

import pytensor.tensor as pt
from pytensor.scalar.basic import IntegerDivisionError
from pytensor.tensor.type import discrete_dtypes

from autoenc.graph.types import Expression
from autoenc.theano.flags import config

_FORBIDDEN = (
    "With `config.int_division` set to 'raise', dividing two integer types with '/' is forbidden "
    "to avoid confusion between integer and floating point divisions. Please use // for integer "
    "division, or if you want a float result either cast one of the arguments to a float or "
    "directly call `x.__truediv__(y)`."
)


def div_proxy(x: Any, y: Any) -> Expression:
    """Return x / y, or the floor of it for integers, as ``x.__div__(y)`` of Python 2.

    Raises
    ------
    IntegerDivisionError
        If both are integers and ``config.int_division`` is "raise".
    """
    x, y = pt.as_tensor_variable(x), pt.as_tensor_variable(y)
    if x.dtype in discrete_dtypes and y.dtype in discrete_dtypes:
        quotient: Expression = divide_integers(x, y)
        if has_floor():
            warn_of_integers()
        return quotient
    return pt.true_div(x, y)


def divide_integers(x: Any, y: Any) -> Any:
    """Return the quotient of integers, according to ``config.int_division``."""
    return operator.floordiv(x, y) if has_floor() else operator.truediv(x, y)


def has_floor() -> bool:
    """Return whether the quotient of integers is an integer.

    Raises
    ------
    IntegerDivisionError
        If ``config.int_division`` is "raise".
    """
    if config.int_division == "raise":
        raise IntegerDivisionError(_FORBIDDEN)
    return bool(config.int_division != "floatX")


def warn_of_integers() -> None:
    """Warn of a division of integers, as Theano did. Python 2 did not show such warnings."""
    warnings.warn(
        "Division of two integer types with x / y is deprecated, please use x // y for an integer "
        "division.",
        DeprecationWarning,
        stacklevel=3,
    )
