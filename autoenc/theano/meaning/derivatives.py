"""Derivatives, with Theano's names and arguments."""

from __future__ import annotations

from typing import Any

from pytensor import gradient
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.gradient import GradientError, pullback, pushforward
from pytensor.graph.basic import Constant, Variable
from pytensor.graph.traversal import applys_between, graph_inputs
from pytensor.tensor import as_tensor_variable
from pytensor.tensor.basic import tensor_copy
from pytensor.tensor.type import DenseTensorType, continuous_dtypes

from autoenc.backends.compile_lock import waiting_for_others
from autoenc.theano.meaning.debug_values import only_of_results
from autoenc.theano.meaning.graphs import ancestors
from autoenc.theano.meaning.stated_derivatives import states_directional_derivatives


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
        others = pytensor_mode, cast_to_output_type, no_debug_ref
        waiting_for_others(
            lambda: gradient.verify_grad(fun, pt, n_tests, rng, *tolerances, *others)
        )


# Old tests contain `except verify_grad.E_grad`.
vars(verify_grad)["E_grad"] = GradientError


def grad(
    cost: Any,
    wrt: Any,
    consider_constant: Any = None,
    disconnected_inputs: str = "raise",
    add_names: bool = True,
    known_grads: Any = None,
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
) -> Any:
    """Return the gradients of a scalar.

    Parameters
    ----------
    cost : scalar
    wrt : Variable or list of Variable
    consider_constant : list of Variable, optional
        Variables through which no gradient passes.
    disconnected_inputs : {"raise", "warn", "ignore"}
        What to do if `cost` does not depend on a variable of `wrt`.
    add_names : bool
        Whether the gradients of named variables have names: ``(dcost/dx)``.
    known_grads : dict, optional
        Gradients of `cost` with respect to intermediate variables.
    return_disconnected : {"zero", "None", "Disconnected"}
        What to return if `cost` does not depend on a variable.
    null_gradients : {"raise", "return"}
        What to do if a gradient is not defined.

    Raises
    ------
    TypeError
        If `wrt` contains anything but variables, or `cost` is not a scalar.
    """
    for given in wrt if isinstance(wrt, (list, tuple)) else [wrt]:
        if not isinstance(given, Variable):
            raise TypeError(f"Expected Variable, got {given} of type {type(given)}")
    return gradient.grad(
        cost,
        wrt,
        consider_constant,
        disconnected_inputs,
        add_names,
        known_grads,
        return_disconnected.lower(),
        null_gradients,
    )


@only_of_results
def jacobian(
    expression: Any,
    wrt: Any,
    consider_constant: Any = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Return the derivatives of each entry of a vector.

    Parameters
    ----------
    expression : vector or scalar
    wrt : Variable or list of Variable
    consider_constant : list of Variable, optional
        Variables through which no gradient passes.
    disconnected_inputs : {"raise", "warn", "ignore"}
        What to do if `expression` does not depend on a variable of `wrt`.
    """
    if expression in (wrt if isinstance(wrt, (list, tuple)) else [wrt]):
        # `flatten` of a vector is the vector itself, which the loop of PyTensor would not use.
        expression = tensor_copy(expression)
    return gradient.jacobian(
        expression,
        wrt,
        consider_constant=consider_constant,
        disconnected_inputs=disconnected_inputs,
    )


# The loops of both compute gradients of placeholders.
hessian = only_of_results(gradient.hessian)


def Rop(  # noqa: N802 - Theano's name
    f: Any,
    wrt: Any,
    eval_points: Any,
    disconnected_outputs: str = "raise",
    return_disconnected: str = "zero",
) -> Any:
    """Return the directional derivative of `f`: its Jacobian times `eval_points`.

    Parameters
    ----------
    f, wrt, eval_points : Variable or list of Variable
    disconnected_outputs : {"raise", "warn", "ignore"}
        What to do if `f` is an input other than `wrt`, or has no derivative. The derivative of
        other expressions that do not depend on `wrt` is zero.
    return_disconnected : {"zero", "None", "Disconnected"}
        What to return in this case.

    Raises
    ------
    DisconnectedInputError
        If `f` is such a variable.
    """
    many = isinstance(f, (list, tuple))
    ends = [as_tensor_variable(end) for end in (f if many else [f])]
    policy = disconnected_outputs, return_disconnected.lower()
    starts = wrt if isinstance(wrt, (list, tuple)) else [wrt]
    points = eval_points if isinstance(eval_points, (list, tuple)) else [eval_points]
    # The derivative of a float that depends on the shapes of `wrt` alone is zero.
    floats = [end for end in ends if end.owner and end.dtype in continuous_dtypes]
    others = [end for end in ends if end not in floats]
    found = {
        **_derivatives(floats, starts, points, ("ignore", policy[1])),
        **_derivatives(others, starts, points, policy),
    }
    derivatives = [found[end] for end in ends]
    return type(f)(derivatives) if many else derivatives[0]


def _used(ends: Any, starts: Any, points: Any) -> tuple[list[Any], list[Any]]:
    """Return the variables on which the ends depend, and their directions."""
    before = set(ancestors(ends))
    pairs = [pair for pair in zip(starts, points, strict=True) if pair[0] in before]
    return [start for start, _ in pairs], [point for _, point in pairs]


def _derivatives(ends: Any, starts: Any, points: Any, policy: Any) -> dict[Any, Any]:
    """Return the derivatives of some ends."""
    if not ends:
        return {}
    used, directions = _used(ends, starts, points)
    if used:
        starts, points = used, directions
    elif policy[0] == "ignore":
        return {end: end.zeros_like() for end in ends}
    found = _own_derivatives(ends, starts, points) or pushforward(ends, starts, points, *policy)
    return {
        end: _with_inputs(derivative, end) for end, derivative in zip(ends, found, strict=True)
    }


def _own_derivatives(ends: Any, starts: Any, points: Any) -> Any:
    """Return the derivatives that operations state, if a script defined any of them."""
    operations = [node.op for node in applys_between(starts, ends)]
    if not any(_has_own_derivative(op) for op in operations):
        return None
    try:
        return pushforward(ends, starts, points, use_op_pushforward=True)
    except NotImplementedError:
        # Few operations of PyTensor state their directional derivatives.
        return None


def _has_own_derivative(op: Any) -> bool:
    """Return whether a script defined the directional derivatives of an operation."""
    if getattr(op, "pushforward_overrides", None) is not None:
        return True
    return states_directional_derivatives(op)


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
