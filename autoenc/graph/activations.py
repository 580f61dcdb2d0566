"""Activation functions, by name or as any callable on expressions.

>>> import pytensor.tensor as pt
>>> resolve_activation("tanh")(pt.constant(0.0)).eval().item()
0.0
"""

import pytensor.tensor as pt

from autoenc.graph.types import Activation, Expression


def linear(a: Expression) -> Expression:
    """Return `a` itself: a unit that does nothing but sum."""
    return a


def relu(a: Expression) -> Expression:
    """Rectified linear unit, max(a, 0); its slope at 0 is taken as 0."""
    # Asked this way round, NaN stays NaN.
    return pt.switch(a <= 0, pt.zeros_like(a), a)


ACTIVATIONS: dict[str, Activation] = {
    "linear": linear,
    "relu": relu,
    "sigmoid": pt.sigmoid,
    "softplus": pt.softplus,
    "tanh": pt.tanh,
}


def resolve_activation(activation: str | Activation) -> Activation:
    """Find the activation function that a name stands for.

    Parameters
    ----------
    activation : str or callable
        One of ``linear``, ``relu``, ``sigmoid``, ``softplus``, ``tanh``, or any
        function from symbolic expression to symbolic expression.

    Raises
    ------
    ValueError
        If the name is not known.
    TypeError
        If it is neither a name nor callable.
    """
    if callable(activation):
        return activation
    if not isinstance(activation, str):
        raise TypeError(
            f"activation is {activation!r}; expected a name or a function "
            "from symbolic expression to symbolic expression."
        )
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"activation {activation!r} is not known; expected one of "
            f"{', '.join(sorted(ACTIVATIONS))}, or a function on symbolic expressions."
        )
    return ACTIVATIONS[activation]
