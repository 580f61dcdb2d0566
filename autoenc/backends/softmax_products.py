"""Recognise a softmax that is written as exponentials in a product, as Theano did.

PyTensor recognises ``exp(x) / exp(x).sum(axis, keepdims=True)``, but not as a part of a product:
``3 * exp(x) / exp(x).sum(axis, keepdims=True)``, or its gradient, are nan for x = 1000.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from pytensor.graph.basic import Apply
from pytensor.graph.rewriting.basic import node_rewriter
from pytensor.tensor.elemwise import DimShuffle
from pytensor.tensor.math import Max, Sum, add, exp, mul, sub, true_div, variadic_mul
from pytensor.tensor.rewriting.basic import register_canonicalize, register_specialize
from pytensor.tensor.special import softmax
from pytensor.tensor.type import float_dtypes

Factors: TypeAlias = list[Any]


def recognise_softmax() -> None:
    """Recognise a softmax in the products of all graphs; later calls have no effect."""
    # PyTensor leaves out rewrites with this tag where it compiles the softmax itself.
    tag = "symbolic_op_recognition"
    register_canonicalize(softmax_in_product, tag, overwrite_existing=True)
    # Some divisors are moved out of sums, and so become part of a product, only then.
    register_specialize(softmax_in_product, tag, overwrite_existing=True)


@node_rewriter([mul, true_div])  # type: ignore[untyped-decorator]
def softmax_in_product(_: Any, node: Apply) -> list[Any] | None:
    """Rewrite a product with exp(x) / Σ exp(x) to one with softmax(x).

    The divisor may also be that of all terms of a factor: exp(x) (a / Σ exp(x) + b / Σ exp(x)).
    """
    result = node.outputs[0]
    num, denum = _factors(result)
    for i, factor in enumerate(num):
        if not _is_exponential(factor):
            continue
        found = _without_sum(factor, num[:i] + num[i + 1 :], denum)
        if found is not None:
            axes, others, divisors = found
            factors = [softmax(factor.owner.inputs[0], axis=axes), *others]
            product = _product(factors, divisors)
            return [product] if product.type == result.type else None
    return None


def _factors(result: Any) -> tuple[Factors, Factors]:
    """Return the factors and the divisors of a product, or of a quotient."""
    parts: tuple[Factors, Factors] = [], []
    remaining = [(result, 0)]
    while remaining:
        variable, side = remaining.pop()
        operation = None if variable.owner is None else variable.owner.op
        if operation == mul:
            remaining.extend((x, side) for x in reversed(variable.owner.inputs))
        elif operation == true_div:
            dividend, divisor = variable.owner.inputs
            remaining.extend(((divisor, 1 - side), (dividend, side)))
        else:
            parts[side].append(variable)
    return parts


def _product(num: Factors, denum: Factors) -> Any:
    product = variadic_mul(*num)
    return true_div(product, variadic_mul(*denum)) if denum else product


def _without_sum(
    exponential: Any, num: Factors, denum: Factors
) -> tuple[tuple[int, ...], Factors, Factors] | None:
    """Return the axes of the sum of an exponential, and a product without that sum as divisor."""
    alone = _without_divisor(exponential, denum)
    if alone is not None:
        return alone[0], num, alone[1]
    for i, factor in enumerate(num):
        if factor.owner is not None and factor.owner.op == add:
            found = _terms_without_divisor(exponential, factor.owner.inputs)
            if found is not None:
                axes, terms = found
                return axes, [*num[:i], add(*terms), *num[i + 1 :]], denum
    return None


def _terms_without_divisor(
    exponential: Any, terms: Factors
) -> tuple[tuple[int, ...], Factors] | None:
    """Return the axes of the sum by which all terms are divided, and the terms without it."""
    rests, all_axes = [], set()
    for num, denum in map(_factors, terms):
        found = _without_divisor(exponential, denum)
        if found is None:
            return None
        all_axes.add(found[0])
        rests.append(_product(num, found[1]))
    return (all_axes.pop(), rests) if len(all_axes) == 1 else None


def _without_divisor(exponential: Any, denum: Factors) -> tuple[tuple[int, ...], Factors] | None:
    """Return the axes of the sum of an exponential among divisors, and the other divisors."""
    for i, divisor in enumerate(denum):
        axes = _axes_of_sum(divisor, exponential)
        if axes is not None:
            return axes, denum[:i] + denum[i + 1 :]
    return None


def _is_exponential(factor: Any) -> bool:
    """Return whether a factor is an exponential of floats that can overflow."""
    if factor.type.dtype not in float_dtypes or factor.owner is None or factor.owner.op != exp:
        return False
    (argument,) = factor.owner.inputs
    return not (
        argument.owner is not None and argument.owner.op == sub and _is_minus_max(argument)
    )


def _is_minus_max(difference: Any) -> bool:
    """Return whether a difference is x - max(x), as in a softmax that is written out."""
    _, maximum = difference.owner.inputs
    if maximum.owner is not None and isinstance(maximum.owner.op, DimShuffle):
        (maximum,) = maximum.owner.inputs
    return maximum.owner is not None and isinstance(maximum.owner.op, Max)


def _axes_of_sum(divisor: Any, terms: Any) -> tuple[int, ...] | None:
    """Return the axes over which a divisor is the sum of terms, kept as axes of length 1."""
    if divisor.owner is None or not isinstance(divisor.owner.op, DimShuffle):
        return None
    (total,) = divisor.owner.inputs
    if total.owner is None or not isinstance(total.owner.op, Sum):
        return None
    axes = total.owner.op.axis
    axes = tuple(range(terms.type.ndim)) if axes is None else axes
    kept = iter(range(total.type.ndim))
    order = tuple("x" if axis in axes else next(kept) for axis in range(terms.type.ndim))
    is_sum = total.owner.inputs[0] is terms and divisor.owner.op.new_order == order
    return axes if is_sum and divisor.type.dtype == terms.type.dtype else None
