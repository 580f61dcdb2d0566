"""Checks that pieces share: numbers, sizes, and parameters that are given."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from pytensor import config

from autoenc.graph.types import Parameter


def is_number(value: Any) -> bool:
    """Tell whether `value` is a real number, Python's or NumPy's, and no bool."""
    return isinstance(value, Real) and not isinstance(value, bool)


def positive_int(value: Any, name: str) -> int:
    """Return `value` as an int if it is one of at least 1; else raise ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} is {value!r}; expected an integer of at least 1.")
    return int(value)


def checked_parameter(name: str, given: Parameter, shape: tuple[int, ...]) -> Parameter:
    """Return a shared variable if it has this shape and floatX; else raise ValueError."""
    if not hasattr(given, "get_value"):
        raise ValueError(
            f"{name} is a {type(given).__name__}; expected a shared variable, "
            "such as pytensor.shared(array)."
        )
    value = given.get_value(borrow=True)
    if value.shape != shape:
        raise ValueError(f"{name} has shape {value.shape}; expected {shape}.")
    if value.dtype != config.floatX:
        raise ValueError(
            f"{name} has dtype {value.dtype}; expected {config.floatX}. Cast it, or change floatX."
        )
    return given
