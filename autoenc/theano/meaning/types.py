"""Types with Theano's names: ``TensorType(float32, matrix)``."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from pytensor.graph.type import Type
from pytensor.link.c.params_type import ParamsType
from pytensor.link.c.type import CType
from pytensor.scalar.basic import ScalarType, _scalar_py_operators
from pytensor.tensor.type import TensorType, continuous_dtypes
from pytensor.tensor.variable import _tensor_py_operators

_NAMES = {
    (): "scalar",
    (False,): "vector",
    (False, True): "col",
    (True, False): "row",
    (False, False): "matrix",
}


def printed(tensor_type: TensorType) -> str:
    """Return the name of a type, or its dtype and broadcastable dimensions."""
    if tensor_type.name:
        return str(tensor_type.name)
    flags = tuple(tensor_type.broadcastable)
    pattern = _NAMES.get(flags) or (str(flags) if any(flags) else f"{len(flags)}D")
    return f"TensorType({tensor_type.dtype}, {pattern})"


def is_valid_value(tensor_type: TensorType, data: Any, strict: bool = True) -> bool:
    """Return whether a value is of a type; in ``DebugMode``, numbers must be finite."""
    if not Type.is_valid_value(tensor_type, data, strict=strict):
        return False
    must_be_finite = tensor_type.filter_checks_isfinite and tensor_type.dtype in continuous_dtypes
    return not must_be_finite or bool(np.isfinite(data).all())


def value_zeros(tensor_type: TensorType, shape: Any) -> Any:
    """Return an array of zeros of a type."""
    return np.zeros(shape, tensor_type.dtype)


def numpy_dtype(typed: Any) -> np.dtype[Any]:
    """Return the dtype of a type or variable, so that it can be the argument `dtype` itself.

    In ``np.zeros(3, dtype=x)`` and ``T.zeros_like(y, dtype=x)``, NumPy read the text in
    ``x.dtype``. Since release 2.4, it asks for ``__numpy_dtype__`` instead.
    """
    dtype: np.dtype[Any] = np.dtype(typed.dtype)
    return dtype


_pytensors_name = TensorType.__str__


def name_of_struct(parameters: ParamsType) -> str:
    """Return PyTensor's name of the C struct for the parameters of an operation.

    It contains the names of types. The name must not change if this package is imported during a
    compilation, as happens if a folder of compiled modules contains operations of this package.
    """
    fields = ",".join(parameters.fields)
    types = ",".join(
        _pytensors_name(kind) if isinstance(kind, TensorType) else str(kind)
        for kind in parameters.types
    )
    hashes = (hashlib.sha256(text.encode()).hexdigest() for text in (fields, types))
    return "_".join(["_Params", *hashes])


def _init_subclass(cls: Any, /, **more: Any) -> None:
    super(Type, cls).__init_subclass__(**more)
    for name, pytensors in (("Variable", "variable_type"), ("Constant", "constant_type")):
        if name in vars(cls):
            setattr(cls, pytensors, vars(cls)[name])


def extend() -> None:
    """Give types Theano's text and methods, and allow types that have no methods yet.

    Types of scripts state the classes of their variables as ``Variable`` and ``Constant``.
    """
    Type.__init_subclass__ = classmethod(_init_subclass)
    for kind in (Type, CType):
        # From Theano's documentation: double = theano.Type(); double.filter = filter.
        kind.__abstractmethods__ = frozenset()
    TensorType.__str__ = printed
    TensorType.__repr__ = printed
    TensorType.is_valid_value = is_valid_value
    TensorType.value_zeros = value_zeros
    for typed in (TensorType, ScalarType, _tensor_py_operators, _scalar_py_operators):
        typed.__numpy_dtype__ = property(numpy_dtype)
    ParamsType.generate_struct_name = name_of_struct
