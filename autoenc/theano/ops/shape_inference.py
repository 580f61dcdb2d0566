"""Methods `infer_shape` for every version of PyTensor."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


def without_graph(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return an `infer_shape` of a node and its shapes, which may be called with the graph, too.

    PyTensor before 3.3 passes the graph as the first argument.
    """

    @functools.wraps(method)
    def infer_shape(self: Any, *arguments: Any) -> Any:
        return method(self, *arguments[-2:])

    return infer_shape
