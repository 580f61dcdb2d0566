"""Logarithms for functions of rows, implemented in JAX. Importing this module registers them.

On a CPU, XLA calls the C library for each logarithm in float64. It uses vector instructions for
exponentials, and for the logarithm in softplus.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from pytensor.link.jax.dispatch import jax_funcify

from autoenc.backends.row_functions import (
    PRECISIONS,
    Number,
    RowLog,
    RowLog1p,
    log,
    log1p,
)

DeviceArray = Any

_RELATIONS = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}


class XlaNumber(Number):
    """The numbers of a float64 array, whose operators are XLA's operations."""

    precision = PRECISIONS["float64"]

    def __init__(self, value: DeviceArray) -> None:
        self.value = value

    def __add__(self, other: XlaNumber | float) -> XlaNumber:
        return XlaNumber(self.value + _value(other))

    def __sub__(self, other: XlaNumber | float) -> XlaNumber:
        return XlaNumber(self.value - _value(other))

    def __mul__(self, other: XlaNumber | float) -> XlaNumber:
        return XlaNumber(self.value * _value(other))

    def __truediv__(self, other: XlaNumber | float) -> XlaNumber:
        return XlaNumber(self.value / _value(other))

    def times_plus(self, factor: XlaNumber | float, term: XlaNumber | float) -> XlaNumber:
        """Return self · factor + term, which XLA rounds once or twice."""
        return self * factor + term

    def choose(
        self, relation: str, limit: float, yes: XlaNumber | float, no: XlaNumber | float
    ) -> XlaNumber:
        """Return one of two numbers, depending on a relation between self and the limit."""
        condition = _RELATIONS[relation](self.value, limit)
        return XlaNumber(jnp.where(condition, _value(yes), _value(no)))

    @property
    def bits(self) -> DeviceArray:
        """The bits of the numbers."""
        return jax.lax.bitcast_convert_type(self.value, jnp.uint64)

    def of_bits(self, bits: DeviceArray) -> XlaNumber:
        """Return the numbers with these bits."""
        return XlaNumber(jax.lax.bitcast_convert_type(bits, jnp.float64))


def _value(number: XlaNumber | float) -> Any:
    return number.value if isinstance(number, XlaNumber) else number


@jax_funcify.register(RowLog)  # type: ignore[untyped-decorator]
def _log(op: RowLog, **_: Any) -> Callable[..., DeviceArray]:
    return lambda x: log(XlaNumber(x)).value


@jax_funcify.register(RowLog1p)  # type: ignore[untyped-decorator]
def _log1p(op: RowLog1p, **_: Any) -> Callable[..., DeviceArray]:
    return lambda x: log1p(XlaNumber(x)).value
