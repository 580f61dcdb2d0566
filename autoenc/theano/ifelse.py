"""The names of ``theano.ifelse``."""

from __future__ import annotations

from typing import Any

import numpy as np
from pytensor.graph.basic import Variable

from autoenc.theano.meaning.broadcasting import without_lengths
from autoenc.theano.names import resolver as _resolver

try:
    from pytensor.conditional import ifelse as _ifelse
    from pytensor.conditional.op import IfElse
except ImportError:  # before PyTensor 3.3
    from pytensor.ifelse import IfElse
    from pytensor.ifelse import ifelse as _ifelse

__all__ = ["IfElse", "ifelse"]


def ifelse(condition: Any, then_branch: Any, else_branch: Any, name: str | None = None) -> Any:
    """Return one of two branches; only this branch is computed.

    Parameters
    ----------
    condition : scalar
    then_branch, else_branch : Variable or list of Variable
    name : str, optional

    Raises
    ------
    TypeError
        If the branches differ in type.
    """
    return _ifelse(_as_condition(condition), _free(then_branch), _free(else_branch), name=name)


def _as_condition(condition: Any) -> Any:
    return np.asarray(condition) if isinstance(condition, (bool, int, float)) else condition


def _free(branch: Any) -> Any:
    """Remove static lengths, so that the types of the branches do not differ in lengths alone."""
    if isinstance(branch, (list, tuple)):
        return type(branch)(_free(part) for part in branch)
    if isinstance(branch, Variable) and hasattr(branch.type, "broadcastable"):
        return without_lengths(branch)
    return branch


__getattr__ = _resolver("ifelse")
