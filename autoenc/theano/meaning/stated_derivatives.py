"""Derivatives that scripts define in classes and instances of built-in operations.

Theano asked an operation for ``L_op``, which by default called ``grad``, and for ``R_op``.
PyTensor asks it for ``pullback`` and ``pushforward``, which its own operations define. Without
this module, a class such as ``GradClip(theano.compile.ViewOp)`` would silently have the gradient
of its base.
"""

from __future__ import annotations

from typing import Any

from pytensor.gradient import DisconnectedType
from pytensor.graph.op import Op as PyTensorOp

# Operations that define L_op in Theano 1.0.5, which therefore ignores `grad` of their subclasses.
_WITH_L_OP = {
    "Abs", "Add", "ArcCos", "ArcCosh", "ArcSin", "ArcSinh", "ArcTan", "ArcTan2", "ArcTanh",
    "Clip", "Cos", "Cosh", "Deg2Rad", "Exp", "Exp2", "Expm1", "FixedLogicalComparison", "Log",
    "Log10", "Log1p", "Log2", "LogicalComparison", "Maximum", "Minimum", "Mod", "Neg", "Pow",
    "Rad2Deg", "Reciprocal", "Sin", "Sinh", "Sqr", "Sqrt", "Sub", "Switch", "Tan", "Tanh",
    "Erf", "Erfc", "Erfcinv", "Erfcx", "Erfinv", "Gamma", "GammaLn", "Psi", "ARange",
    "Cholesky", "Elemwise", "MatrixPinv", "Pool", "Prod", "Solve", "Sum", "TopKOp",
}  # fmt: skip
_PACKAGES = ("pytensor", "autoenc")


class _Method:
    """A method of all operations that a script may also replace in one instance.

    Parameters
    ----------
    default : callable
        Method of operations for which a script defines none.
    asked : str
        Name of PyTensor's method.
    asks : callable
        PyTensor's method, which calls this one.
    """

    def __init__(self, default: Any, asked: str, asks: Any) -> None:
        self.default, self._asked, self._asks = default, asked, asks

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, op: Any, kind: type) -> Any:
        if op is None:
            return self.default
        return vars(op).get(self._name, self.default.__get__(op))

    def __set__(self, op: Any, method: Any) -> None:
        vars(op)[self._name] = method
        if self._name != "grad" or not _has_l_op(type(op)):
            vars(op)[self._asked] = self._asks.__get__(op)


def extend() -> None:
    """Let classes derived from PyTensor's operations, and instances, define derivatives."""
    PyTensorOp.pullback, PyTensorOp.pushforward = _pullback, _pushforward
    for name, default in (("grad", _grad), ("L_op", _l_op), ("R_op", _r_op)):
        method = _Method(default, *_ASKED[name])
        method.__set_name__(PyTensorOp, name)
        setattr(PyTensorOp, name, method)
    PyTensorOp.__init_subclass__ = classmethod(_init_subclass)
    # A script may also assign a method to a class.
    type.__setattr__(type(PyTensorOp), "__setattr__", _set_of_class)


def states_directional_derivatives(op: Any) -> bool:
    """Return whether a script defined ``R_op`` of an operation."""
    return "R_op" in vars(op) or type(op).R_op is not _r_op


def _init_subclass(cls: type, /, **more: Any) -> None:
    super(PyTensorOp, cls).__init_subclass__(**more)
    own = vars(cls)
    for name in ("grad", "L_op", "R_op"):
        if name in own and _ASKED[name][0] not in own:
            _ask(cls, name)


def _set_of_class(cls: Any, name: str, value: Any) -> None:
    type.__setattr__(cls, name, value)
    if name in _ASKED and issubclass(cls, PyTensorOp):
        _ask(cls, name)


def _ask(cls: Any, name: str) -> None:
    """Make PyTensor call the method that a class defines under Theano's name."""
    if name != "grad" or not _has_l_op(cls):
        type.__setattr__(cls, *_ASKED[name])


def _has_l_op(kind: type) -> bool:
    """Return whether a class is derived from an operation that defines L_op in Theano."""
    ours = (base for base in kind.__mro__ if base.__module__.split(".")[0] in _PACKAGES)
    return any(base.__name__ in _WITH_L_OP for base in ours)


def _pullback(op: Any, inputs: Any, outputs: Any, cotangents: Any) -> Any:
    """Return the gradients from ``L_op``."""
    return op.L_op(inputs, outputs, cotangents)


def _pushforward(op: Any, inputs: Any, outputs: Any, tangents: Any) -> Any:
    """Return the directional derivatives from ``R_op``."""
    points = [None if isinstance(t.type, DisconnectedType) else t for t in tangents]
    derivatives = op.R_op(inputs, points)
    return [DisconnectedType()() if d is None else d for d in derivatives]


def _l_op(op: Any, inputs: Any, outputs: Any, output_gradients: Any) -> Any:
    """Return the gradients from ``grad``, if a script defined it, or else from PyTensor."""
    if "grad" in vars(op) or type(op).grad is not _grad:
        return op.grad(inputs, output_gradients)
    return _of_pytensor(op, "pullback", "grad")(op, inputs, outputs, output_gradients)


def _grad(op: Any, inputs: Any, output_gradients: Any) -> Any:
    """Return the gradients from PyTensor."""
    outputs = op.make_node(*inputs).outputs
    return _of_pytensor(op, "pullback", "grad")(op, inputs, outputs, output_gradients)


def _r_op(op: Any, inputs: Any, eval_points: Any) -> Any:
    """Return the directional derivatives from PyTensor."""
    pushforward = _of_pytensor(op, "pushforward", "R_op")
    tangents = [DisconnectedType()() if point is None else point for point in eval_points]
    found = pushforward(op, inputs, op.make_node(*inputs).outputs, tangents)
    return [None if isinstance(d.type, DisconnectedType) else d for d in found]


_ASKED = {
    "grad": ("pullback", _pullback),
    "L_op": ("pullback", _pullback),
    "R_op": ("pushforward", _pushforward),
}


def _of_pytensor(op: Any, name: str, theanos: str) -> Any:
    """Return PyTensor's own method of an operation.

    Raises
    ------
    NotImplementedError
        If PyTensor defines none.
    """
    for kind in type(op).__mro__:
        method = vars(kind).get(name)
        if method not in (None, _pullback, _pushforward):
            return method
    raise NotImplementedError(f"{type(op).__name__} has no method {theanos}.")
