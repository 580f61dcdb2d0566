"""Activation functions.

>>> import pytensor.tensor as pt
>>> resolve_activation("tanh")(pt.constant(0.0)).eval().item()
0.0
"""

from dataclasses import dataclass

import pytensor.tensor as pt

from autoenc.graph.types import Activation, Expression


def linear(a: Expression) -> Expression:
    """Return the pre-activation unchanged.

    Parameters
    ----------
    a : expression
        Pre-activation.

    Returns
    -------
    expression
        `a` itself.
    """
    return a


def relu(a: Expression) -> Expression:
    """Compute the rectified linear unit, max(a, 0).

    Parameters
    ----------
    a : expression
        Pre-activation.

    Returns
    -------
    expression
        Expression of the same shape and dtype. Its slope at 0 is defined as 0.
    """
    # With this comparison, NaN stays NaN.
    return pt.switch(a <= 0, pt.zeros_like(a), a)


@dataclass(frozen=True, eq=False)
class Clipped:
    """Linear function, clipped to limits: min(max(a, lower), upper).

    Its slope outside the limits is 0.

    Parameters
    ----------
    lower, upper : expression or array, broadcastable against the pre-activation
        Limits; infinite for no limit.

    Examples
    --------
    >>> Clipped(0.0, 1.0)(pt.constant([-2.0, 0.5, 3.0])).eval()
    array([0. , 0.5, 1. ])
    """

    lower: Expression
    upper: Expression

    def __call__(self, a: Expression) -> Expression:
        """Return the nearest value between the limits.

        Parameters
        ----------
        a : expression
            Pre-activation.

        Returns
        -------
        expression
            Expression of the same shape and dtype.
        """
        return pt.clip(a, self.lower, self.upper)


ACTIVATIONS: dict[str, Activation] = {
    "linear": linear,
    "relu": relu,
    "sigmoid": pt.sigmoid,
    "softplus": pt.softplus,
    "tanh": pt.tanh,
}


def resolve_activation(activation: str | Activation, name: str = "activation") -> Activation:
    """Return the activation function with this name.

    Parameters
    ----------
    activation : str or callable
        ``"linear"``, ``"relu"``, ``"sigmoid"``, ``"softplus"``, ``"tanh"``, or any
        function from symbolic expression to symbolic expression.
    name : str
        Name of the argument for messages.

    Returns
    -------
    callable
        The function; `activation` itself if it is callable.

    Raises
    ------
    ValueError
        If the name is not known.
    TypeError
        If `activation` is neither a name nor callable.
    """
    if callable(activation):
        return activation
    if not isinstance(activation, str):
        raise TypeError(
            f"{name} is {activation!r}; expected a name or a function "
            "from symbolic expression to symbolic expression."
        )
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"{name} {activation!r} is not known; expected one of "
            f"{', '.join(sorted(ACTIVATIONS))}, or a function on symbolic expressions."
        )
    return ACTIVATIONS[activation]
