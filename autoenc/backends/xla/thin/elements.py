"""Write an elementwise expression as C, one element at a time.

PyTensor's scalar operations provide their C code. The kernel can therefore compute any operations
that a caller has written between two products, also after rewrites.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pytensor.graph.basic import Constant
from pytensor.raise_op import CheckAndRaise
from pytensor.scalar.basic import get_scalar_type
from pytensor.tensor.basic import ScalarFromTensor, TensorFromScalar
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.shape import Shape_i, SpecifyShape

from autoenc.graph.types import Expression

Leaves = Mapping[Any, str]

C_TYPES = {
    "bool": "bool",
    "float32": "float",
    "int8": "signed char",
    "int16": "short",
    "int32": "int",
    "int64": "long long",
    "uint8": "unsigned char",
    "uint16": "unsigned short",
    "uint32": "unsigned int",
    "uint64": "unsigned long long",
}


class NotThinError(Exception):
    """Error if the kernel cannot train the step; the message gives the reason."""


class Scalars:
    """Scalars of a step that are the same for all elements, each computed once per minibatch.

    Parameters
    ----------
    leaves : dict
        C code of the scalars that the step is given, by variable.
    shapes : dict
        Shapes of the inputs, by variable.
    """

    def __init__(self, leaves: Leaves, shapes: Mapping[Any, tuple[int, ...]]) -> None:
        self.leaves = leaves
        self.shapes = shapes
        self.derived: dict[Any, str] = {}
        self._lines = Lines(self, leaves, prefix="c.")

    def of(self, variable: Expression) -> str:
        """Return C code of a scalar that follows from the given ones."""
        if variable in self.leaves:
            return self.leaves[variable]
        if variable not in self.derived:
            value = self._lines.element(variable)
            self.derived[variable] = f"c.d{len(self.derived)}"
            self._lines.text.append(f"{self.derived[variable]} = {value};")
        return self.derived[variable]

    def depends_on_these_only(self, variable: Expression) -> bool:
        """Return whether a variable is one number that follows from given scalars and shapes."""
        if variable in self.leaves:
            return True
        if isinstance(variable, Constant):
            return bool(variable.data.size == 1)
        if variable.owner is None or not is_one_number(variable):
            return False
        if isinstance(variable.owner.op, Shape_i):
            return variable.owner.inputs[0] in self.shapes
        return all(map(self.depends_on_these_only, variable.owner.inputs))

    @property
    def declarations(self) -> list[str]:
        """Return fields of a struct for the scalars that were requested."""
        return [
            f"{c_type(variable)} {name.removeprefix('c.')};"
            for variable, name in self.derived.items()
        ]

    @property
    def text(self) -> str:
        """Return C code that computes the scalars that were requested."""
        return "\n  ".join(self._lines.text)


class Lines:
    """Lines of C that compute elements of expressions over the same leaves.

    Parameters
    ----------
    scalars : Scalars
        Values that are the same for all elements.
    leaves : dict
        C code of the elements that the expressions start from, by variable.
    """

    def __init__(self, scalars: Scalars, leaves: Leaves, prefix: str = "") -> None:
        self._scalars = scalars
        self._leaves = leaves
        self._is_scalar = bool(prefix)
        self._done: dict[Any, str] = {}
        self.text: list[str] = []

    def element(self, variable: Expression) -> str:
        """Return C code of an element of a variable, and add the lines that compute it.

        Raises
        ------
        NotThinError
            If the variable is not elementwise in the leaves.
        """
        if variable in self._leaves:
            return self._leaves[variable]
        if variable not in self._done:
            self._done[variable] = self._new(variable)
        return self._done[variable]

    def _new(self, variable: Expression) -> str:
        if isinstance(variable, Constant):
            return literal(variable)
        if variable.owner is None:
            raise NotThinError(f"{variable} is used where the kernel does not provide it")
        if not self._is_scalar and self._scalars.depends_on_these_only(variable):
            return self._scalars.of(variable)
        node = variable.owner
        match node.op:
            case Shape_i(i=axis):
                return str(self._scalars.shapes[node.inputs[0]][axis])
            case CheckAndRaise() | SpecifyShape() | ScalarFromTensor() | TensorFromScalar():
                return self.element(node.inputs[0])
            case DimShuffle():
                check_keeps_columns(node)
                return self.element(node.inputs[0])
            case Elemwise():
                return self._operation(node, variable)
        raise NotThinError(f"{node.op} is not elementwise")

    def _operation(self, node: Any, variable: Expression) -> str:
        operation = node.op.scalar_op
        scalar = operation.make_node(*(get_scalar_type(v.dtype)() for v in node.inputs))
        if operation.c_support_code() if hasattr(operation, "c_support_code") else False:
            raise NotThinError(f"{operation} needs more than an expression of C")
        inputs = [self.element(v) for v in node.inputs]
        results = [f"t{len(self.text)}_{i}" for i in range(len(node.outputs))]
        try:
            code = operation.c_code(scalar, results[0], inputs, results, {"fail": ""})
        except NotImplementedError as error:
            raise NotThinError(f"{operation} has no C code") from error
        pairs = list(zip(node.outputs, results, strict=True))
        declarations = " ".join(f"{c_type(output)} {result};" for output, result in pairs)
        self.text.append(f"{declarations} {{ {code} }}")
        self._done |= dict(pairs)
        return self._done[variable]


def is_one_number(variable: Expression) -> bool:
    """Return whether a variable has one element, regardless of the sizes of the inputs."""
    return all(getattr(variable.type, "broadcastable", ()))


def check_keeps_columns(node: Any) -> None:
    """Check that a change of axes leaves every element in its column.

    Raises
    ------
    NotThinError
        If an element changes its column.
    """
    source = node.inputs[0].type.broadcastable
    kept = [axis for axis in node.op.new_order if axis != "x" and not source[axis]]
    places = [i for i, axis in enumerate(node.op.new_order) if axis in kept]
    from_the_end = [len(node.op.new_order) - i for i in places]
    if from_the_end != [len(source) - axis for axis in kept]:
        raise NotThinError("axes are exchanged")


def c_type(variable: Expression) -> str:
    """Return C's name for the dtype of a variable."""
    if variable.dtype not in C_TYPES:
        raise NotThinError(f"{variable} is of dtype {variable.dtype}")
    return C_TYPES[variable.dtype]


def literal(constant: Any) -> str:
    """Return C code of a constant with one element."""
    if constant.data.size != 1:
        raise NotThinError("a constant array")
    value = constant.data.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if not np.isfinite(value):
        raise NotThinError(f"the constant {value}")
    return f"(({c_type(constant)}){value!r})"
