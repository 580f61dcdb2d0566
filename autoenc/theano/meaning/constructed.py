"""Operations that scripts construct themselves, with Theano's arguments: ``CumOp(axis=None)``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytensor.tensor as pt
from pytensor.tensor import elemwise, extra_ops
from pytensor.tensor.sort import ArgSortOp as _ArgSortOp
from pytensor.tensor.sort import SortOp as _SortOp

from autoenc.graph.types import Expression
from autoenc.theano.meaning.arithmetic import argsort as _argsort
from autoenc.theano.meaning.arithmetic import sort as _sort
from autoenc.theano.meaning.flat_indices import unravel_index


class OfToday(type):
    """Metaclass of old operations; instances of the class in use today count as theirs."""

    today: type

    def __instancecheck__(cls, instance: Any) -> bool:
        return super().__instancecheck__(instance) or isinstance(instance, cls.today)


class Constructed(metaclass=OfToday):
    """Operation that is equal to others of its class with the same parameters."""

    today: ClassVar[type] = type(None)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))


class CumOp(Constructed):
    """Operation that computes cumulative sums or products along an axis.

    Parameters
    ----------
    axis : int, optional
        By default the array is flattened.
    mode : {"add", "mul"}
    """

    today: ClassVar[type] = extra_ops.CumOp

    def __init__(self, axis: int | None = None, mode: str = "add") -> None:
        if mode not in ("add", "mul"):
            raise ValueError(f'{type(self).__name__}: Unknown mode "{mode}"')
        self.axis, self.mode = axis, mode

    def __call__(self, x: Any) -> Expression:
        """Return the sums or products."""
        x = pt.as_tensor_variable(x)
        if self.axis is not None and not -x.ndim <= self.axis < x.ndim:
            raise ValueError(f"axis(={self.axis}) out of bounds")
        return (pt.cumsum if self.mode == "add" else pt.cumprod)(x, axis=self.axis)


class CumsumOp(CumOp):
    """Operation that computes cumulative sums along an axis; see `CumOp`."""

    def __init__(self, axis: int | None = None) -> None:
        super().__init__(axis, "add")


class CumprodOp(CumOp):
    """Operation that computes cumulative products along an axis; see `CumOp`."""

    def __init__(self, axis: int | None = None) -> None:
        super().__init__(axis, "mul")


class RepeatOp(Constructed):
    """Operation that repeats entries along an axis, by default of the flattened array."""

    today: ClassVar[type] = extra_ops.Repeat

    def __init__(self, axis: int | None = None) -> None:
        self.axis = axis

    def __call__(self, x: Any, repeats: Any) -> Expression:
        """Return the entries of `x`, each repeated as often as `repeats` specifies."""
        return pt.repeat(x, repeats, axis=self.axis)


class Unique(Constructed):
    """Operation that finds the distinct entries of an array; see `numpy.unique`."""

    today: ClassVar[type] = extra_ops.Unique

    def __init__(
        self,
        return_index: bool = False,
        return_inverse: bool = False,
        return_counts: bool = False,
        axis: int | None = None,
    ) -> None:
        self.return_index = return_index
        self.return_inverse = return_inverse
        self.return_counts = return_counts
        self.axis = axis

    def __call__(self, x: Any, return_list: bool = False) -> Any:
        """Return the distinct entries, and what the parameters of the operation request.

        Raises
        ------
        RuntimeError
            If `x` has no such axis.
        """
        x = pt.as_tensor_variable(x)
        axis = self.axis
        if axis is not None and not -x.ndim <= axis < x.ndim:
            raise RuntimeError(
                f"Unique axis `{axis}` is outside of input ndim = {x.ndim}."  # Theano's error
            )
        extra = self.return_index, self.return_inverse, self.return_counts
        found = pt.unique(x, *extra, axis=axis)
        return [found] if return_list and not any(extra) else found


class SortOp(Constructed):
    """Operation that sorts along an axis."""

    today: ClassVar[type] = _SortOp

    def __init__(self, kind: str = "quicksort", order: Any = None) -> None:
        self.kind, self.order = kind, order

    def __call__(self, input: Any, axis: Any = -1) -> Expression:  # noqa: A002 - Theano's name
        """Return the sorted entries."""
        return _sort(input, axis, self.kind, self.order)


class ArgSortOp(Constructed):
    """Operation that returns the indices that sort an array along an axis."""

    today: ClassVar[type] = _ArgSortOp

    def __init__(self, kind: str = "quicksort", order: Any = None) -> None:
        self.kind, self.order = kind, order

    def __call__(self, input: Any, axis: Any = -1) -> Expression:  # noqa: A002 - Theano's name
        """Return the indices."""
        return _argsort(input, axis, self.kind, self.order)


class DimShuffle(Constructed):
    """Operation that permutes, drops and adds dimensions.

    Parameters
    ----------
    input_broadcastable : sequence of bool
        Which dimensions of the input are known to have length 1.
    new_order : sequence of int or "x"
        Dimensions of the input in the order of the output; "x" is a new one.
    inplace : bool
        Not used: the output is always a view.
    """

    today: ClassVar[type] = elemwise.DimShuffle

    def __init__(
        self, input_broadcastable: Any, new_order: Sequence[int | str], inplace: bool = True
    ) -> None:
        self.input_broadcastable = tuple(input_broadcastable)
        self.new_order = tuple(new_order)
        self.inplace = inplace
        dropped = set(range(len(self.input_broadcastable))) - set(self.new_order)
        if any(not self.input_broadcastable[i] for i in dropped):
            raise ValueError("You cannot drop a non-broadcastable dimension.")
        self._operation = elemwise.DimShuffle(
            input_ndim=len(self.input_broadcastable), new_order=self.new_order
        )

    def __call__(self, x: Any) -> Expression:
        """Permute the dimensions of `x`.

        Raises
        ------
        TypeError
            If `x` has the wrong number of dimensions.
        """
        x = pt.as_tensor_variable(x)
        if x.ndim != len(self.input_broadcastable):
            raise TypeError(
                "The number of dimensions of the input is incorrect for this op. "
                f"Expected {self.input_broadcastable}, got {x.broadcastable}."
            )
        return self._operation(x)


class UnravelIndex(Constructed):
    """Operation that converts flat indices to indices along each axis; see `unravel_index`."""

    today: ClassVar[type] = extra_ops.UnravelIndex

    def __init__(self, ndim: int, order: str = "C") -> None:
        self.ndim, self.order = ndim, order

    def __call__(self, indices: Any, dims: Any) -> Any:
        """Return the indices."""
        found = unravel_index(indices, dims, self.order, self.ndim)
        return found[0] if self.ndim == 1 else list(found)


class AllocDiag(Constructed):
    """Operation that creates matrices from their diagonals."""

    today: ClassVar[type] = pt.basic.AllocDiag

    def __init__(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> None:
        self.offset, self.axis1, self.axis2 = offset, axis1, axis2

    def __call__(self, diag: Any) -> Expression:
        """Return the matrices."""
        return pt.basic.AllocDiag(offset=self.offset, axis1=self.axis1, axis2=self.axis2)(diag)


class Join(Constructed):
    """Operation that joins tensors along an axis.

    Parameters
    ----------
    view : int
        Not used. Theano returned a view of this input if all others were empty.
    """

    today: ClassVar[type] = pt.basic.Join

    def __init__(self, view: int = -1) -> None:
        self.view = view

    def __call__(self, axis: Any, *tensors: Any) -> Expression:
        """Return the tensors, joined along the axis."""
        return pt.join(axis, *tensors)
