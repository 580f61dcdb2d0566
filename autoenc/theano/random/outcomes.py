"""Operations that convert uniform numbers to outcomes with given probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor import config
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.tensor.type import discrete_dtypes

Array = Any
Variable = Any


class MultinomialFromUniform(Op):
    """Operation that counts outcomes: each number falls into one of the intervals of its row.

    Parameters
    ----------
    odtype : str
        Dtype of the counts; ``"auto"`` for that of the probabilities.
    """

    __props__: tuple[str, ...] = ("odtype",)
    _automatic: str | None = None

    def __init__(self, odtype: str) -> None:
        self.odtype = odtype

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.odtype}}}"

    def make_node(self, pvals: Any, unis: Any, n: Any = 1) -> Apply:
        """Create a node for probabilities, (rows, outcomes), and numbers, (n * rows,)."""
        pvals, unis = pt.as_tensor_variable(pvals), pt.as_tensor_variable(unis)
        if pvals.ndim != 2:
            raise NotImplementedError("pvals ndim should be 2", pvals.ndim)
        if unis.ndim != 1:
            raise NotImplementedError("unis ndim should be 1", unis.ndim)
        automatic = self._automatic or pvals.dtype
        dtype = automatic if self.odtype == "auto" else self.odtype
        return Apply(self, [pvals, unis, pt.as_tensor_variable(n)], [self._output(dtype, pvals)])

    def _output(self, dtype: str, pvals: Variable) -> Variable:
        return pt.tensor(dtype=dtype, shape=tuple(1 if b else None for b in pvals.broadcastable))

    def perform(self, node: Apply, inputs: Sequence[Array], outputs: Any) -> None:
        """Count the outcomes."""
        pvals, unis, n = inputs
        _check(pvals, unis, n)
        counts = np.zeros(pvals.shape, node.outputs[0].type.dtype)
        # Theano accumulates probabilities of any dtype in double precision.
        cumulated = pvals.cumsum(1, dtype="float64")
        for uniform in unis.reshape(int(n), len(pvals)):
            rows, outcomes = _interval(cumulated, uniform)
            counts[rows, outcomes] += 1
        outputs[0][0] = counts

    def pullback(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Variable]:
        """Return zeros: counts are constant almost everywhere."""
        return [_zeros(x) for x in inputs]


def _zeros(x: Variable) -> Variable:
    dtype = config.floatX if x.dtype in discrete_dtypes else x.dtype
    return pt.zeros_like(x, dtype=dtype)


def _check(pvals: Array, unis: Array, n: Array) -> None:
    if len(unis) != len(pvals) * int(n):
        raise ValueError(
            "unis.shape[0] != pvals.shape[0] * n_samples", len(unis), len(pvals), int(n)
        )


def _interval(cumulated: Array, uniform: Array) -> tuple[Array, Array]:
    """Return the rows whose number falls into one of their intervals, and the intervals."""
    above = cumulated > uniform[:, None]
    rows = np.flatnonzero(above.any(1))
    return rows, above[rows].argmax(1)


class ChoiceFromUniform(MultinomialFromUniform):
    """Operation that chooses n outcomes from each row, by default without replacement.

    Parameters
    ----------
    odtype : str
        Dtype of the chosen indices; ``"auto"`` for int64.
    replace : bool, default False
    """

    __props__ = ("odtype", "replace")
    _automatic = "int64"

    def __init__(self, odtype: str, replace: bool = False) -> None:
        super().__init__(odtype)
        self.replace = replace

    def _output(self, dtype: str, pvals: Variable) -> Variable:
        # A single outcome can be chosen only once.
        one_row, one_outcome = pvals.broadcastable
        n = 1 if one_outcome and not self.replace else None
        return pt.tensor(dtype=dtype, shape=(1 if one_row else None, n))

    def perform(self, node: Apply, inputs: Sequence[Array], outputs: Any) -> None:
        """Choose the outcomes of each row in turn; -1 where there is none."""
        pvals, unis, n = inputs
        if n > pvals.shape[1]:
            raise ValueError(
                "Cannot sample without replacement n samples bigger than the size of the "
                "distribution."
            )
        _check(pvals, unis, n)
        left = pvals.copy()
        chosen = np.full((len(pvals), int(n)), -1, node.outputs[0].type.dtype)
        for i, uniform in enumerate(unis.reshape(int(n), len(pvals))):
            rows, outcomes = _interval(left.cumsum(1, dtype="float64"), uniform)
            chosen[rows, i] = outcomes
            if not self.replace and i < n - 1:
                _remove(left, rows, outcomes)
        outputs[0][0] = chosen


def _remove(pvals: Array, rows: Array, outcomes: Array) -> None:
    """Set the probability of one outcome of each row to 0, and rescale the others.

    To round as in Theano, the sum has two parts. The probabilities before the outcome are added
    in double precision, and those after it in the precision of the probabilities.
    """
    some = pvals[rows]
    each = np.arange(len(rows))
    before = some.cumsum(1, dtype="float64")[each, outcomes] - some[each, outcomes]
    some[each, outcomes] = 0
    after = np.where(np.arange(some.shape[1]) > outcomes[:, None], some, 0)
    terms = np.column_stack([before.astype(some.dtype), after])
    pvals[rows] = some / terms.cumsum(1, dtype=some.dtype)[:, -1:]
