"""Operations of PyTensor as settings: ``activation=pytensor.tensor.tanh``.

scikit-learn treats every object with a method `get_params` as an estimator. Operations have a
method of this name, which returns something else: the parameters of their C code for a node.
"""

from __future__ import annotations

from typing import Any

from pytensor.graph.op import Op
from pytensor.link.c.op import CLinkerOp

_NODE = object()
_of_node = CLinkerOp.get_params


def _get_params(op: Any, node: Any = _NODE, deep: bool = True) -> Any:
    """Return the parameters of C code for a node; without one, no parameters of an estimator."""
    return {} if node is _NODE else _of_node(op, node)


def _clone(op: Op) -> Op:
    """Return the operation itself, which never changes."""
    return op


def accept_operations() -> None:
    """Let scikit-learn clone and search estimators with operations as settings."""
    CLinkerOp.get_params = _get_params
    Op.__sklearn_clone__ = _clone
