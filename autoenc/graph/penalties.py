"""Penalties: terms that are added to a cost.

>>> import numpy as np, pytensor.tensor as pt
>>> from autoenc.graph.layers import AutoEncoderLayer
>>> x = pt.matrix("x")
>>> layer = AutoEncoderLayer(4, 2, rng=np.random.default_rng(0))
>>> cost = layer.cross_entropy(x).mean() + 0.1 * contractive(layer, x).mean() + l2([layer.W])
>>> cost.ndim
0
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.graph.basic import Variable
from pytensor.graph.replace import clone_replace, vectorize_graph
from pytensor.graph.traversal import graph_inputs
from pytensor.tensor.sharedvar import TensorSharedVariable

from autoenc.graph.activations import resolve_activation
from autoenc.graph.checks import is_number
from autoenc.graph.classifier_layers import DenseLayer
from autoenc.graph.dtypes import in_dtype_of, in_floatx
from autoenc.graph.layers import AutoEncoderLayer
from autoenc.graph.types import Activation, Expression, Parameter


def l1(params: Sequence[Expression]) -> Expression:
    """Compute the sum of absolute values over all entries of all parameters.

    Parameters
    ----------
    params : sequence of expressions
        At least one, of any shape and all of one dtype. Usually weights without biases.

    Returns
    -------
    scalar expression
        The sum. Its slope at 0 is defined as 0.

    Raises
    ------
    ValueError
        If there are no parameters.
    """
    return _total([pt.abs(p).sum() for p in params])


def l2(params: Sequence[Expression]) -> Expression:
    """Compute the sum of p² over all entries of all parameters, without a factor ½.

    Parameters
    ----------
    params : sequence of expressions
        At least one, of any shape and all of one dtype. Usually weights without biases.

    Returns
    -------
    scalar expression
        The sum.

    Raises
    ------
    ValueError
        If there are no parameters.
    """
    return _total([pt.sqr(p).sum() for p in params])


def kl_sparsity(code: Expression, target: float | Expression) -> Expression:
    """Compute the divergence of mean activities from a target, summed over units.

    The penalty is Σ_j [ρ·log(ρ / m_j) + (1 − ρ)·log((1 − ρ) / (1 − m_j))], where ρ is the
    target and m_j the mean of unit j over rows.

    The divergence of a unit that is always 0 or always 1 would be infinite. Therefore m_j is
    computed as ε + (1 − 2ε)·mean, where ε is the resolution of the dtype (1.2e-7 in float32).
    This moves no mean by more than ε and keeps the penalty smooth, at least 0, and below
    −log ε (16 in float32) for each unit; its slope is below 1 / ε. Unlike with clipping, the
    slope is never zero, so that a dead unit can recover if its activation has a slope.

    Parameters
    ----------
    code : expression, (rows, n_hidden)
        Activities in [0, 1], such as those of the sigmoid; other values give NaN.
    target : float or scalar expression
        Target ρ in (0, 1), such as 0.05.

    Returns
    -------
    scalar expression
        Divergence in nats.

    Raises
    ------
    ValueError
        If the target is neither a number in (0, 1) nor an expression.

    References
    ----------
    H. Lee, C. Ekanadham, A. Ng (2008). Sparse deep belief net model for visual area V2.
    NIPS 20. A. Ng (2011). Sparse autoencoder. CS294A lecture notes, Stanford.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> code = pt.constant([[0.0, 0.5], [0.2, 0.5]], dtype="float32")
    >>> kl_sparsity(code, 0.1).eval().item()
    0.368...
    """
    if not isinstance(target, Variable) and not (is_number(target) and 0 < target < 1):
        raise ValueError(
            f"sparsity target is {target!r}; expected a mean activity in (0, 1), such as 0.05."
        )
    rho = in_dtype_of(code, target)
    epsilon = float(np.finfo(code.dtype).eps)
    m = in_dtype_of(code, epsilon) + in_dtype_of(code, 1 - 2 * epsilon) * code.mean(axis=0)
    return (rho * pt.log(rho / m) + (1 - rho) * pt.log((1 - rho) / (1 - m))).sum()


def contractive(
    layer: AutoEncoderLayer | DenseLayer | Callable[[Expression], Expression], x: Expression
) -> Expression:
    """Compute the squared Frobenius norm of the Jacobian of the code for each row.

    The norm is ‖∂code/∂x‖²_F. For a layer with an activation s of this package it is computed
    in closed form, Σ_j s'(a_j)²·Σ_i W_ij², which costs no more than the code itself. Otherwise
    the Jacobian is derived symbolically. This takes one backward pass for each unit, and memory
    for rows · n_hidden · n_visible numbers. Units may depend on each other (softmax), but rows
    may not.

    A well-known tutorial divides the sum over rows by their number with ``//``, whose gradient
    is zero, so its penalty has no effect on the training. Use the ``mean()`` of the result.

    Parameters
    ----------
    layer : AutoEncoderLayer, DenseLayer or callable
        The encoder. A callable takes x and returns a code of shape (rows, n_hidden).
    x : expression, (rows, n_visible)
        Inputs at which the Jacobian is evaluated.

    Returns
    -------
    expression, (rows,)
        Penalty of each row.

    References
    ----------
    S. Rifai, P. Vincent, X. Muller, X. Glorot, Y. Bengio (2011). Contractive
    auto-encoders: explicit invariance during feature extraction. ICML.

    Examples
    --------
    >>> import numpy as np, pytensor, pytensor.tensor as pt
    >>> W = pytensor.shared(np.eye(3, dtype="float32"))
    >>> layer = AutoEncoderLayer(3, 3, rng=None, W=W)
    >>> contractive(layer, pt.zeros((2, 3), dtype="float32")).eval()
    array([0.1875, 0.1875], dtype=float32)
    """
    encode: Any = getattr(layer, "encode", layer)
    if isinstance(layer, AutoEncoderLayer | DenseLayer):
        for activation, slope in SLOPES:
            if activation is layer.activation:
                return pt.sqr(slope(encode(x))) @ pt.sqr(layer.W).sum(axis=0)
    return _squared_jacobian(encode, x)


# Slope of each activation as a function of its value.
SLOPES: list[tuple[Activation, Callable[[Expression], Expression]]] = [
    (resolve_activation("linear"), pt.ones_like),
    (resolve_activation("relu"), lambda y: (y > 0).astype(y.dtype)),
    (resolve_activation("sigmoid"), lambda y: y * (1 - y)),
    (resolve_activation("softplus"), lambda y: -pt.expm1(-y)),
    (resolve_activation("tanh"), lambda y: 1 - pt.sqr(y)),
]


class Penalised(Protocol):
    """Properties of a model that penalties need.

    Attributes
    ----------
    weights : sequence of shared variables
        Weight matrices.
    encoder : AutoEncoderLayer, DenseLayer or callable
        Layer or function from `values` to codes.
    """

    @property
    def weights(self) -> Sequence[Parameter]:
        """Weight matrices."""

    @property
    def encoder(self) -> Any:
        """A layer, or a function, from `values` to codes."""

    def values(self, x: Expression) -> Expression:
        """Return the input of the encoder, computed from x."""


@dataclass(frozen=True)
class Penalty:
    """A penalty that estimators offer by name.

    Attributes
    ----------
    purpose : str
        Purpose of the setting of that name, which is the weight of the penalty.
    of : callable
        Function from model, input and settings to a scalar expression.
    """

    purpose: str
    of: Callable[[Penalised, Expression, Mapping[str, Any]], Expression]


def _contraction(model: Penalised, x: Expression, settings: Mapping[str, Any]) -> Expression:
    return contractive(model.encoder, model.values(x)).mean()


def _sparsity(model: Penalised, x: Expression, settings: Mapping[str, Any]) -> Expression:
    encode = getattr(model.encoder, "encode", model.encoder)
    return kl_sparsity(encode(model.values(x)), settings["sparsity_target"])


PENALTIES = {
    "l1": Penalty(
        "Weight of the penalty Σ|W|, >= 0. Penalties are minimised with the cost, and are not in "
        "the history.",
        lambda model, x, settings: l1(model.weights),
    ),
    "l2": Penalty(
        "Weight of the penalty ΣW², >= 0.", lambda model, x, settings: l2(model.weights)
    ),
    "contraction": Penalty(
        "Weight of the contractive penalty, >= 0: the mean over rows of ‖∂code/∂x‖², which makes "
        "codes insensitive to small changes of the input. See `autoenc.graph.contractive`.",
        _contraction,
    ),
    "sparsity": Penalty(
        "Weight of the sparsity penalty, >= 0: the divergence of each unit's mean value from "
        "`sparsity_target`. See `autoenc.graph.kl_sparsity`.",
        _sparsity,
    ),
}


def penalties(settings: Mapping[str, Any], model: Penalised, x: Expression) -> list[Expression]:
    """Return the penalties whose weights are not 0, multiplied by their weights.

    Parameters
    ----------
    settings : mapping
        Weights of penalties by their names in `PENALTIES`, and other settings that penalties use.
    model : Penalised
        The model to penalise.
    x : expression, (rows, n_visible)
        Input of the model.

    Returns
    -------
    list of scalar expressions
    """
    return [
        in_floatx(settings[name]) * penalty.of(model, x, settings)
        for name, penalty in PENALTIES.items()
        if settings.get(name)
    ]


def _squared_jacobian(encode: Activation, x: Expression) -> Expression:
    """Compute Σ_ij (∂code_j/∂x_i)² of each row.

    Rows do not depend on each other. The gradient of the sum of a unit over rows therefore
    contains its gradient for each row.
    """
    z = x.type("z")
    code = _with_known_shapes(encode(z))
    unit = pt.vector("unit", dtype=code.dtype)
    gradient = pytensor.grad((code @ unit).sum(), z)
    jacobian = vectorize_graph(gradient, {unit: pt.eye(code.shape[1], dtype=code.dtype)})
    return clone_replace(pt.sqr(jacobian).sum(axis=(0, 2)), {z: x})


def _with_known_shapes(code: Expression) -> Expression:
    """Return the code with the shapes of its parameters as constants, which XLA needs."""
    shared = [v for v in graph_inputs([code]) if isinstance(v, TensorSharedVariable)]
    known = {v: pt.specify_shape(v, v.get_value(borrow=True).shape) for v in shared}
    return clone_replace(code, known, rebuild_strict=False)


def _total(terms: list[Expression]) -> Expression:
    if not terms:
        raise ValueError("params is empty; expected at least one parameter to penalise.")
    return functools.reduce(operator.add, terms)
