"""Names of operations, nodes and constants in text, as Theano printed them.

PyTensor prints ``Add.0``, ``Sum{axes=None}`` and ``Subtensor{i}`` where Theano printed
``Elemwise{add,no_inplace}.0``, ``Sum{acc_dtype=float64}`` and ``Subtensor{int64}``. Texts on
Theano show its names, and scripts look for them in compiled graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatch
from typing import Any

from pytensor.graph.basic import Apply, Constant, Variable, as_string
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.op import Op
from pytensor.scan.op import Scan
from pytensor.tensor import basic, math
from pytensor.tensor.blockwise import Blockwise
from pytensor.tensor.elemwise import CAReduce, DimShuffle, Elemwise
from pytensor.tensor.extra_ops import CumOp
from pytensor.tensor.math import All, Dot, Prod, Sum
from pytensor.tensor.math import Any as Any_
from pytensor.tensor.sort import SortOp
from pytensor.tensor.special import LogSoftmax, Softmax
from pytensor.tensor.subtensor import (
    AdvancedIncSubtensor,
    AdvancedSubtensor,
    IncSubtensor,
    Subtensor,
)
from pytensor.tensor.variable import TensorConstant

_LONGEST = 20
# Element-wise functions and operations on numbers, by PyTensor's names.
_FUNCTIONS = {
    "_conj": "conj", "abs": "abs_", "isinf_": "isinf", "isnan_": "isnan", "reciprocal": "inv",
    "sign": "sgn",
}  # fmt: skip
_SCALARS = {
    "Reciprocal": "Inv", "Sigmoid": "ScalarSigmoid", "Sign": "Sgn", "Softplus": "scalar_softplus",
    "reciprocal": "inv", "sigmoid": "scalar_sigmoid", "sign": "sgn",
}  # fmt: skip
# Functions that Theano named without "Elemwise", and those that it did not name.
_BARE = {"sigmoid", "softplus"}
_UNNAMED = ("identity", "tensor_copy", "_convert_to_")
# Types in which Theano adds up, and the types of integer products.
_ACCUMULATED = {
    "bool": "int64", "int8": "int64", "int16": "int64", "int32": "int64", "uint8": "uint64",
    "uint16": "uint64", "uint32": "uint64", "float16": "float32", "float32": "float64",
    "complex64": "complex128",
}  # fmt: skip

Inputs = Sequence[Variable]


def name_of_node(node: Apply) -> str:
    """Return the name of a node's operation, with the types of its indices."""
    return described(node.op, node.inputs)


def operation(variable: Variable) -> tuple[str, Apply, Inputs]:
    """Return the name of the operation that computes a variable, its node, and its inputs.

    A product with a vector, which PyTensor computes as a product of matrices, is one operation.
    """
    node = variable.owner
    product = _without_dropped(node)
    if product is not node and isinstance(product.op, Dot):
        sides = [_vector(side) for side in product.inputs]
        if variable.type.ndim == sum(side.type.ndim for side in sides) - 2:
            return name_of_node(product), node, sides
    return name_of_node(node), node, node.inputs


def _without_dropped(node: Apply) -> Apply:
    """Return the node whose result has the dimensions that are dropped."""
    while isinstance(node.op, DimShuffle) and node.op.drop and node.inputs[0].owner:
        node = node.inputs[0].owner
    return node


def _vector(side: Variable) -> Variable:
    """Return the vector that a matrix of one row or column was made from, or the matrix."""
    node = side.owner
    if node is not None and isinstance(node.op, DimShuffle) and node.op.is_expand_dims:
        vector: Variable = node.inputs[0]
        return vector if vector.type.ndim == 1 else side
    return side


@singledispatch
def described(op: Op, inputs: Inputs = ()) -> str:
    """Return the name of an operation.

    Parameters
    ----------
    op : Op
    inputs : sequence of Variable
        Inputs of the node, whose types Theano's names of indices and sums contain. Without
        inputs, indices are int64.
    """
    return str(op)


@described.register
def _elementwise(op: Elemwise, inputs: Inputs = ()) -> str:
    if op.name:
        return str(op.name)
    name, pattern = str(op.scalar_op), sorted(op.inplace_pattern.items())
    if pattern and name.islower():  # Theano made a new operation on numbers, without a name
        name = type(op.scalar_op).__name__
    return f"Elemwise{{{_SCALARS.get(name, name)}}}{pattern or ''}"


@described.register
def _shuffled(op: DimShuffle, inputs: Inputs = ()) -> str:
    return f"InplaceDimShuffle{{{','.join(map(str, op.new_order))}}}"


def _accumulated(op: CAReduce, inputs: Inputs) -> str:
    dtype = inputs[0].type.dtype if inputs else op.acc_dtype or "float64"
    return str(op.acc_dtype or _ACCUMULATED.get(dtype, dtype))


@described.register
def _sum(op: Sum, inputs: Inputs = ()) -> str:
    axis = "" if op.axis is None else f"axis={[*op.axis]}, "
    return f"Sum{{{axis}acc_dtype={_accumulated(op, inputs)}}}"


@described.register
def _product(op: Prod, inputs: Inputs = ()) -> str:
    dtype = _accumulated(op, inputs)
    return f"Prod{{axis={op.axis}, dtype={op.dtype or dtype!r}, acc_dtype={dtype!r}}}"


@described.register(All)
@described.register(Any_)
def _logical(op: Any, inputs: Inputs = ()) -> str:
    axis = "" if op.axis is None else f"{{{', '.join(map(str, op.axis))}}}"
    return f"{type(op).__name__}{axis}"


@described.register
def _dot(op: Dot, inputs: Inputs = ()) -> str:
    return "dot"


@described.register(Softmax)
@described.register(LogSoftmax)
def _softmax(op: Any, inputs: Inputs = ()) -> str:
    return type(op).__name__


@described.register
def _of_matrices(op: Blockwise, inputs: Inputs = ()) -> str:
    return described(op.core_op, inputs)


@described.register
def _cumulative(op: CumOp, inputs: Inputs = ()) -> str:
    return f"CumOp{{{op.axis}, {op.mode}}}"


@described.register
def _sorted(op: SortOp, inputs: Inputs = ()) -> str:
    return f"SortOp{{{op.kind}, None}}"


@described.register(basic.AllocDiag)
@described.register(basic.ExtractDiag)
def _diagonal(op: Any, inputs: Inputs = ()) -> str:
    view = f", view={op.view}" if hasattr(op, "view") else ""
    return f"{type(op).__name__}{{offset={op.offset}, axis1={op.axis1}, axis2={op.axis2}{view}}}"


@described.register
def _loop(op: Scan, inputs: Inputs = ()) -> str:
    kind = "do_while" if op.info.as_while else "for"
    changed, info = sorted(op.destroy_map), op.info
    if changed == [*range(info.n_mit_mot + info.n_mit_sot + info.n_sit_sot)] and changed:
        return f"{kind}all_inplace,cpu,{op.name}}}"
    inplace = f"inplace{{{','.join(map(str, changed))}}}," if changed else ""
    return f"{kind}{{{inplace}cpu,{op.name}}}"


def _part(op: Any, indices: Inputs) -> str:
    """Return the dtypes of indices at their places: ``int64:int64:, int32``."""
    dtypes = [getattr(index.type, "dtype", "int64") for index in indices]

    def dtype(number: Any) -> str:
        if number is None:
            return ""
        return dtypes[number] if number < len(dtypes) else "int64"

    def place(entry: Any) -> str:
        if isinstance(entry, slice):
            return f"{dtype(entry.start)}:{dtype(entry.stop)}:{dtype(entry.step)}"
        return dtype(entry)

    return ", ".join(map(place, op.idx_list))


@described.register
def _basic_part(op: Subtensor, inputs: Inputs = ()) -> str:
    return f"Subtensor{{{_part(op, inputs[1:])}}}"


@described.register
def _changed_part(op: IncSubtensor, inputs: Inputs = ()) -> str:
    kind = "Set" if op.set_instead_of_inc else "Inc"
    return f"IncSubtensor{{{'Inplace' * op.inplace}{kind};{_part(op, inputs[2:])}}}"


def _is_by_vector(op: Any, indices: Inputs) -> bool:
    """Return whether rows are indexed by one vector of integers."""
    return op.idx_list == (0,) and all(
        index.type.ndim == 1 and index.type.dtype != "bool" for index in indices
    )


@described.register
def _advanced_part(op: AdvancedSubtensor, inputs: Inputs = ()) -> str:
    indices = inputs[1:]
    if _is_by_vector(op, indices):
        return "AdvancedSubtensor1"
    masked = any(getattr(index.type, "dtype", "") == "bool" for index in indices)
    return "AdvancedBooleanSubtensor" if masked else "AdvancedSubtensor"


@described.register
def _changed_advanced_part(op: AdvancedIncSubtensor, inputs: Inputs = ()) -> str:
    if _is_by_vector(op, inputs[2:]):
        inplace, kind = "" if op.inplace else "no_", "set" if op.set_instead_of_inc else "inc"
        return f"AdvancedIncSubtensor1{{{inplace}inplace,{kind}}}"
    return (
        f"AdvancedIncSubtensor{{inplace={op.inplace},  "
        f"set_instead_of_inc={op.set_instead_of_inc}}}"
    )


def printed_constant(constant: Constant) -> str:
    """Return the name of a constant, or its shortened value: ``TensorConstant{(3,) of 1.0}``."""
    if constant.name:
        return str(constant.name)
    kind = "TensorConstant" if isinstance(constant, TensorConstant) else "Constant"
    return f"{kind}{{{_shortened(_value(constant.data))}}}"


def _value(data: Any) -> str:
    if getattr(data, "ndim", 0) and data.size and (data == data.flat[0]).all():
        return f"{data.shape} of {data.flat[0]}"
    return str(data)


def _shortened(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:10]}..{value[-10:]}"


_printed_variable = Variable.__str__


def _printed_result(variable: Variable) -> str:
    """Return the name of a variable, or of its node and the number of the output."""
    node = variable.owner
    if variable.name is not None or node is None:
        return str(_printed_variable(variable))
    is_default = variable.index == node.op.default_output
    name, _, _ = operation(variable)
    return f"{name}.{'out' if is_default else variable.index}"


def _printed_node(node: Apply) -> str:
    name, _, inputs = operation(node.outputs[0])
    return f"{name}({', '.join(map(str, inputs))})"


def _printed_graph(graph: FunctionGraph) -> str:
    def formatted(node: Apply, arguments: Sequence[str]) -> str:
        return f"{name_of_node(node)}({', '.join(arguments)})"

    outputs = as_string(graph.inputs, graph.outputs, node_formatter=formatted)
    return f"[{', '.join(outputs)}]"


def _name_functions() -> None:
    """Name the element-wise functions, which tells them from operations of gradients."""
    for module in (math, basic):
        for attribute, op in vars(module).items():
            if isinstance(op, Elemwise) and not (op.name or attribute.startswith(_UNNAMED)):
                name = _FUNCTIONS.get(attribute, attribute)
                op.name = name if name in _BARE else f"Elemwise{{{name},no_inplace}}"


def _method(kind: type[Op]) -> Callable[[Any], str]:
    described_as = described.dispatch(kind)
    return lambda op: described_as(op, ())


def extend() -> None:
    """Print operations, nodes and constants with Theano's names."""
    _name_functions()
    for kind in described.registry:
        if kind is not object and kind is not Op:
            kind.__str__ = _method(kind)
    Constant.__str__ = printed_constant
    Constant.__repr__ = printed_constant
    Variable.__str__ = _printed_result
    Apply.__str__ = _printed_node
    FunctionGraph.__repr__ = _printed_graph
