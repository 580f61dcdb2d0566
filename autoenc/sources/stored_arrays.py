"""Checks of arrays in files: which one is meant, and whether it has rows of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.sources.reader import SourceError


def check_numbers(shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> None:
    """Raise SourceError unless an array of this shape and dtype has rows of numbers."""
    if dtype.kind not in "biuf":
        raise SourceError(f"{name} has {dtype}; expected numbers.")
    if not shape:
        raise SourceError(f"{name} is a single number; expected rows.")


class UndecidedError(SourceError):
    """Error raised if a file contains several arrays, and none is chosen.

    Parameters
    ----------
    message : str
        Description of the error.
    names : sequence of str
        The arrays.
    """

    def __init__(self, message: str, names: Sequence[str]) -> None:
        super().__init__(message)
        self.names = names


def undecided(path: Path, names: Sequence[str], key: str | None) -> SourceError:
    """Return the error for a file whose arrays do not include `key`, or leave a choice without it.

    >>> print(undecided(Path("a.npz"), ["x", "y"], None))
    a.npz has the arrays x, y; select one with key='...', as in
    autoenc.sources.open_source('a.npz', key='...'). fit also accepts the result.
    """
    lacking = "" if key is None else f", but not {key!r}"
    message = (
        f"{path} has the arrays {', '.join(names) or '(none)'}{lacking}; select one with "
        f"key='...', as in autoenc.sources.open_source({str(path)!r}, key='...'). fit also "
        "accepts the result."
    )
    return UndecidedError(message, names)
