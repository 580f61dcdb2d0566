"""Update rules.

Every rule has the signature ``rule(cost_or_gradients, params, learning_rate, ...)`` and returns
updates for `pytensor.function` or `autoenc.training.train`.

>>> import numpy as np, pytensor
>>> p = pytensor.shared(np.float32(3.0), name="p")
>>> step = pytensor.function([], p**2, updates=sgd(p**2, [p], learning_rate=0.1))
>>> for _ in range(50): _ = step()
>>> float(p.get_value().round(3))
0.0
"""

from autoenc.graph.types import UpdateRule
from autoenc.graph.updates.adaptive import adadelta, adagrad, adam, rmsprop
from autoenc.graph.updates.gradient_descent import momentum, nesterov, sgd
from autoenc.graph.updates.schedules import (
    exponential_decay,
    inverse_time_decay,
    linear_decay,
    linear_warmup,
    step_decay,
)
from autoenc.graph.updates.shared_rules import scaled_rate, step_counter

__all__ = [
    "OPTIMIZERS",
    "adadelta",
    "adagrad",
    "adam",
    "exponential_decay",
    "inverse_time_decay",
    "linear_decay",
    "linear_warmup",
    "momentum",
    "nesterov",
    "resolve_optimizer",
    "rmsprop",
    "scaled_rate",
    "sgd",
    "step_counter",
    "step_decay",
]

OPTIMIZERS: dict[str, UpdateRule] = {
    "adadelta": adadelta,
    "adagrad": adagrad,
    "adam": adam,
    "momentum": momentum,
    "nesterov": nesterov,
    "rmsprop": rmsprop,
    "sgd": sgd,
}


def resolve_optimizer(optimizer: str | UpdateRule) -> UpdateRule:
    """Return the update rule with this name.

    Parameters
    ----------
    optimizer : str or callable
        ``"adadelta"``, ``"adagrad"``, ``"adam"``, ``"momentum"``, ``"nesterov"``,
        ``"rmsprop"``, ``"sgd"``, or any function
        ``rule(cost_or_gradients, params, learning_rate)`` that returns updates, such as
        ``functools.partial(momentum, momentum=0.5)``.

    Returns
    -------
    callable
        The rule; `optimizer` itself if it is callable.

    Raises
    ------
    ValueError
        If the name is not known.
    TypeError
        If `optimizer` is neither a name nor callable.
    """
    if callable(optimizer):
        return optimizer
    if not isinstance(optimizer, str):
        raise TypeError(
            f"optimizer is {optimizer!r}; expected a name or a function "
            "of a cost, parameters and a learning rate."
        )
    if optimizer not in OPTIMIZERS:
        raise ValueError(
            f"optimizer {optimizer!r} is not known; expected one of "
            f"{', '.join(sorted(OPTIMIZERS))}, or a function of a cost, parameters and a "
            "learning rate."
        )
    return OPTIMIZERS[optimizer]
