"""Linkers that look at every operation as it runs: ``theano.gof.WrapLinkerMany``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from pytensor.link import basic


def WrapLinker(linkers: Sequence[Any], wrapper: Callable[..., None]) -> Any:  # noqa: N802
    """Return a linker that calls `wrapper` with number, node and thunk of each operation."""
    return basic.WrapLinker(linkers, _with_graph(wrapper))


def WrapLinkerMany(  # noqa: N802 - Theano's name
    linkers: Sequence[Any], wrappers: Sequence[Callable[..., None]]
) -> Any:
    """Return a linker that calls several wrappers."""
    return basic.WrapLinkerMany(linkers, [_with_graph(wrapper) for wrapper in wrappers])


def _with_graph(wrapper: Callable[..., None]) -> Callable[..., None]:
    """Return a wrapper with PyTensor's arguments, of which the first is the graph."""
    parameters = inspect.signature(wrapper).parameters.values()
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return wrapper
    if len(parameters) != 3:
        return wrapper
    return lambda _, *arguments: wrapper(*arguments)
