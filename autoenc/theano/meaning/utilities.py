"""Utility functions of ``theano.gof.utils``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from pytensor.graph.utils import Scratchpad

# The class of `variable.tag`.
scratchpad = Scratchpad


def memoize(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that keeps its results, by arguments that can be hashed."""
    return functools.cache(f)


def deprecated(filename: str, msg: str = "") -> Callable[..., Any]:
    """Return a decorator of functions that print a warning when they are called first."""

    def decorate(f: Callable[..., Any]) -> Callable[..., Any]:
        waiting = [True]

        @functools.wraps(f)
        def call(*arguments: Any, **more: Any) -> Any:
            if waiting:
                waiting.clear()
                print(f"WARNING: {filename}.{f.__name__} deprecated. {msg}")
            return f(*arguments, **more)

        return call

    return decorate


def difference(seq1: Sequence[Any], seq2: Sequence[Any]) -> list[Any]:
    """Return the entries of a sequence that another one does not have."""
    return [entry for entry in seq1 if entry not in seq2]


def to_return_values(values: Sequence[Any]) -> Any:
    """Return the only entry of a sequence, or else the sequence."""
    return values[0] if len(values) == 1 else values


def from_return_values(values: Any) -> Any:
    """Return a list or tuple unchanged, and any other value in a list."""
    return values if isinstance(values, (list, tuple)) else [values]
