"""Derivatives, with Theano's names and arguments."""

from __future__ import annotations

from typing import Any

from pytensor import gradient
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.gradient import GradientError, pullback, pushforward
from pytensor.graph.basic import Constant
from pytensor.graph.traversal import applys_between, graph_inputs
from pytensor.tensor.type import DenseTensorType


def verify_grad(
    fun: Any,
    pt: Any,
    n_tests: int = 2,
    rng: Any = None,
    eps: float | None = None,
    out_type: str | None = None,
    abs_tol: float | None = None,
    rel_tol: float | None = None,
    mode: Any = None,
    cast_to_output_type: bool = False,
    no_debug_ref: bool = True,
) -> None:
    """Check gradients against finite differences.

    Parameters
    ----------
    fun : callable
        Function from variables to a variable.
    pt : list of array
        Values at which the gradient is checked.
    n_tests : int
        Number of random projections of the output.
    rng : numpy.random.RandomState
    eps : float, optional
        Step size of the differences.
    out_type : str, optional
        Dtype of the output.
    abs_tol, rel_tol : float, optional
        Tolerances; the default depends on the dtypes.
    mode : str or Mode, optional
        Compilation mode.

    Raises
    ------
    GradientError
        If the gradients differ.
    """
    from autoenc.theano.engines import compiling

    tolerances = eps, out_type, abs_tol, rel_tol
    with compiling(mode) as pytensor_mode:
        gradient.verify_grad(
            fun, pt, n_tests, rng, *tolerances, pytensor_mode, cast_to_output_type, no_debug_ref
        )


# Old tests contain `except verify_grad.E_grad`.
vars(verify_grad)["E_grad"] = GradientError


def Rop(  # noqa: N802 - Theano's name
    f: Any, wrt: Any, eval_points: Any, disconnected_outputs: str = "raise"
) -> Any:
    """Return the directional derivative of `f`: its Jacobian times `eval_points`."""
    derivative = pushforward(
        f,
        wrt,
        eval_points,
        disconnected_outputs=disconnected_outputs,
        use_op_pushforward=_is_overridden(f, wrt),
    )
    if isinstance(f, (list, tuple)):
        return type(f)(_with_inputs(*pair) for pair in zip(derivative, f, strict=True))
    return _with_inputs(derivative, f)


def _with_inputs(derivative: Any, of: Any) -> Any:
    """Return a derivative that depends on all inputs of `of`.

    The derivative of a linear function does not depend on them. Theano could compile it as a
    function of these inputs nevertheless.
    """
    missing = set(graph_inputs([of])) - set(graph_inputs([derivative]))
    for variable in missing:
        known = isinstance(variable, (Constant, SharedVariable))
        if not known and isinstance(variable.type, DenseTensorType):
            nothing = variable.zeros_like().sum()
            derivative = derivative + nothing.astype(derivative.type.dtype)
    return derivative


def _is_overridden(f: Any, wrt: Any) -> bool:
    """Return whether a script defined directional derivatives of an operation in between."""
    ends = f if isinstance(f, (list, tuple)) else [f]
    starts = wrt if isinstance(wrt, (list, tuple)) else [wrt]
    operations = (node.op for node in applys_between(starts, ends))
    return any(getattr(op, "pushforward_overrides", None) is not None for op in operations)


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
