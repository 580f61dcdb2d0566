"""Shared variables: ``theano.shared``."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.link.c.type import generic


def shared(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    **more: Any,
) -> SharedVariable:
    """Return a variable whose value functions share and update.

    Parameters
    ----------
    value : array, number, sparse matrix or any other object
    name : str, optional
    strict : bool
        Whether values set later must have exactly this dtype and number of dimensions.
    allow_downcast : bool, optional
        Whether values set later may lose precision.
    broadcastable : sequence of bool, optional
        Dimensions of length 1 along which the value broadcasts; none by default.
    borrow : bool
        Whether the variable may use the memory of `value`.
    target : str
        Not used: the engine decides where values are stored.

    Raises
    ------
    TypeError
        If `value` is symbolic.
    """
    more.pop("target", None)
    broadcastable = more.pop("broadcastable", None)
    if broadcastable is not None:
        more["shape"] = tuple(1 if one else None for one in broadcastable)
    if isinstance(value, np.matrix):
        raise TypeError("np.matrix is not supported; use np.asarray(value) for a shared variable.")
    given = {"name": name, "strict": strict, "allow_downcast": allow_downcast, **more}
    for constructor in reversed(_constructors):
        with contextlib.suppress(TypeError):
            return constructor(value, **given)
    if isinstance(value, np.ndarray) and value.dtype.kind in "OSU" and not more:
        # Theano has no type for arrays of objects or text, and so makes a general variable.
        return SharedVariable(generic, copy.copy(value), strict, allow_downcast, name=name)
    return pytensor.shared(value, **given)


_constructors: list[Callable[..., Any]] = []


def shared_constructor(ctor: Callable[..., Any], remove: bool = False) -> Callable[..., Any]:
    """Let ``shared`` try a function, which raises TypeError for values that it does not support.

    Parameters
    ----------
    ctor : callable
        Function of the arguments of ``shared``, which returns a shared variable.
    remove : bool
        Whether to remove the function instead of adding it.
    """
    (_constructors.remove if remove else _constructors.append)(ctor)
    return ctor
