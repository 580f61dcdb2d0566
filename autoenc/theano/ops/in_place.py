"""The argument `inplace` of Theano's operations."""

from __future__ import annotations


class MayBeInPlace:
    """Operation with the argument `inplace`, which has no effect.

    The rewrites of the engine decide what is computed in place.

    Parameters
    ----------
    inplace : bool
        Not used.
    """

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace
