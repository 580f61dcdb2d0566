"""What ``"auto"`` stands for: cost, output, scaling and learning rate that suit the data."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.mode import Mode

from autoenc.graph import ACTIVATIONS, Expression, resolve_optimizer
from autoenc.models.symbolic import SymbolicModel
from autoenc.rows.blocks import Array, Rows

COSTS = ("cross_entropy", "squared_error")
# Output functions whose values are not in (0, 1), where cross-entropy has no value.
UNBOUNDED_OUTPUTS = ("linear", "relu", "softplus", "tanh")
# Learning rate of gradient descent where the slope of the cost is bounded.
BOUNDED_RATE = 0.1
# Rows on which a model is tried before it is trained.
ROWS_TRIED = 256


def choose(settings: Mapping[str, Any], *, in_unit_interval: bool) -> dict[str, Any]:
    """Choose what ``"auto"`` stands for, of everything but the learning rate.

    Where all values are in [0, 1], it is cross-entropy with sigmoid outputs; elsewhere the squared
    error of standardised columns with linear outputs. What is given stays as it is, and columns
    are standardised only where the cost was left to choose, or by ``scale="standard"``.

    Parameters
    ----------
    settings : mapping
        Settings of an autoencoder.
    in_unit_interval : bool
        Whether all values of the data are in [0, 1].

    Returns
    -------
    dict
        Choices of a `FittedCoder`.

    Examples
    --------
    >>> auto = dict.fromkeys(["cost", "output", "scale"], "auto")
    >>> given = {**auto, "activation": "tanh", "missing": "refuse", "init": "uniform"}
    >>> found = choose(given, in_unit_interval=True)
    >>> found["cost"], found["output"], found["standardised"], found["gain"]
    ('cross_entropy', 'sigmoid', False, 4.0)
    >>> found = choose(given, in_unit_interval=False)
    >>> found["cost"], found["output"], found["standardised"], found["gain"]
    ('squared_error', 'linear', True, 1.0)
    """
    cost, output, scale = settings["cost"], settings["output"], settings["scale"]
    chosen = cost
    if cost == "auto":
        fits = in_unit_interval and scale != "standard" and output not in UNBOUNDED_OUTPUTS
        chosen = "cross_entropy" if fits or output == "sigmoid" else "squared_error"
    alone = cost == "auto" and chosen == "squared_error" and not in_unit_interval
    standardised = scale == "standard" or (scale == "auto" and alone)
    if output == "auto":
        bounded = in_unit_interval and not standardised
        output = "sigmoid" if chosen == "cross_entropy" or bounded else "linear"
    return {
        "activation": settings["activation"],
        "output": output,
        "cost": chosen,
        # With gain 4, which suits the sigmoid, linear outputs begin far from the data.
        "gain": 1.0 if alone else 4.0,
        "standardised": standardised,
        "masked": settings["missing"] == "mask",
        "init": settings["init"],
    }


def may_standardise(settings: Mapping[str, Any]) -> bool:
    """Whether columns of some data would be standardised."""
    scale, cost = settings["scale"], settings["cost"]
    return bool(scale == "standard" or (scale == "auto" and cost == "auto"))


def choose_rate(
    model: Any, rows: Rows, settings: Mapping[str, Any], chosen: float | None = None
) -> float | None:
    """Return the learning rate: the one given, or what ``"auto"`` stands for.

    Rules that scale their steps themselves have the default of their paper. For gradient descent
    it is 0.1 where outputs are bounded, else a quarter of the largest rate with which the first
    step is stable.

    Parameters
    ----------
    model : SymbolicModel or SymbolicClassifier
        With its initial parameters.
    rows : rows, (rows, columns)
        What it is trained on.
    settings : mapping
        ``learning_rate``, ``optimizer`` and ``momentum``.
    chosen : float, optional
        What ``"auto"`` stood for before, where training continues.

    Returns
    -------
    float or None
        None for a schedule.
    """
    rate, optimizer = settings["learning_rate"], settings["optimizer"]
    if callable(rate):
        return None
    if rate != "auto":
        return float(rate)
    if chosen is not None:
        return chosen
    own = inspect.signature(resolve_optimizer(optimizer)).parameters.get("learning_rate")
    if not callable(optimizer) and own is not None and own.default is not inspect.Parameter.empty:
        return float(own.default)
    if model.is_bounded:
        return BOUNDED_RATE
    momentum = {"sgd": settings["momentum"], "momentum": 0.9, "nesterov": 0.9}
    own_momentum = float(momentum.get(str(optimizer), 0.0))
    return 0.25 * (1 - own_momentum) * largest_stable_rate(model, rows)


def largest_stable_rate(model: SymbolicModel, rows: Rows) -> float:
    """Bound the learning rate for squared error and a linear output.

    A step of rate η moves the reconstruction of a row by −η·K·∂cost/∂z, where, with code h of
    input x, slopes s of the units and e the largest eigenvalue of W·diag(s²)·Wᵀ,
    K = 1 + ‖h‖² + ‖x‖²·e. With ∂cost/∂z = 2(z − x) / columns it overshoots when
    η·K > columns. Means over the rows stand for K here.
    """
    x = pt.matrix("x")
    values = model.values(x)
    a = values @ model.layer.W + model.layer.hidden_bias
    slope = pytensor.grad(model.layer.activation(a).sum(), a)
    h, s, v = try_out(x, [model.layer.activation(a), slope, values], some(rows))
    W = model.layer.W.get_value(borrow=True)
    largest = spectral_norm(W * np.sqrt(np.mean(s**2, axis=0))) ** 2
    K = 1 + np.mean(np.sum(h**2, axis=1)) + np.mean(np.sum(v**2, axis=1)) * largest
    return float(model.layer.n_visible / K)


def spectral_norm(W: Array, n_iterations: int = 30) -> float:
    """Largest singular value of a matrix, by the power method.

    >>> round(spectral_norm(np.diag([3.0, 1.0])), 6)
    3.0
    """
    v = np.random.default_rng(0).normal(size=W.shape[1])
    for _ in range(n_iterations):
        v = W.T @ (W @ v)
        v /= max(np.linalg.norm(v), np.finfo("float32").tiny)
    return float(np.linalg.norm(W @ v))


def check_functions(model: Any, rows: Rows) -> None:
    """Try activation and output that are functions of the caller's on the first rows.

    Raises
    ------
    ValueError
        If a shape or dtype is not that of the argument, or an output leaves (0, 1) under
        cross-entropy.
    """
    if not isinstance(model, SymbolicModel):
        return
    layer = model.layer
    known = ACTIVATIONS.values()
    if layer.activation in known and layer.output in known:
        return
    own = {"activation": layer.activation, "output": layer.output}
    own = {name: function for name, function in own.items() if function not in known}
    x = pt.matrix("x")
    code = layer.encode(model.values(x))
    _check_one("activation", own, x, code, rows, (layer.n_hidden,))
    z = layer.decode(code)
    values = _check_one("output", own, x, z, rows, (layer.n_visible,))
    if values is None or model.cost != "cross_entropy":
        return
    inside = (values > 0) & (values < 1)
    if not inside.all():
        worst = values[np.unravel_index(int(np.argmin(inside)), values.shape)]
        raise ValueError(
            f"output gives {worst.item()} on the first rows; cross-entropy needs "
            "reconstructions in (0, 1). Use output='sigmoid' or cost='squared_error'."
        )


def _check_one(
    name: str,
    own: dict[str, Any],
    x: Expression,
    expression: Expression,
    rows: Rows,
    width: tuple[int],
) -> Array | None:
    if name not in own:
        return None
    advice = f"{name} has to work element by element, and to keep shape and dtype."
    if not hasattr(expression, "dtype") or expression.dtype != x.dtype:
        raise ValueError(
            f"{name} makes {getattr(expression, 'dtype', type(expression).__name__)} of "
            f"{x.dtype}; {advice}"
        )
    first = some(rows)
    (values,) = try_out(x, [expression], first)
    expected = (len(first), *width)
    if values.shape != expected:
        raise ValueError(f"{name} makes shape {values.shape} of {expected}; {advice}")
    return values


def try_out(x: Expression, expressions: list[Expression], rows: Array) -> list[Array]:
    """Evaluate expressions of x once, without compiling anything."""
    function = pytensor.function([x], expressions, mode=Mode(linker="py", optimizer=None))
    return [np.asarray(value) for value in function(rows)]


def some(rows: Rows) -> Array:
    """Return a few rows, from everywhere."""
    numbers = np.unique(np.linspace(0, len(rows) - 1, ROWS_TRIED).astype(int))
    return np.ascontiguousarray(rows[numbers])
