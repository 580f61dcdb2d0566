"""The state from which training continues, as stored in a file: named arrays, and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Snapshot:
    """The state of a run between two blocks.

    Attributes
    ----------
    arrays : dict of array
        Parameters and all other state, by name.
    progress : dict
        Counters, records and rules, as JSON values.
    """

    arrays: Mapping[str, Array]
    progress: Mapping[str, Any]


def numbered(kind: str, values: Sequence[Any]) -> dict[str, Any]:
    """Name values by their kind and position.

    >>> numbered("best", ["a", "b"])
    {'best.0': 'a', 'best.1': 'b'}
    """
    return {f"{kind}.{i}": value for i, value in enumerate(values)}


def in_order(kind: str, values: Mapping[str, Any]) -> list[Any]:
    """Return the values of a kind in their order; the inverse of `numbered`.

    >>> in_order("best", {"best.0": "a", "state.0": "c", "best.1": "b"})
    ['a', 'b']
    """
    names = [name for name in values if name.startswith(f"{kind}.")]
    return [values[f"{kind}.{i}"] for i in range(len(names))]
