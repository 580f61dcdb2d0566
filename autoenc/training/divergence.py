"""Divergence: halving the learning rate, and an error that explains what happened."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.graph.traversal import ancestors
from pytensor.tensor.math import Dot

from autoenc.backends import Step
from autoenc.graph.types import Expression, Parameter
from autoenc.training.callbacks import Record

Array: TypeAlias = np.ndarray[Any, Any]


class DivergedError(ArithmeticError):
    """Error raised if training diverges, and smaller steps do not help.

    Parameters
    ----------
    message : str
        Description of the divergence, and the remedy.
    model : object, optional
        The estimator with the last finite parameters.
    history : sequence of dict, optional
        Records of the epochs before.
    """

    def __init__(self, message: str, model: Any = None, history: Sequence[Record] = ()) -> None:
        super().__init__(message)
        self.model = model
        self.history = list(history)


@dataclass
class Halving:
    """Halves the learning rate, up to a maximum number of times.

    Attributes
    ----------
    learning_rate : shared scalar, or None
        Factor to which the updates are proportional; None if there is no rate to halve.
    most : int
        Maximum number of halvings in the whole run.
    done : int
        Number of halvings so far.
    """

    learning_rate: Parameter | None
    most: int
    done: int = field(default=0)

    def __post_init__(self) -> None:
        """Check the maximum number."""
        if isinstance(self.most, bool) or not isinstance(self.most, int) or self.most < 0:
            raise ValueError(f"max_halvings is {self.most!r}; expected an integer of at least 0.")

    def __call__(self, where: str) -> bool:
        """Halve the learning rate and warn; return False if that is no longer possible."""
        if self.learning_rate is None or self.done >= self.most:
            return False
        self.done += 1
        rate = self.learning_rate.get_value()
        self.learning_rate.set_value(np.asarray(rate / 2, rate.dtype))
        warnings.warn(
            f"{where}: training continues from the last good parameters with half the "
            f"learning rate ({self.done} of at most {self.most} times).",
            stacklevel=6,
        )
        return True

    @contextmanager
    def preserved(self) -> Iterator[None]:
        """Restore the learning rate at the end."""
        assert self.learning_rate is not None
        rate = self.learning_rate.get_value()
        yield
        self.learning_rate.set_value(rate)


def describe(costs: Array, epoch: int, block: int) -> str:
    """Describe the value that is not finite, and its position.

    Examples
    --------
    >>> describe(np.array([0.5, np.nan]), epoch=1, block=0)
    'the cost became nan in epoch 1, block 0, step 1'
    """
    step = first_bad(costs)
    where = f"in epoch {epoch}, block {block}, step {min(step, len(costs) - 1)}"
    if step == len(costs):
        return f"parameters became infinite or NaN {where}"
    return f"the cost became {costs[step]} {where}"


def first_bad(costs: Array) -> int:
    """Return the first step whose cost is not finite; the number of steps if all are finite."""
    finite = np.isfinite(costs)
    return len(costs) if finite.all() else int(np.argmin(finite))


def first_not_finite(minibatch: Sequence[Array], numbers: Array) -> str | None:
    """Describe where the data of a minibatch is not finite; None if it is finite.

    >>> first_not_finite([np.array([[0.5, 1.0], [np.nan, 1.0]])], np.array([8, 3]))
    'the data has nan at row 3, column 0'
    """
    for array in minibatch:
        rows = array.reshape(len(array), -1)
        if rows.dtype.kind == "f" and not (finite := np.isfinite(rows)).all():
            row, column = np.unravel_index(int(np.argmin(finite)), rows.shape)
            return f"the data has {rows[row, column]} at row {numbers[row]}, column {column}"
    return None


def explain(
    step: Step, minibatch: Sequence[Array], before: Sequence[Array], after: Sequence[Array]
) -> str:
    """Explain which parameters became infinite or NaN first, and how large values were.

    Parameters
    ----------
    step : Step
        Step that diverged; its shared variables are not changed.
    minibatch : sequence of arrays
        Rows of the minibatch that diverged.
    before, after : sequences of arrays
        State before and after that minibatch.
    """
    gone = [
        str(variable)
        for variable, value in zip(step.state, after, strict=True)
        if not np.isfinite(value).all()
    ]
    norms, largest = _evaluate(step, minibatch, before)
    worst = max(norms, key=lambda name: norms[name], default=None)
    reasons = [
        f"not finite after that step: {', '.join(gone)}"
        if gone
        else "no parameter became infinite or NaN before the cost"
    ]
    if worst is not None:
        reasons.append(f"largest gradient before that step: {norms[worst]:.3g} (norm, of {worst})")
    if largest is not None:
        reasons.append(f"largest value of a matrix product: {largest:.3g}")
    return "; ".join(reasons)


def _evaluate(
    step: Step, minibatch: Sequence[Array], state: Sequence[Array]
) -> tuple[dict[str, float], float | None]:
    """Return the norm of the gradient of each parameter, and the largest value of a product."""
    graph = list(ancestors([step.cost]))
    params = [v for v in step.state if v in graph and str(v.type.dtype).startswith("float")]
    products = [v for v in graph if v.owner is not None and _is_product(v.owner.op)]
    outputs = [_norm(g) for g in pytensor.grad(step.cost, params)] if params else []
    outputs += [abs(product).max() for product in products]
    # The function runs once, on the CPU, so compiling it would cost more than it saves.
    function = pytensor.function(
        step.inputs,
        outputs,
        givens=dict(zip(step.state, state, strict=True)),
        mode="FAST_COMPILE",
        on_unused_input="ignore",
    )
    with np.errstate(all="ignore"):
        values = [float(value) for value in function(*minibatch)]
    norms = {str(p): norm for p, norm in zip(params, values[: len(params)], strict=True)}
    return norms, max(values[len(params) :], default=None)


def _norm(gradient: Expression) -> Expression:
    return pt.sqrt((gradient.astype("float64") ** 2).sum())


def _is_product(op: Any) -> bool:
    # The operator @ is the product of two matrices over any leading axes.
    return isinstance(getattr(op, "core_op", op), Dot)
