"""Values of constant expressions."""

from __future__ import annotations

from typing import Any

from pytensor.tensor.basic import get_underlying_scalar_constant_value


def get_scalar_constant_value(
    orig_v: Any, elemwise: bool = True, only_process_constants: bool = False, max_recur: int = 10
) -> Any:
    """Return the only value that a constant expression has, in a tensor of any shape.

    Parameters
    ----------
    orig_v : variable, array or number
    elemwise : bool
        Whether to look through elementwise operations.
    only_process_constants : bool
        Whether to look at constants only.
    max_recur : int
        Number of operations to look through.

    Raises
    ------
    NotScalarConstantError
        If the expression is not constant, or has several values.
    """
    return get_underlying_scalar_constant_value(
        orig_v,
        elemwise=elemwise,
        only_process_constants=only_process_constants,
        max_recur=max_recur,
    )
