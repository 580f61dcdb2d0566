"""Choices for ``"auto"``: cost, output, scaling and learning rate that suit the data."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.mode import Mode

from autoenc.graph import ACTIVATIONS, Clipped, Expression, UnrolledLayers, resolve_optimizer
from autoenc.models.curvature import largest_curvature
from autoenc.models.defaults import AUTO, chosen_settings, default_size, is_compact, is_table
from autoenc.models.symbolic import SymbolicModel
from autoenc.rows.blocks import Array, Rows, spread_out

COSTS = ("cross_entropy", "squared_error")
# Cost for columns of different kinds: cross-entropy of categories and squared error of numbers. It
# cannot be requested. It is chosen for such columns, and only with these settings.
MIXED = "mixed"
MIXED_SETTINGS: dict[str, tuple[Any, ...]] = {
    "cost": ("auto",),
    "output": ("auto", "linear"),
    "scale": ("auto", "standard"),
}
# Output functions with values outside (0, 1), where cross-entropy is undefined.
UNBOUNDED_OUTPUTS = ("linear", "clipped", "relu", "softplus", "tanh")
# Learning rate of gradient descent if the slope of the cost is bounded.
BOUNDED_RATE = 0.1
# Fractions of the largest stable rate: SHARE after a random start, and GENTLE_SHARE from principal
# directions, because larger steps would first lead away from them.
SHARE = 0.25
GENTLE_SHARE = 0.02
# Number of rows on which a model is tried before training.
ROWS_TRIED = 256


def choose(
    settings: Mapping[str, Any],
    shape: tuple[int, int],
    *,
    mixed: bool = False,
    in_unit_interval: bool,
    find_limits: Callable[[], tuple[Array, Array]],
    find_drawn: Callable[[], float] = lambda: 1.0,
) -> dict[str, Any]:
    """Choose values for all settings at ``"auto"`` except the learning rate.

    Images get cross-entropy with sigmoid outputs. Tables get the squared error of standardised
    columns with linear outputs; see `autoenc.models.defaults`. Other settings are not changed, and
    columns are standardised only if the cost is ``"auto"``, or with ``scale="standard"``.

    Parameters
    ----------
    settings : mapping
        Settings of an autoencoder.
    shape : pair of int
        Number of rows and columns.
    mixed : bool
        Whether columns are of different kinds; see `choose_mixed`.
    in_unit_interval : bool
        Whether all values of the data are in [0, 1].
    find_limits : callable
        Function that returns the result of `autoenc.models.limits.limits_of`; called only if
        limits matter.
    find_drawn : callable, optional
        Function that returns the result of `autoenc.models.defaults.drawn_part`; called only if it
        matters. By default the data is treated as drawings.

    Returns
    -------
    dict
        Choices of a `FittedCoder`, and ``limits`` if the output is clipped.

    Examples
    --------
    >>> auto = dict.fromkeys(["n_hidden", "activation", "init", "cost", "output", "scale"], "auto")
    >>> given = {**auto, "missing": "refuse", "learning_rate": 0.1, "batch_size": 20}
    >>> none = lambda: (np.array([-np.inf]), np.array([np.inf]))
    >>> found = choose(given, (1000, 784), in_unit_interval=True, find_limits=none)
    >>> found["cost"], found["output"], found["standardised"], found["gain"]
    ('cross_entropy', 'sigmoid', False, 4.0)
    >>> found["chosen"]
    {'n_hidden': 500, 'activation': 'sigmoid', 'init': 'uniform'}
    >>> found = choose(given, (150, 4), in_unit_interval=False, find_limits=none)
    >>> found["cost"], found["output"], found["standardised"], found["gain"]
    ('squared_error', 'linear', True, 1.0)
    >>> found["chosen"]
    {'n_hidden': 1, 'activation': 'linear', 'init': 'principal'}
    """
    if mixed:
        return choose_mixed(settings, shape)
    given_size = settings["n_hidden"] != AUTO
    if in_unit_interval and not given_size:
        suits = not is_table(settings, shape[1], find_drawn)
    else:
        suits = in_unit_interval
    cost, output, scale = settings["cost"], settings["output"], settings["scale"]
    chosen = cost
    if cost == "auto":
        fits = suits and scale != "standard" and output not in UNBOUNDED_OUTPUTS
        chosen = "cross_entropy" if fits or output == "sigmoid" else "squared_error"
    alone = cost == "auto" and chosen == "squared_error" and not suits
    standardised = scale == "standard" or (scale == "auto" and alone)
    if output == "auto":
        bounded = suits and not standardised
        output = "sigmoid" if chosen == "cross_entropy" or bounded else "linear"
    choices = {
        "output": output,
        "cost": chosen,
        # Gain 4 suits the sigmoid, but with linear outputs it would start far from the data.
        "gain": 1.0 if alone else 4.0,
        "standardised": standardised,
    }
    size = settings["n_hidden"] if given_size else default_size(*shape, suits and not standardised)
    if output == "clipped":
        choices["limits"] = find_limits()
    elif (
        standardised
        and output == "linear"
        and settings["output"] == "auto"
        and is_compact(settings, choices, size, shape[1])
    ):
        limits = find_limits()
        if np.isfinite(limits).any():
            choices |= {"output": "clipped", "limits": limits}
    return _with_settings(settings, choices, size, shape, masked=settings["missing"] == "mask")


def choose_mixed(settings: Mapping[str, Any], shape: tuple[int, int]) -> dict[str, Any]:
    """Choose values for settings at ``"auto"``, for columns of different kinds.

    Parameters
    ----------
    settings : mapping
        Settings of an autoencoder.
    shape : pair of int
        Number of rows, and of entries of a row.

    Returns
    -------
    dict
        Choices of a `FittedCoder`.

    Raises
    ------
    ValueError
        If a cost, an output or a scale is given that such columns do not support.
    """
    for name, known in MIXED_SETTINGS.items():
        if settings[name] not in known:
            raise ValueError(
                f"{name} is {settings[name]!r}, but X has columns that are not numbers: each kind "
                f"has its own cost and output; leave {name} at 'auto', or encode the columns."
            )
    choices = {"output": "linear", "cost": MIXED, "gain": 1.0, "standardised": True}
    given_size = settings["n_hidden"] != AUTO
    size = settings["n_hidden"] if given_size else default_size(*shape, False)
    masked = is_masked(settings, mixed=True)
    return _with_settings(settings, choices, size, shape, masked=masked)


def _with_settings(
    settings: Mapping[str, Any],
    choices: Mapping[str, Any],
    n_hidden: int,
    shape: tuple[int, int],
    *,
    masked: bool,
) -> dict[str, Any]:
    """Return choices of cost and output with those that follow from them."""
    chosen = chosen_settings(settings, choices, n_hidden, shape)
    given = {**settings, **chosen}
    return {
        **choices,
        "activation": given["activation"],
        "init": given["init"],
        "masked": masked,
        "chosen": chosen,
    }


def is_masked(settings: Mapping[str, Any], *, mixed: bool) -> bool:
    """Return whether NaN marks missing entries, given whether columns are of different kinds."""
    return settings["missing"] == "mask" or (settings["missing"] == AUTO and mixed)


def choose_again(
    settings: Mapping[str, Any], choices: Mapping[str, Any], n_hidden: int, shape: tuple[int, int]
) -> dict[str, Any]:
    """Return the choices with which training continues.

    Parameters
    ----------
    settings : mapping
        Settings of an autoencoder.
    choices : mapping
        Choices with which training began.
    n_hidden : int
        Units of the code.
    shape : pair of int
        Number of rows and columns.
    """
    before = {"activation": choices["activation"], **choices.get("chosen", {})}
    chosen = chosen_settings(settings, choices, n_hidden, shape)
    # The number of epochs and the decay belong to a fit, not to the model.
    of_fit = ("n_epochs", "learning_rate_decay")
    chosen = {n: v if n in of_fit else before.get(n, v) for n, v in chosen.items()}
    given = {**settings, **chosen}
    return {
        **choices,
        "activation": given["activation"],
        "masked": is_masked(settings, mixed=choices["cost"] == MIXED),
        "chosen": chosen,
    }


def may_standardise(settings: Mapping[str, Any]) -> bool:
    """Return whether columns of some data would be standardised."""
    scale, cost = settings["scale"], settings["cost"]
    is_free = scale == "auto" and cost == "auto" and settings.get("output") != "sigmoid"
    return bool(scale == "standard" or is_free)


def choose_rate(
    model: Any, rows: Rows, settings: Mapping[str, Any], chosen: float | None = None,
    state_names: Sequence[str] = (),
) -> float | None:  # fmt: skip
    """Return the given learning rate, or the one chosen for ``"auto"``.

    Rules with a default, such as Adam and functions whose `learning_rate` has one, use it. For
    others, such as gradient descent, the rate is 0.1 if outputs are bounded. Otherwise it is a
    quarter of the largest rate with which the first step is stable, or a fiftieth of it if
    training starts from principal directions. These two rates are multiplied by 1 − μ, where μ is
    the momentum of a rule that is given by name.

    Parameters
    ----------
    model : SymbolicModel or SymbolicClassifier
        Model with its initial parameters.
    rows : rows, (rows, columns)
        Training rows.
    settings : mapping
        ``learning_rate``, ``optimizer``, ``momentum`` and ``init``.
    chosen : float, optional
        Rate that was chosen for ``"auto"`` earlier, if training continues.
    state_names : sequence of str
        Names of the variables of the earlier rule. The rate of a rule that scales its steps is not
        one for gradient descent, with or without velocities.

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
    own = None if optimizer == "sgd" else default_rate_of(resolve_optimizer(optimizer))
    if own is not None:
        return own
    if chosen is not None and all(name.endswith("velocity") for name in state_names):
        return chosen
    if model.is_bounded:
        return BOUNDED_RATE
    momentum = {"sgd": settings["momentum"], "momentum": 0.9, "nesterov": 0.9}
    own_momentum = float(momentum.get(str(optimizer), 0.0))
    gentle = settings.get("init") == "principal" and model.cost != MIXED
    share = GENTLE_SHARE if gentle else SHARE
    return share * (1 - own_momentum) * largest_stable_rate(model, rows)


def default_rate_of(rule: Callable[..., Any]) -> float | None:
    """Return the default learning rate of an update rule; None if it has none.

    >>> from autoenc.graph import adam, sgd
    >>> default_rate_of(adam), default_rate_of(sgd)
    (0.001, None)
    """
    try:
        own = inspect.signature(rule).parameters.get("learning_rate")
    except ValueError:  # functions in C may have no signature
        return None
    if own is None or not isinstance(own.default, Real):
        return None
    return float(own.default)


def largest_stable_rate(model: SymbolicModel, rows: Rows) -> float:
    """Bound the learning rate for squared error and a linear output.

    A step of rate η moves the reconstruction of a row by −η·K·∂cost/∂z with K = 1 + ‖h‖² + ‖x‖²·e.
    Here h is the code of input x, s are the slopes of the units, and e is the largest eigenvalue
    of W·diag(s²)·Wᵀ. With ∂cost/∂z = 2(z − x) / columns, the step overshoots if η·K > columns. K
    is averaged over the rows. For several layers, the rate is twice that of Newton's method along
    the direction of largest curvature of the cost.
    """
    if isinstance(model.layer, UnrolledLayers):
        return 2 / largest_curvature(model, some(rows))
    x = pt.matrix("x")
    values = model.values(x)
    a = values @ model.layer.W + model.layer.hidden_bias
    slope = pytensor.grad(model.layer.activation(a).sum(), a)
    h, s, v = try_out(x, [model.layer.activation(a), slope, values], some(rows))
    W = model.layer.W.get_value(borrow=True)
    largest = spectral_norm(W * np.sqrt(np.mean(s**2, axis=0))) ** 2
    K = 1 + np.mean(np.sum(h**2, axis=1)) + np.mean(np.sum(v**2, axis=1)) * largest
    return float(model.n_columns / K)


def spectral_norm(W: Array, n_iterations: int = 30) -> float:
    """Compute the largest singular value of a matrix by the power method.

    >>> round(spectral_norm(np.diag([3.0, 1.0])), 6)
    3.0
    """
    v = np.random.default_rng(0).normal(size=W.shape[1])
    for _ in range(n_iterations):
        v = W.T @ (W @ v)
        v /= max(np.linalg.norm(v), np.finfo("float32").tiny)
    return float(np.linalg.norm(W @ v))


def check_functions(model: Any, rows: Rows) -> None:
    """Test user-defined functions for activation and output on the first rows.

    Raises
    ------
    ValueError
        If the shape or dtype of a result differs from that of the argument, or if an output is
        outside (0, 1) with cross-entropy.
    """
    if not isinstance(model, SymbolicModel) or isinstance(model.layer, UnrolledLayers):
        return  # the layers are tried one by one
    layer = model.layer
    known = ACTIVATIONS.values()
    if layer.activation in known and (layer.output in known or isinstance(layer.output, Clipped)):
        return
    own = {"activation": layer.activation, "output": layer.output}
    own = {name: f for name, f in own.items() if not (f in known or isinstance(f, Clipped))}
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
    advice = f"{name} must work element by element, and keep shape and dtype."
    if not hasattr(expression, "dtype") or expression.dtype != x.dtype:
        raise ValueError(
            f"{name} returns {getattr(expression, 'dtype', type(expression).__name__)} for "
            f"{x.dtype}; {advice}"
        )
    first = some(rows)
    (values,) = try_out(x, [expression], first)
    expected = (len(first), *width)
    if values.shape != expected:
        raise ValueError(f"{name} returns shape {values.shape} for {expected}; {advice}")
    return values


def try_out(x: Expression, expressions: list[Expression], rows: Array) -> list[Array]:
    """Evaluate expressions of x once, without compiling them."""
    function = pytensor.function([x], expressions, mode=Mode(linker="py", optimizer=None))
    return [np.asarray(value) for value in function(rows)]


def some(rows: Rows) -> Array:
    """Return a few rows, spread over the data."""
    return np.ascontiguousarray(rows[spread_out(len(rows), ROWS_TRIED)])
