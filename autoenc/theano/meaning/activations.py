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
    x = pt.as_tensor_variable(x)
    # `upgrade_to_float` chooses float32 for short integers.
    slope = pt.constant(0.2, dtype=upgrade_to_float(get_scalar_type(x.dtype))[0].dtype)
    return pt.clip(x * slope + pt.constant(0.5, dtype=slope.dtype), 0, 1)


def ultra_fast_sigmoid(x: Any) -> Expression:
    """Return Theano's piecewise approximation of the sigmoid, accurate to about 0.05."""
    x = pt.as_tensor_variable(x)
    half = 0.5 * x
    near = 1.5 * half / (1 + abs(half))
    middle = 0.935409070603099 + 0.0458812946797165 * (abs(half) - 1.7)
    middle = pt.switch(half < 0, -middle, middle)
    far = pt.switch(half < 0, -0.99505475368673, 0.99505475368673)
    size = abs(half)
    return 0.5 * (pt.switch(size < 1.7, near, pt.switch(size < 3, middle, far)) + 1.0)
