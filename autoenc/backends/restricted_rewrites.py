"""Restrict rewrites of PyTensor to the graphs for which they are correct.

Some reorder sums and products as if integers had no limits. For example, ``0 - x`` of ``uint8``
has the type ``int16``, but was rewritten to ``-x``, which wraps around at 256; and ``x ** 2`` was
rewritten to the square in ``uint8``. Others lose the floor of ``x // 1``, or the shape of a sum:
``2 + set_subtensor(zeros_like(x)[0], 3)`` was rewritten to an assignment to a single 2. One never
ends for integers. One computes a sum in a way that is right only in C, which has no ``float16``.
One computes ``log(x / 3)`` of ``float64`` with a logarithm of 3 in ``float32``, another
``log(1 + x)`` of ``float64`` by ``log1p(x)`` in ``float32`` if x has that type. Those that lose
errors are in `lost_errors`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from pytensor.graph.rewriting.basic import node_rewriter
from pytensor.scalar import upcast
from pytensor.tensor import subtensor as subtensor_operations
from pytensor.tensor.basic import cast, switch
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.math import erf, erfc, exp, int_div, neg, sigmoid, softplus, true_div
from pytensor.tensor.rewriting import (
    basic,
    elemwise,
    math,
    shape,
    subtensor,
    subtensor_lift,
)
from pytensor.tensor.rewriting.basic import register_canonicalize
from pytensor.tensor.subtensor import AdvancedIncSubtensor, IncSubtensor
from pytensor.tensor.type import discrete_dtypes, float_dtypes

from autoenc.backends import lost_errors

Rewrite: TypeAlias = Callable[[Any, Any], Any]
Parts: TypeAlias = tuple[list[Any], list[Any]]
"""Operands that are added or multiplied, and those that are subtracted or divided by."""

_in_the_shape_of_the_result = basic.broadcast_like_elemwise
_flattened = math.AlgebraicCanonizer.get_num_denum
_simplified = math.AlgebraicCanonizer.simplify


def restrict_rewrites() -> None:
    """Restrict the rewrites, for all graphs; later calls have no effect."""
    math.AlgebraicCanonizer.get_num_denum = _flattened_within_a_type
    math.AlgebraicCanonizer.simplify = _simplified_in_the_type_of_the_result
    for rewrite, (transform, applies) in _TRANSFORMS.items():
        rewrite.fn = _restricted(transform, applies)
    math.broadcast_like_elemwise = _computed_in_the_type_of_the_result
    basic.local_second_to_alloc.fn = lost_errors.filled_in_the_shape_of_the_first
    shape.local_useless_reshape.fn = lost_errors.reshaped_as_before
    register_canonicalize(functions_of_floats, overwrite_existing=True)


def _restricted(transform: Rewrite, applies: Callable[[Any], bool]) -> Rewrite:
    def rewrite(graph: Any, node: Any) -> Any:
        return transform(graph, node) if applies(node) else None

    return rewrite


def _is_discrete(variable: Any) -> bool:
    return variable.type.dtype in discrete_dtypes


def _is_of_other_integers(variable: Any, result: Any) -> bool:
    return _is_discrete(variable) and variable.type.dtype != result.type.dtype


def _is_not_floored(node: Any) -> bool:
    """Return whether x / 1, or x // 1, is x."""
    return node.op != int_div or _is_discrete(node.inputs[0])


def _has_minus_one(node: Any) -> bool:
    """Return whether -x can be rewritten to -1 times x."""
    return not node.inputs[0].type.dtype.startswith("uint")


def _is_power_in_type(node: Any) -> bool:
    """Return whether x ** 2 can be rewritten to the square of x, which has the type of x."""
    return not _is_of_other_integers(node.inputs[0], node.outputs[0])


def _are_sums_in_type(node: Any) -> bool:
    """Return whether x + (y + z), or a product, can be one operation in the result's type."""
    nested = [x for x in node.inputs if x.owner is not None and x.owner.op == node.op]
    return not any(_is_of_other_integers(x, node.outputs[0]) for x in nested)


def _is_write_to_the_whole_sum(node: Any) -> bool:
    """Return whether x + y, with y zero except for an assignment, can be an assignment to x."""
    result = node.outputs[0].type
    for i, term in enumerate(node.inputs):
        if term.owner is not None and isinstance(term.owner.op, _WRITES):
            others = [x.type for j, x in enumerate(node.inputs) if j != i]
            lengths_of_one = tuple(map(all, zip(*(x.broadcastable for x in others), strict=True)))
            if lengths_of_one != result.broadcastable or upcast(*_dtypes(others)) != result.dtype:
                return False
    return True


def _dtypes(types: Sequence[Any]) -> list[str]:
    return [x.dtype for x in types]


def _is_of_floats(node: Any) -> bool:
    """Return whether operations may be exchanged, such as a sum and a multiplication by 2."""
    return not _is_discrete(node.inputs[0])


def _are_negatives_in_type(node: Any) -> bool:
    """Return whether x - (-y) can be x + y, although -y is computed in the type of y."""
    negatives = [x for x in node.inputs if x.owner is not None and x.owner.op == neg]
    return not any(_is_of_other_integers(x, node.outputs[0]) for x in negatives)


def _is_quotient_of_floats(node: Any) -> bool:
    """Return whether -(-x / y) can be x / y, because -x does not wrap around."""
    quotient = node.inputs[0].owner
    if quotient is None or quotient.op != true_div:
        return True
    return not _is_discrete(quotient.inputs[0])


def _is_quotient_in_type(node: Any) -> bool:
    """Return whether log(x / y) can be log(x) - log(y), neither of which is of a smaller type."""
    quotient = node.inputs[0].owner
    if quotient is None or quotient.op != true_div:
        return True
    return set(_dtypes([v.type for v in quotient.inputs])) == {node.outputs[0].type.dtype}


def _are_choices_in_type(node: Any) -> bool:
    """Return whether y * switch(c, x, 0) can be switch(c, y * x, 0) without another type."""
    choices = [x for x in node.inputs if x.owner is not None and x.owner.op == switch]
    return not any(_is_of_other_integers(x, c) for c in choices for x in c.owner.inputs[1:])


def _is_in_c(node: Any) -> bool:
    """Return whether C can compute a sum of an elementwise function, and its argument."""
    (terms,) = node.inputs
    arguments = terms.owner.inputs if terms.owner is not None else []
    types = [variable.type for variable in (terms, *arguments)]
    # Random generators have no dtype.
    return "float16" not in (getattr(one, "dtype", None) for one in types)


@node_rewriter([exp, sigmoid, softplus, erf, erfc])  # type: ignore[untyped-decorator]
def functions_of_floats(_: Any, node: Any) -> list[Any] | None:
    """Cast integer arguments of functions whose results are floating-point numbers.

    Rewrites of functions negate their arguments: log(sigmoid(x)) is -softplus(-x). Unsigned
    integers would wrap around. log(exp(x) + exp(y)) of integers would be rewritten forever.
    """
    argument, result = node.inputs[0], node.outputs[0]
    if _is_discrete(argument):
        return [node.op(cast(argument, result.type.dtype))]
    return None


# Newer versions of PyTensor have no class of its own for one list of indices.
_WRITES = (
    IncSubtensor,
    AdvancedIncSubtensor,
    getattr(subtensor_operations, "AdvancedIncSubtensor1", AdvancedIncSubtensor),
)
_RESTRICTED = {
    "local_div_by_one": _is_not_floored,
    "local_neg_to_mul": _has_minus_one,
    "local_pow_specialize": _is_power_in_type,
    "local_pow_to_nested_squaring": _is_power_in_type,
    "local_abs_lift": _is_of_floats,
    "local_sum_of_neg_to_neg_of_sum": _is_of_floats,
    "local_sum_prod_of_mul_or_div": _is_of_floats,
    "local_sub_neg_to_add": _are_negatives_in_type,
    "local_add_neg_to_sub": _are_negatives_in_type,
    "local_neg_div_neg": _is_quotient_of_floats,
    "local_log_div": _is_quotient_in_type,
    "local_mul_specialize": _are_negatives_in_type,
    "local_mul_switch_sink": _are_choices_in_type,
    "local_merge_switch_same_cond": _are_choices_in_type,
    "flatten_nested_add_mul": _are_sums_in_type,
    "local_careduce_fusion": _is_in_c,
    "local_add_of_sparse_write": _is_write_to_the_whole_sum,
}
# A version of PyTensor may lack some.
_TRANSFORMS: dict[Any, tuple[Rewrite, Callable[[Any], bool]]] = {
    rewrite: (rewrite.fn, applies)
    for name, applies in (_RESTRICTED | lost_errors.RESTRICTED).items()
    for module in (basic, elemwise, math, subtensor, subtensor_lift)
    if (rewrite := vars(module).get(name)) is not None
}


class _WithinType:
    """A canonizer that flattens sums or products of one type.

    Parameters
    ----------
    canonizer : AlgebraicCanonizer
        PyTensor's rewrite of sums, or of products.
    dtype : str
        Type of the result.
    """

    def __init__(self, canonizer: Any, dtype: str) -> None:
        self.main, self.inverse = canonizer.main, canonizer.inverse
        self.reciprocal, self._dtype = canonizer.reciprocal, dtype

    def get_num_denum(self, operand: Any) -> Parts:
        """Return the parts of an operand: only itself if it is of another integer type."""
        if _is_discrete(operand) and operand.type.dtype != self._dtype:
            return [operand], []
        parts: Parts = _flattened(self, operand)
        return parts


def _computed_in_the_type_of_the_result(value: Any, node: Any, **options: Any) -> Any:
    """Return the value of a rewritten operation, in the shape and type of the operation.

    PyTensor computes the value in the type of its arguments, and casts the result.
    """
    dtype = node.outputs[0].type.dtype
    computation = getattr(value, "owner", None)
    if (
        computation is not None
        and isinstance(computation.op, Elemwise)
        and value not in node.inputs
        and _is_narrower(value.type.dtype, dtype)
    ):
        value = computation.op(*(cast(x, dtype) for x in computation.inputs))
    return _in_the_shape_of_the_result(value, node, **options)


def _is_narrower(dtype: str, other: str) -> bool:
    """Return whether one type of floating-point numbers has less precision than the other."""
    return dtype != other and {dtype, other} <= set(float_dtypes) and upcast(dtype, other) == other


def _flattened_within_a_type(canonizer: Any, result: Any) -> Parts:
    return _WithinType(canonizer, result.type.dtype).get_num_denum(result)


def _simplified_in_the_type_of_the_result(
    canonizer: Any, num: list[Any], denum: list[Any], out_type: Any
) -> Parts:
    """Return simplified operands. If they change, their operation has the type of the result."""
    before = [*num], [*denum]
    after: Parts = _simplified(canonizer, num, denum, out_type)
    if all(map(_same, before, after)):
        return after
    num, denum = (_in_type(part, out_type.dtype) for part in after)
    if num + denum and upcast(*_dtypes([x.type for x in num + denum])) != out_type.dtype:
        num, denum = ([cast(x, out_type.dtype) for x in part] for part in (num, denum))
    return num, denum


def _same(before: list[Any], after: list[Any]) -> bool:
    return len(before) == len(after) and all(a is b for a, b in zip(before, after, strict=True))


def _in_type(operands: list[Any], dtype: str) -> list[Any]:
    """Return operands that may be combined: integers are cast to the type of the result.

    If an operand is a floating-point number, it already determines the type.
    """
    if all(map(_is_discrete, operands)):
        return [x if x.type.dtype == dtype else cast(x, dtype) for x in operands]
    return operands
