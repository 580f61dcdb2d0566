"""Checks of numbers, sizes and parameters that callers pass."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
from pytensor import config

from autoenc.graph.types import Parameter


def is_number(value: Any) -> bool:
    """Return whether `value` is a real number of Python or NumPy, and not a bool."""
    return isinstance(value, Real) and not isinstance(value, bool)


def positive_int(value: Any, name: str) -> int:
    """Return `value` as an int; raise ValueError unless it is an integer of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} is {value!r}; expected an integer of at least 1.")
    return int(value)


def check_parameters(
    given: Mapping[str, Parameter | None], shapes: Mapping[str, tuple[int, ...]]
) -> None:
    """Raise ValueError unless the given shared variables have the right shapes and floatX."""
    for name, parameter in given.items():
        if parameter is not None:
            checked_parameter(name, parameter, shapes[name])


def checked_parameter(name: str, given: Parameter, shape: tuple[int, ...]) -> Parameter:
    """Return a shared variable; raise ValueError unless it has this shape and floatX."""
    if not hasattr(given, "get_value"):
        raise ValueError(
            f"{name} is of type {type(given).__name__}; expected a shared variable, "
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
