"""Operations on single numbers: ``theano.scalar``."""

from __future__ import annotations

from typing import Any

from pytensor import config, scalar

from autoenc.theano.meaning.division import has_floor, warn_of_integers

Scalar = scalar.ScalarType
Inv = scalar.Reciprocal
Sgn = scalar.Sign
inv = scalar.reciprocal
sgn = scalar.sign
abs_ = scalar.abs


class transfer_type:  # noqa: N801 - Theano's name
    """Function from the types of inputs to those of outputs.

    Parameters
    ----------
    *transfer : int, str or None
        For each output, the number of an input, a dtype, or None for the smallest common type.
    """

    def __init__(self, *transfer: int | str | None) -> None:
        self.transfer = transfer

    def __call__(self, *types: Any) -> list[Any]:
        """Return the types of the outputs."""
        return [self._type(of, types) for of in self.transfer]

    def _type(self, of: int | str | None, types: Any) -> Any:
        if of is None:
            (common,) = scalar.upcast_out(*types)
            return common
        return scalar.get_scalar_type(of) if isinstance(of, str) else types[of]

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other) and self.transfer == other.transfer

    def __hash__(self) -> int:
        return hash((type(self), self.transfer))


def int_or_true_div(x_discrete: bool, y_discrete: bool) -> Any:
    """Return the operation on scalars that divides numbers, which may be integers."""
    if x_discrete and y_discrete and has_floor():
        warn_of_integers()
        return scalar.int_div
    return scalar.true_div


def div_proxy(x: Any, y: Any) -> Any:
    """Return x / y of scalars, or the floor of it for integers."""
    x, y = scalar.as_scalar(x), scalar.as_scalar(y)
    whole = [number.type in scalar.discrete_types for number in (x, y)]
    return int_or_true_div(*whole)(x, y)


def extend() -> None:
    """Give gradients of comparisons the types of their arguments; later calls have no effect.

    The gradients are zeros. Zeros of another type would change the type of the whole gradient, for
    example that of ``x * (x > 0)``.
    """
    for comparison in (scalar.basic.LogicalComparison, scalar.basic.FixedLogicalComparison):
        comparison.pullback = _no_gradient


def _no_gradient(_: Any, inputs: Any, outputs: Any, gradients: Any) -> list[Any]:
    return [x.zeros_like(None if _is_float(x) else config.floatX) for x in inputs]


def _is_float(number: Any) -> bool:
    return number.type in scalar.basic.float_types
