"""Derivatives, with Theano's names and arguments."""

from __future__ import annotations

from typing import Any

from pytensor.gradient import pullback, pushforward


def Rop(  # noqa: N802 - Theano's name
    f: Any, wrt: Any, eval_points: Any, disconnected_outputs: str = "raise"
) -> Any:
    """Return the derivative of `f` in a direction: its Jacobian times `eval_points`."""
    return pushforward(f, wrt, eval_points, disconnected_outputs=disconnected_outputs)


def Lop(  # noqa: N802 - Theano's name
    f: Any,
    wrt: Any,
    eval_points: Any,
    consider_constant: Any = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Return `eval_points` times the Jacobian of `f`."""
    return pullback(
        f,
        wrt,
        eval_points,
        consider_constant=consider_constant,
        disconnected_inputs=disconnected_inputs,
    )
