"""The curvature of a cost along its parameters, which limits the steps of gradient descent.

>>> import pytensor
>>> W = pytensor.shared(np.array([1.0, 2.0], "float32"))
>>> round(largest_eigenvalue(3 * pt.sqr(W[0]) + 5 * pt.sqr(W[1]), [W], {}), 4)
10.0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.mode import Mode

from autoenc.graph import Expression, Parameter
from autoenc.models.symbolic import SymbolicModel
from autoenc.rows.blocks import Array


def largest_curvature(model: SymbolicModel, rows: Array) -> float:
    """Return the largest eigenvalue of the Hessian of the mean cost of rows.

    Parameters
    ----------
    model : SymbolicModel
        Model with its current parameters.
    rows : array, (rows, columns)
        Rows, in the units of the data.
    """
    x = pt.matrix("x")
    cost = model.validation_costs(x, x).mean()
    return largest_eigenvalue(cost, model.params, {x: rows})


def largest_eigenvalue(
    cost: Expression, params: Sequence[Parameter], inputs: Mapping[Any, Array],
    n_iterations: int = 30,
) -> float:  # fmt: skip
    """Return the largest absolute eigenvalue of the Hessian H of a cost, by the power method.

    The products H·v are the gradient of v·∂cost/∂params, so that H is never formed.

    References
    ----------
    B. Pearlmutter (1994). Fast exact multiplication by the Hessian. Neural Computation 6.
    """
    directions = [param.type(f"v_{k}") for k, param in enumerate(params)]
    slopes = pytensor.grad(cost, list(params))
    along = pt.add(*(pt.sum(s * v) for s, v in zip(slopes, directions, strict=True)))
    products = pytensor.grad(along, list(params), disconnected_inputs="ignore")
    mode = Mode(linker="py", optimizer=None)
    product = pytensor.function([*inputs, *directions], products, mode=mode)
    rng, shapes = np.random.default_rng(0), [p.get_value(borrow=True).shape for p in params]
    v: list[Array] = [
        rng.normal(size=s).astype(p.dtype) for s, p in zip(shapes, params, strict=True)
    ]
    largest = _norm(v)
    for _ in range(n_iterations):
        v = product(*inputs.values(), *(array / array.dtype.type(largest) for array in v))
        largest = max(_norm(v), float(np.finfo("float32").tiny))
    return largest


def _norm(arrays: Sequence[Array]) -> float:
    return float(np.sqrt(sum(np.sum(np.square(array, dtype=float)) for array in arrays)))
