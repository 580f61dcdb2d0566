"""Validation during training: the mean cost of held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant
from pytensor.graph.traversal import graph_inputs

from autoenc.backends import Backend
from autoenc.graph.types import Expression
from autoenc.training.conversion import as_arrays

# Rows that go through the graph at a time.
ROWS_AT_A_TIME = 5_000


class Validator:
    """Computation of the mean cost over all rows of the validation data.

    Parameters
    ----------
    row_cost : expression, (rows,)
        Cost of each row, in terms of the inputs.
    inputs : sequence of symbolic variables
    data : array, or sequence of arrays
        For each input.
    backend : Backend
        Backend that compiles the cost.

    Attributes
    ----------
    arrays : list of array
        The data, for each input.
    graph : pair of lists
        Inputs, including shared variables, and the output of the graph of the cost.

    Raises
    ------
    ValueError
        If the cost is not a vector with one value per row, needs other inputs, or the data does
        not match the inputs.
    """

    def __init__(
        self, row_cost: Expression, inputs: Sequence[Expression], data: Any, backend: Backend
    ) -> None:
        if getattr(row_cost, "ndim", None) != 1:
            raise ValueError(
                f"the validation cost has {getattr(row_cost, 'ndim', 'no')} dimensions; expected "
                "a cost for each row, without its mean."
            )
        foreign = [
            v for v in graph_inputs([row_cost])
            if not isinstance(v, SharedVariable | Constant) and v not in inputs
        ]  # fmt: skip
        if foreign:
            raise ValueError(
                f"the validation cost needs {', '.join(map(str, foreign))}; expected the inputs "
                f"of the training, {', '.join(map(str, inputs))}."
            )
        self.arrays = as_arrays(
            data, inputs, processes=backend.processes, name="the validation data"
        )
        shared = [v for v in graph_inputs([row_cost]) if isinstance(v, SharedVariable)]
        self.graph = [*inputs, *shared], [row_cost]
        self._dtypes = [x.type.dtype for x in inputs]
        self._processes = backend.processes
        self._function = backend.function(list(inputs), row_cost)

    def __call__(self) -> float:
        """Return the mean cost of all rows under the current parameters.

        Each process computes the costs of its share of the parts.
        """
        n_rows = len(self.arrays[0])
        firsts = range(0, n_rows, ROWS_AT_A_TIME)
        totals = np.zeros(len(firsts))
        for part in range(self._processes.rank, len(firsts), self._processes.count):
            totals[part] = self._total(firsts[part])
        return float(sum(self._processes.gather(totals.tolist()).sum(axis=0))) / n_rows

    def _total(self, first: int) -> float:
        pairs = zip(self.arrays, self._dtypes, strict=True)
        part = [self._part(*pair, first) for pair in pairs]
        costs = self._function(*part)
        if costs.shape != (n_rows := len(part[0]),):
            raise ValueError(
                f"the validation cost has {len(costs):,} values for {n_rows:,} rows; expected a "
                "cost for each row."
            )
        return float(costs.sum(dtype=np.float64))

    def _part(self, array: Any, dtype: str, first: int) -> np.ndarray[Any, Any]:
        part: np.ndarray[Any, Any] = array[first : first + ROWS_AT_A_TIME]
        return part.astype(dtype, copy=False)
