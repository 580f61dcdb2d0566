"""Activation functions of ``theano.tensor.nnet``."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.scalar.basic import get_scalar_type, upgrade_to_float

from autoenc.graph.types import Expression

sigmoid = pt.sigmoid
softplus = pt.softplus


def relu(x: Any, alpha: Any = 0) -> Expression:
    """Return max(x, 0), or alpha·x below 0."""
    if isinstance(alpha, (int, float)) and alpha == 0:
        return 0.5 * (x + abs(x))
    x = pt.as_tensor_variable(x)
    alpha = pt.as_tensor_variable(alpha)
    return 0.5 * (1 + alpha) * x + 0.5 * (1 - alpha) * abs(x)


def elu(x: Any, alpha: float = 1) -> Expression:
    """Return x above 0 and alpha·(exp(x) − 1) below."""
    return pt.switch(x > 0, x, alpha * pt.expm1(x))


def selu(x: Any) -> Expression:
    """Return the scaled exponential linear unit, which keeps mean 0 and variance 1."""
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return scale * elu(x, alpha)


def softsign(x: Any) -> Expression:
    """Return x / (1 + |x|)."""
    return x / (1.0 + abs(x))


def hard_sigmoid(x: Any) -> Expression:
    """Return 0.2·x + 0.5, clipped to [0, 1]."""
    x = _as_float(x)
    return pt.clip(x * _constant(0.2, x) + _constant(0.5, x), 0, 1)


def ultra_fast_sigmoid(x: Any) -> Expression:
    """Return Theano's piecewise approximation of the sigmoid, accurate to about 0.05."""
    half = _constant(0.5, x := _as_float(x)) * x
    size = abs(half)
    near = _constant(1.5, x) * size / (1 + size)
    middle = _constant(0.935409070603099, x) + _constant(0.0458812946797165, x) * (
        size - _constant(1.7, x)
    )
    far = pt.switch(size < 3, middle, _constant(0.99505475368673, x))
    of_size = pt.switch(size < _constant(1.7, x), near, far)
    return _constant(0.5, x) * (pt.switch(half < 0, -of_size, of_size) + 1)


def _as_float(x: Any) -> Expression:
    """Return `x` with the dtype that its sigmoid has: float32 for short integers."""
    x = pt.as_tensor_variable(x)
    return pt.cast(x, upgrade_to_float(get_scalar_type(x.dtype))[0].dtype)


def _constant(number: float, like: Expression) -> Expression:
    # A number that float32 does not represent would make the result a float64.
    return pt.constant(number, dtype=like.dtype)
