"""Rewrites for Theano's GPU back-end: ``theano.gpuarray.opt``.

When scripts are imported, they add rewrites to the databases of the back-end, or remove some. The
databases rewrite no graph, as in Theano on a machine without a GPU.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from pytensor.graph.rewriting import basic, db
from pytensor.misc.ordered_set import OrderedSet


class _Database(db.EquilibriumDB):
    """Database that contains a rewrite, which changes nothing, for each name that is looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.__db__ = _Entries(self._names)

    def remove_tags(self, name: str, *tags: str) -> None:
        """Do nothing: the rewrites have no tags."""


class _Entries(defaultdict[str, Any]):
    def __init__(self, names: set[str]) -> None:
        super().__init__(OrderedSet)
        self._names = names

    def __missing__(self, name: str) -> Any:
        kind = basic.FromFunctionNodeRewriter
        if name == kind.__name__:
            return super().__missing__(name)
        rewrite = kind(lambda fgraph, node: False, None)
        rewrite.name = name
        self[name] = OrderedSet([rewrite])
        self[kind.__name__].add(rewrite)
        self._names.add(name)
        return self[name]


gpu_optimizer, gpu_optimizer2 = _Database(), _Database()


def register_opt(*_: Any, **__: Any) -> Callable[[Any], Any]:
    """Return a decorator that returns the rewrite."""
    return lambda rewrite: rewrite


register_opt2 = register_inplace = op_lifter = register_opt
