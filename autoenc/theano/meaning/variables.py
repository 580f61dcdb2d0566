"""Methods of Theano's variables that PyTensor's variables lack or define differently.

The methods are set on PyTensor's classes, because Theano's variables are instances of them.
Calls without Theano's arguments behave as before, except those of scripts with indices that
contain None (`new_axes`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import pytensor.tensor as pt
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable
from pytensor.graph.type import Type
from pytensor.tensor.variable import TensorVariable, _tensor_py_operators

from autoenc.graph.types import Expression
from autoenc.theano.meaning import arithmetic, constants, division, extremes, new_axes, shapes
from autoenc.theano.meaning.broadcasting import without_lengths

# Marks comparisons. `a < b < c` evaluates bool(a < b), which must raise an error.
_NOT_TRUE = "_compares"


def _truth(variable: Any) -> bool:
    if getattr(variable, _NOT_TRUE, False):
        raise TypeError("Variables do not support boolean operations.")
    return True


def _compared(operator: Callable[[Any, Any], Expression]) -> Callable[[Any, Any], Expression]:
    def compare(left: Any, right: Any) -> Expression:
        result = operator(left, right)
        setattr(result, _NOT_TRUE, True)
        return result

    return compare


def _reshape(
    variable: Any, *lengths: Any, shape: Any = None, ndim: int | None = None
) -> Expression:
    if shape is not None:
        return shapes.reshape(variable, shape, ndim)
    if len(lengths) == 2 and ndim is None and _is_sequence(lengths[0]):
        return shapes.reshape(variable, lengths[0], lengths[1])
    return shapes.reshape(variable, lengths[0] if len(lengths) == 1 else list(lengths), ndim)


_dimshuffle = _tensor_py_operators.dimshuffle


def _with_dimensions(variable: Any, *pattern: Any) -> Expression:
    """Reorder the dimensions of a variable by integers and ``"x"``, or by an iterable of them.

    Python 2 had ranges and mapped values as lists.
    """
    if len(pattern) == 1 and isinstance(pattern[0], Iterable) and not isinstance(pattern[0], str):
        pattern = tuple(pattern[0])
    return _dimshuffle(variable, *pattern)


def _is_sequence(shape: Any) -> bool:
    return isinstance(shape, (list, tuple)) or getattr(shape, "ndim", 0) == 1


def _eval(variable: Any, inputs_to_values: dict[Any, Any] | None = None, **_: Any) -> Any:
    """Return the value of the variable, given values of variables that it depends on."""
    from autoenc.theano.functions import function

    values = inputs_to_values or {}
    cache = vars(variable).setdefault("_functions_of_eval", {})
    inputs = tuple(sorted(values, key=id))
    if inputs not in cache:
        cache[inputs] = function(list(inputs), variable, on_unused_input="ignore")
    return cache[inputs](*(values[key] for key in inputs))


def _default_update(variable: Any) -> Any:
    return variable._default_update


def _set_default_update(variable: Any, update: Any) -> None:
    """Set the default update of a shared variable, without static lengths other than 1."""
    if update is not None:
        update = variable.type.filter_variable(update, allow_convert=True)
        if hasattr(update.type, "broadcastable"):
            update = without_lengths(update)
    variable._default_update = update


def _delete_default_update(variable: Any) -> None:
    variable._default_update = None


_METHODS: dict[str, Any] = {
    "__bool__": _truth,
    "__getitem__": new_axes.part,
    "__nonzero__": _truth,
    "__lt__": _compared(pt.lt),
    "__le__": _compared(pt.le),
    "__gt__": _compared(pt.gt),
    "__ge__": _compared(pt.ge),
    "__div__": division.div_proxy,
    "__rdiv__": lambda right, left: division.div_proxy(left, right),
    "max": extremes.max,
    "min": extremes.min,
    "argmax": extremes.argmax,
    "argmin": extremes.argmin,
    "argsort": arithmetic.argsort,
    "dimshuffle": _with_dimensions,
    "flatten": shapes.flatten,
    "reshape": _reshape,
    "get_scalar_constant_value": constants.get_scalar_constant_value,
}


def _except_sparse(operator: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return an operator that leaves a sparse operand on the right to its own operator.

    Python does so for variables, from which sparse variables are derived, but not for constants
    and shared variables.
    """

    @functools.wraps(operator)
    def operate(left: Any, right: Any) -> Any:
        is_sparse = hasattr(getattr(right, "type", None), "format")
        return NotImplemented if is_sparse else operator(left, right)

    return operate


_METHODS |= {
    name: _except_sparse(getattr(_tensor_py_operators, name))
    for name in ("__add__", "__sub__", "__mul__")
}


def _with_leading_name(own: Callable[..., None]) -> Callable[..., None]:
    """Return a constructor that also takes Theano's arguments, of which the first is the name."""

    @functools.wraps(own)
    def init(variable: SharedVariable, *arguments: Any, **named: Any) -> None:
        if arguments and not isinstance(arguments[0], Type):
            named["name"], arguments = arguments[0], arguments[1:]
        own(variable, *arguments, **named)

    return init


def extend() -> None:
    """Add Theano's methods to variables; later calls change nothing."""
    for name, method in _METHODS.items():
        setattr(_tensor_py_operators, name, method)
    Variable.eval = _eval
    SharedVariable.default_update = property(
        _default_update, _set_default_update, _delete_default_update
    )
    # Variables in pickles of Theano have no such attribute.
    SharedVariable._default_update = None
    SharedVariable.__init__ = _with_leading_name(SharedVariable.__init__)
    for kind in (Variable, TensorVariable):
        # In Theano, the owner was optional: Variable(type), TensorVariable(type).
        kind.__init__.__defaults__ = (None, None, None)
