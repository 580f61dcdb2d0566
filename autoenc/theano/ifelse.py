"""The names of ``theano.ifelse``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
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
    branches = _with_old_bools(_free(then_branch), _free(else_branch))
    return _ifelse(_as_condition(condition), *branches, name=name)


def _as_condition(condition: Any) -> Any:
    return np.asarray(condition) if isinstance(condition, (bool, int, float)) else condition


def _with_old_bools(a: Any, b: Any) -> tuple[Any, Any]:
    """Cast a comparison to int8 beside an int8: comparisons were int8 before Theano 0.10."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and len(a) == len(b):
        pairs = [_with_old_bools(*pair) for pair in zip(a, b, strict=True)]
        return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    dtypes = [getattr(branch, "dtype", None) for branch in (a, b)]
    if set(dtypes) == {"bool", "int8"}:
        return pt.cast(a, "int8"), pt.cast(b, "int8")
    return a, b


def _free(branch: Any) -> Any:
    """Remove static lengths, so that the types of the branches do not differ in lengths alone."""
    if isinstance(branch, (list, tuple)):
        return type(branch)(_free(part) for part in branch)
    if isinstance(branch, Variable) and hasattr(branch.type, "broadcastable"):
        return without_lengths(branch)
    return branch


__getattr__ = _resolver("ifelse")
