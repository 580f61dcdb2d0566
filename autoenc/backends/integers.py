"""Keeps PyTensor's rewrites from changing the type in which integers are computed.

Rewrites reorder sums and products as if numbers had no limits. For example, ``0 - x`` of ``uint8``
has the type ``int16``, but was rewritten to ``-x``, which wraps around at 256; ``x ** 2`` was
rewritten to the square in ``uint8``; and ``x // 1`` of floating-point numbers to ``x``.

Without compiled code, PyTensor computes some operations with Python's integers. NumPy 2 refuses to
convert those that are out of range, where compiled code and earlier versions of NumPy wrap around.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from pytensor.scalar.basic import Cast
from pytensor.tensor.basic import cast
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.math import int_div
from pytensor.tensor.rewriting import elemwise, math
from pytensor.tensor.type import discrete_dtypes

Rewrite: TypeAlias = Callable[[Any, Any], Any]
Parts: TypeAlias = tuple[list[Any], list[Any]]
"""Operands of a sum or product, and those that are subtracted, or that it is divided by."""

_flattened = math.AlgebraicCanonizer.get_num_denum
_simplified = math.AlgebraicCanonizer.simplify
_perform = Elemwise.perform


def keep_types_of_integers() -> None:
    """Restrict these rewrites, for all graphs; later calls have no effect."""
    math.AlgebraicCanonizer.get_num_denum = _flattened_within_a_type
    math.AlgebraicCanonizer.simplify = _simplified_in_the_type_of_the_result
    for rewrite, applies in _RESTRICTED:
        rewrite.fn = _restricted(_TRANSFORMS[rewrite], applies)
    Cast.impl = _cast
    Elemwise.perform = _perform_with_limits


def _restricted(transform: Rewrite, applies: Callable[[Any], bool]) -> Rewrite:
    def rewrite(graph: Any, node: Any) -> Any:
        return transform(graph, node) if applies(node) else None

    return rewrite


def _is_discrete(variable: Any) -> bool:
    return variable.type.dtype in discrete_dtypes


def _is_of_other_integers(variable: Any, result: Any) -> bool:
    return _is_discrete(variable) and variable.type.dtype != result.type.dtype


def _is_not_floored(node: Any) -> bool:
    """Check that x / 1, or x // 1, is x."""
    return node.op != int_div or _is_discrete(node.inputs[0])


def _has_minus_one(node: Any) -> bool:
    """Check that -x can be -1 times x."""
    return not node.inputs[0].type.dtype.startswith("uint")


def _is_power_in_type(node: Any) -> bool:
    """Check that x ** 2 can be the square of x, whose type is that of x."""
    return not _is_of_other_integers(node.inputs[0], node.outputs[0])


def _are_sums_in_type(node: Any) -> bool:
    """Check that x + (y + z), or a product, can be one operation, in the type of the result."""
    nested = [x for x in node.inputs if x.owner is not None and x.owner.op == node.op]
    return not any(_is_of_other_integers(x, node.outputs[0]) for x in nested)


_RESTRICTED = (
    (math.local_div_by_one, _is_not_floored),
    (math.local_neg_to_mul, _has_minus_one),
    (math.local_pow_specialize, _is_power_in_type),
    (math.local_pow_to_nested_squaring, _is_power_in_type),
    (elemwise.flatten_nested_add_mul, _are_sums_in_type),
)
_TRANSFORMS: dict[Any, Rewrite] = {rewrite: rewrite.fn for rewrite, _ in _RESTRICTED}


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
        """Return the operands of an operand, which is one itself if it has another type."""
        if _is_discrete(operand) and operand.type.dtype != self._dtype:
            return [operand], []
        parts: Parts = _flattened(self, operand)
        return parts


def _flattened_within_a_type(canonizer: Any, result: Any) -> Parts:
    return _WithinType(canonizer, result.type.dtype).get_num_denum(result)


def _simplified_in_the_type_of_the_result(
    canonizer: Any, num: list[Any], denum: list[Any], out_type: Any
) -> Parts:
    """Return simplified operands. If they change, integers get the type of the result."""
    before = [*num], [*denum]
    after: Parts = _simplified(canonizer, num, denum, out_type)
    if all(map(_same, before, after)):
        return after
    num, denum = (_in_type(part, out_type.dtype) for part in after)
    return num, denum


def _same(before: list[Any], after: list[Any]) -> bool:
    return len(before) == len(after) and all(a is b for a, b in zip(before, after, strict=True))


def _in_type(operands: list[Any], dtype: str) -> list[Any]:
    """Return operands that may be combined. One floating-point number determines their type."""
    if all(map(_is_discrete, operands)):
        return [x if x.type.dtype == dtype else cast(x, dtype) for x in operands]
    return operands


def _cast(operation: Any, number: Any) -> Any:
    """Return a number in the type that the operation casts to; integers wrap around."""
    return np.asarray(number).astype(operation.o_type.dtype)[()]


def _perform_with_limits(operation: Any, node: Any, inputs: Any, storage: Any) -> None:
    """Compute entries of a result; integers wrap around."""
    try:
        _perform(operation, node, inputs, storage)
    except OverflowError:
        if operation.inplace_pattern or len(node.outputs) > 1:
            raise
        entries = (operation.ufunc or node.tag.ufunc)(*inputs)
        storage[0][0] = _wrapped(entries, node.outputs[0].dtype)


def _wrapped(entries: Any, dtype: str) -> Any:
    """Return Python's integers as an array of a type, modulo its number of values."""
    n_values = 256 ** np.dtype(dtype).itemsize
    unsigned = np.asarray(np.asarray(entries, object) % n_values).astype("uint64")
    return np.asarray(unsigned.astype(dtype))
