"""Operations on single numbers: ``theano.scalar``."""

from __future__ import annotations

from typing import Any

from pytensor import scalar

Scalar = scalar.ScalarType
Inv = scalar.Reciprocal
Sgn = scalar.Sign
inv = scalar.reciprocal
sgn = scalar.sign
abs_ = scalar.abs


def div_proxy(x: Any, y: Any) -> Any:
    """Return x / y."""
    return scalar.true_div(x, y)


int_or_true_div = div_proxy
