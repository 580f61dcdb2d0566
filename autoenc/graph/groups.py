"""Columns of a table as groups of entries: one entry for a number, several for a category.

A category with k values is encoded as k entries: one entry is 1 and the others are 0. The output
of its entries is a softmax over the group, and its cost is the cross-entropy. A number has a
linear output and the squared error.

>>> import numpy as np, pytensor.tensor as pt
>>> groups = Groups.of([0, 2], [1.0, 1.0])
>>> groups.output(pt.constant([[5.0, 0.0, 0.0]], dtype="float32")).eval()
array([[5. , 0.5, 0.5]], dtype=float32)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytensor
from pytensor import config
from pytensor import tensor as pt
from pytensor.gradient import disconnected_grad

from autoenc.graph.costs import squared_error
from autoenc.graph.types import Expression


@dataclass(frozen=True)
class Groups:
    """Groups of neighbouring entries, as shared variables.

    Parameters
    ----------
    membership : shared matrix, (entries, groups)
        1 where an entry belongs to a group, else 0.
    share : shared vector, (entries,)
        1 / entries of the group.
    weight : shared vector, (entries,)
        Factor of the cost of each entry.
    categorical : shared vector, (entries,)
        1 for entries of categories, 0 for numbers.
    padded : shared int vector, (groups · largest size,)
        Entries of each group, the last one repeated up to the largest size.
    group : shared int vector, (entries,)
        Group of each entry.
    shape : (int, int)
        Number of groups, and size of the largest.
    """

    membership: Any
    share: Any
    weight: Any
    categorical: Any
    padded: Any
    group: Any
    shape: tuple[int, int]

    @classmethod
    def of(cls, sizes: Sequence[int], weights: Sequence[float] | Any) -> Groups:
        """Make groups from their sizes.

        Parameters
        ----------
        sizes : sequence of int
            Number of entries of each group: at least 1 for a category. 0 denotes a number, which
            has one entry.
        weights : sequence of float, (groups,)
            Factor of the cost of each group.

        Raises
        ------
        ValueError
            If the number of weights differs from the number of groups.
        """
        arrays = group_arrays(sizes, weights)
        # Use shared variables, because constants would require a new compilation for each table.
        shared = {
            name: pytensor.shared(a if a.dtype.kind == "i" else a.astype(config.floatX), name=name)
            for name, a in arrays.items()
        }
        return cls(**shared, shape=(len(sizes), max(1, *sizes)))

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return self.shape[0]

    def log_softmax(self, a: Expression) -> Expression:
        """Compute a − log Σ exp(a), with the sum over the group of each entry.

        Parameters
        ----------
        a : expression, (rows, entries)
            Pre-activations.

        Returns
        -------
        expression, (rows, entries)
            Finite for finite `a`: the largest entry of each group is subtracted first. It is 0
            for numbers.
        """
        of_groups = a.T[self.padded].reshape((*self.shape, -1))
        # The result does not depend on the subtracted value, which therefore needs no gradient.
        shifted = a - disconnected_grad(of_groups.max(axis=1)[self.group].T)
        total = pt.exp(shifted) @ self.membership
        return shifted - pt.log(total) @ self.membership.T

    def output(self, a: Expression, numbers: Expression | None = None) -> Expression:
        """Return the softmax of each category, and the numbers unchanged.

        Parameters
        ----------
        a : expression, (rows, entries)
            Pre-activations.
        numbers : expression, (rows, entries), optional
            Reconstructions of numbers, such as `a` in the units of the data; by default `a`.

        Returns
        -------
        expression, (rows, entries)
            Probabilities and numbers.
        """
        return pt.switch(
            self.is_category, pt.exp(self.log_softmax(a)), a if numbers is None else numbers
        )

    def costs(self, x: Expression, target: Expression, a: Expression) -> Expression:
        """Compute the contribution of each entry to the cost of its group.

        The contribution is −weight·x·log softmax(a) for categories and (target − a)² for numbers.
        The contributions of a category add up to its cross-entropy times its weight.

        Parameters
        ----------
        x : expression, (rows, entries)
            0 or 1 for the values of categories; ignored for numbers.
        target : expression, (rows, entries)
            Standardised numbers; ignored for categories.
        a : expression, (rows, entries)
            Pre-activations.

        Returns
        -------
        expression, (rows, entries)
            Costs, without unit.
        """
        surprise = -x * self.log_softmax(a)
        return self.weight * pt.switch(self.is_category, surprise, squared_error(target, a))

    @property
    def is_category(self) -> Expression:
        """Return whether each entry belongs to a category, (entries,) of bool."""
        return pt.gt(self.categorical, 0)

    def is_known(self, x: Expression) -> Expression:
        """Return whether each entry is known: a number, or part of a category with an entry of 1.

        Parameters
        ----------
        x : expression, (rows, entries)
            0 or 1 for the values of categories, and finite numbers.

        Returns
        -------
        expression, (rows, entries)
            Booleans; False for the entries of a category whose entries are all 0.
        """
        of_groups = (x * self.categorical) @ self.membership
        return pt.gt(of_groups @ self.membership.T, 0) | pt.eq(self.categorical, 0)


def group_arrays(sizes: Sequence[int], weights: Any) -> dict[str, Any]:
    """Return the arrays of `Groups` by name; see `Groups.of`.

    >>> arrays = group_arrays([0, 2], [1.0, 3.0])
    >>> arrays["group"], arrays["share"], arrays["weight"]
    (array([0, 1, 1]), array([1. , 0.5, 0.5]), array([1., 3., 3.]))
    """
    if len(weights) != len(sizes):
        raise ValueError(f"there are {len(weights)} weights; expected {len(sizes)}, 1 per group.")
    if len(sizes) == 0 or np.min(sizes) < 0:
        raise ValueError(
            f"sizes are {list(sizes)!r}; expected at least one group: the number of values of a "
            "category, or 0 for a number."
        )
    widths = np.maximum(np.asarray(sizes, np.int64), 1)
    group = np.repeat(np.arange(len(widths)), widths)
    first, place = np.cumsum(widths) - widths, np.arange(widths.max())
    padded = first[:, None] + np.minimum(place, widths[:, None] - 1)
    return {
        "membership": (group[:, None] == np.arange(len(widths))).astype(np.float64),
        "share": 1 / widths[group],
        "weight": np.asarray(weights, np.float64)[group],
        "categorical": np.repeat(np.asarray(sizes) > 0, widths).astype(np.float64),
        "padded": padded.ravel(),
        "group": group,
    }
