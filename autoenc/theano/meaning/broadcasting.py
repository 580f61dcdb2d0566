"""Broadcasting of the dimensions of an expression: ``addbroadcast``, ``unbroadcast``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.link.c.op import COp
from pytensor.tensor.subtensor import Subtensor

from autoenc.graph.types import Expression
from autoenc.theano.ops.shape_inference import without_graph


class Unbroadcast(COp):
    """Operation that returns a view whose lengths along some axes are unknown to the graph."""

    view_map = {0: [0]}  # noqa: RUF012 - PyTensor's protocol
    __props__ = ("axes",)

    def __init__(self, axes: Iterable[int]) -> None:
        self.axes = tuple(sorted(axes))

    def make_node(self, x: Expression) -> Apply:
        """Create a node; the lengths of `axes` are unknown in its output."""
        x = pt.as_tensor_variable(x)
        shape = [None if axis in self.axes else n for axis, n in enumerate(x.type.shape)]
        return Apply(self, [x], [x.type.clone(shape=shape)()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Return the array itself."""
        outputs[0][0] = inputs[0]

    @without_graph
    def infer_shape(self, _: Any, shapes: Any) -> Any:
        """Return the shape of the input."""
        return shapes

    def pullback(self, inputs: Any, outputs: Any, cotangents: Any) -> Any:
        """Return the gradient, with the lengths that the input is known to have."""
        (x,), (gradient,) = inputs, cotangents
        if isinstance(gradient.type, DisconnectedType):
            return [gradient]
        ones = [axis for axis in self.axes if x.type.broadcastable[axis]]
        return [pt.specify_broadcastable(gradient, *ones) if ones else gradient]

    def pushforward(self, inputs: Any, outputs: Any, tangents: Any) -> Any:
        """Return the directional derivative."""
        (tangent,) = tangents
        return [tangent if isinstance(tangent.type, DisconnectedType) else self(tangent)]

    def c_code(self, node: Apply, name: str, inputs: Any, outputs: Any, sub: Any) -> str:
        """Return C code that returns the array itself."""
        (x,), (z,) = inputs, outputs
        return f"Py_XDECREF({z}); {z} = {x}; Py_XINCREF({z});"

    def c_code_cache_version(self) -> tuple[int, ...]:
        """Return the version of the C code."""
        return (1,)


def addbroadcast(x: Expression, *axes: int) -> Expression:
    """Make `x` broadcastable along axes; at run time, a length other than 1 is an error."""
    return pt.specify_broadcastable(x, *axes) if axes else pt.as_tensor_variable(x)


def unbroadcast(x: Expression, *axes: int) -> Expression:
    """Prevent `x` from broadcasting along axes, whatever their length."""
    x = pt.as_tensor_variable(x)
    known = [axis % x.ndim for axis in axes if x.type.broadcastable[axis]]
    return Unbroadcast(known)(x) if known else x


def patternbroadcast(x: Expression, broadcastable: Sequence[bool]) -> Expression:
    """Make `x` broadcastable along the axes where `broadcastable` is true, and along no others."""
    x = pt.as_tensor_variable(x)
    wanted = [axis for axis, one in enumerate(broadcastable) if one]
    missing = [axis for axis in wanted if not x.type.broadcastable[axis]]
    return unbroadcast(
        addbroadcast(x, *missing), *(axis for axis in range(x.ndim) if axis not in wanted)
    )


def without_lengths(x: Expression) -> Expression:
    """Return `x` with a type like Theano's, which has no static lengths other than 1."""
    lengths = [axis for axis, n in enumerate(x.type.shape) if n not in (None, 1)]
    return Unbroadcast(lengths)(x) if lengths else x


def set_subtensor(
    x: Expression, y: Any, inplace: bool = False, tolerate_inplace_aliasing: bool = False
) -> Expression:
    """Return the array that `x` is a part of, with `x` replaced by `y`.

    If `x` is the whole array and `y` has another shape, the operation fails at run time. PyTensor
    would return `y` unchanged. Theano broadcast a row or column even if its type did not specify
    it as such. Parts of one array may be assigned to each other in any case.
    """
    del tolerate_inplace_aliasing
    if _is_whole(x):
        y = _of_lengths(x.owner.inputs[0], pt.as_tensor_variable(y))
    return pt.set_subtensor(x, y, inplace=inplace)


def inc_subtensor(
    x: Expression,
    y: Any,
    inplace: bool = False,
    set_instead_of_inc: bool = False,
    tolerate_inplace_aliasing: bool = False,
) -> Expression:
    """Return the array that `x` is a part of, with `y` added to `x` or in its place."""
    if set_instead_of_inc:
        return set_subtensor(x, y, inplace, tolerate_inplace_aliasing)
    return pt.inc_subtensor(x, y, inplace=inplace)


def _is_whole(x: Expression) -> bool:
    """Return whether a part is the whole array: ``x[:]``."""
    is_part = x.owner is not None and isinstance(x.owner.op, Subtensor)
    return is_part and len(x.owner.inputs) == 1


def _of_lengths(whole: Expression, y: Expression) -> Expression:
    """Return `y` with the lengths of an array, except where its type specifies a length of 1."""
    if y.ndim != whole.ndim:
        return y
    lengths = [None if one else whole.shape[k] for k, one in enumerate(y.type.broadcastable)]
    return pt.specify_shape(y, lengths)


class Rebroadcast:
    """Operation behind `addbroadcast` and `unbroadcast`, given pairs (axis, broadcastable)."""

    def __init__(self, *axis: tuple[int, bool]) -> None:
        self.axis = dict(axis)

    def __call__(self, x: Expression) -> Expression:
        """Return `x` with the broadcasting of these axes changed."""
        pattern = [self.axis.get(axis, one) for axis, one in enumerate(x.type.broadcastable)]
        return patternbroadcast(x, pattern)
