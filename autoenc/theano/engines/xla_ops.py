"""Operations of this package in JAX. Importing this module registers them with PyTensor.

Operations that XLA does not support, such as windows with a computed size, raise
NotImplementedError, and the function is compiled to C.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from pytensor.graph.basic import Apply, Constant
from pytensor.link.jax.dispatch import jax_funcify
from pytensor.tensor.extra_ops import UnravelIndex

from autoenc.backends.interface import DeviceArray
from autoenc.theano.engines.lengths import is_known
from autoenc.theano.ops import neighbours
from autoenc.theano.ops.conv_ops import (
    AbstractConv,
    AbstractConv_gradInputs,
    AbstractConv_gradWeights,
    BaseAbstractConv,
)
from autoenc.theano.ops.pool_ops import (
    AveragePoolGrad,
    BasePool,
    DownsampleFactorMaxGradGrad,
    MaxPoolGrad,
    Pool,
)
from autoenc.theano.ops.pooling import Windows, span
from autoenc.theano.random import mrg31k3p
from autoenc.theano.random.mrg_uniform import mrg_uniform, scaled


def _constant(variable: Any, what: str) -> Any:
    if isinstance(variable, Constant):
        return variable.data
    raise NotImplementedError(f"XLA needs {what} as a constant")


# Convolutions


def _correlate(op: BaseAbstractConv, image: DeviceArray, filters: DeviceArray) -> DeviceArray:
    geometry = op.geometry(filters.shape[-op.convdim :])
    return lax.conv_general_dilated(
        image,
        filters,
        geometry.strides,
        geometry.pads,
        rhs_dilation=geometry.dilations,
        feature_group_count=geometry.groups,
        precision=lax.Precision.HIGHEST,
    )


def _turned(op: BaseAbstractConv, filters: DeviceArray) -> DeviceArray:
    axes = tuple(range(-op.convdim, 0))
    return jnp.flip(filters, axes) if op.filter_flip else filters


def _check_shared(op: BaseAbstractConv) -> None:
    if op.unshared:
        raise NotImplementedError("XLA has no unshared convolution")


def _lengths_of(op: BaseAbstractConv, node: Apply) -> Callable[[DeviceArray], tuple[int, ...]]:
    """Return a function from the third input to the lengths of the result's axes."""
    if node.inputs[2].type.ndim == 1:
        fixed = tuple(_constant(node.inputs[2], "the shape of a convolution's gradient").tolist())
        return lambda _: fixed
    return lambda like: tuple(like.shape[-op.convdim :])


def _transposed(
    linear: Callable[[DeviceArray], DeviceArray], shape: Sequence[int], top: DeviceArray
) -> DeviceArray:
    (gradient,) = jax.linear_transpose(linear, jax.ShapeDtypeStruct(shape, top.dtype))(top)
    return gradient


@jax_funcify.register(AbstractConv)  # type: ignore[untyped-decorator]
def _convolution(op: AbstractConv, **_: Any) -> Callable[..., DeviceArray]:
    _check_shared(op)

    def convolve(image: DeviceArray, filters: DeviceArray) -> DeviceArray:
        result = _correlate(op, image, _turned(op, filters))
        if 0 in result.shape[-op.convdim :]:
            raise ValueError(
                f"filters of shape {filters.shape} do not fit into images of shape {image.shape}"
            )
        return result

    return convolve


@jax_funcify.register(AbstractConv_gradInputs)  # type: ignore[untyped-decorator]
def _image_gradient(
    op: AbstractConv_gradInputs, node: Apply, **_: Any
) -> Callable[..., DeviceArray]:
    _check_shared(op)
    lengths = _lengths_of(op, node)

    def gradient(filters: DeviceArray, top: DeviceArray, shape: DeviceArray) -> DeviceArray:
        turned = _turned(op, filters)
        images = (top.shape[0], filters.shape[1] * op.num_groups, *lengths(shape))
        return _transposed(lambda image: _correlate(op, image, turned), images, top)

    return gradient


@jax_funcify.register(AbstractConv_gradWeights)  # type: ignore[untyped-decorator]
def _filters_gradient(
    op: AbstractConv_gradWeights, node: Apply, **_: Any
) -> Callable[..., DeviceArray]:
    _check_shared(op)
    lengths = _lengths_of(op, node)

    def gradient(image: DeviceArray, top: DeviceArray, shape: DeviceArray) -> DeviceArray:
        filters = (top.shape[1], image.shape[1] // op.num_groups, *lengths(shape))
        turned = _transposed(lambda kernel: _correlate(op, image, kernel), filters, top)
        return _turned(op, turned)

    return gradient


# Pooling


def _windows(op: BasePool, node: Apply) -> Windows:
    return op.windows(*(np.asarray(_constant(v, "windows")) for v in node.inputs[op.n_arrays :]))


class _Reduction:
    """Reduction of the windows of arrays of one shape."""

    def __init__(self, windows: Windows, shape: Sequence[int]) -> None:
        self.windows, self.lengths = windows, shape[-windows.n_axes :]
        self.n_before = len(shape) - windows.n_axes
        self.out = windows.out(self.lengths)

    def pads(self) -> list[tuple[int, int]]:
        """Return the padding before and after each pooled axis."""
        axes = zip(
            self.lengths,
            self.windows.size,
            self.windows.stride,
            self.windows.pad,
            self.out,
            strict=True,
        )
        reach = (((n - 1) * stride + size, length, pad) for length, size, stride, pad, n in axes)
        return [(pad, max(end - length - pad, 0)) for end, length, pad in reach]

    def _with_ones(self, lengths: Sequence[int]) -> tuple[int, ...]:
        return (*(1,) * self.n_before, *lengths)

    def reduced(self, x: DeviceArray, start: Any, how: Callable[..., Any]) -> DeviceArray:
        """Reduce each window."""
        size, stride = map(self._with_ones, (self.windows.size, self.windows.stride))
        pads = [(0, 0)] * self.n_before + self.pads()
        result = lax.reduce_window(x, np.asarray(start, x.dtype), how, size, stride, pads)
        return result[..., *(slice(n) for n in self.out)]

    def maximum(self, x: DeviceArray) -> DeviceArray:
        """Return the maximum of each window; as in C, NaN counts only as the first entry."""
        if not jnp.issubdtype(x.dtype, jnp.floating):
            return self.reduced(x, -np.inf, lax.max)
        best = self.reduced(jnp.where(jnp.isnan(x), -np.inf, x), -np.inf, lax.max)
        first = x[..., *np.ix_(*map(self._starts, range(self.windows.n_axes)))]
        return jnp.where(jnp.isnan(first), first, best)

    def _starts(self, axis: int) -> Any:
        """Return the position of the first entry of each window, which is not padding."""
        begin = np.arange(self.out[axis]) * self.windows.stride[axis] - self.windows.pad[axis]
        return np.maximum(begin, 0)

    def counts(self, mode: str) -> Any:
        """Return the number of entries by which the sum of each window is divided."""
        if mode == "sum":
            return 1
        result: Any = np.ones(())
        for axis, n in enumerate(self.out):
            w = self.windows
            given = self.lengths[axis], w.size[axis], w.stride[axis], w.pad[axis]
            spans = [span(i, *given, mode == "average_inc_pad")[2] for i in range(n)]
            result = np.multiply.outer(result, np.asarray(spans, float))
        return result

    def summed(self, x: DeviceArray, mode: str) -> DeviceArray:
        """Return the sum or mean of each window."""
        return self.reduced(x, 0, lax.add) / jnp.asarray(self.counts(mode), x.dtype)

    def padded(self, x: DeviceArray, value: Any) -> DeviceArray:
        """Return an array padded with a value."""
        pads = [(0, 0)] * self.n_before + self.pads()
        return jnp.pad(x, pads, constant_values=value)

    def taps(self) -> Iterator[tuple[Any, ...]]:
        """Yield the positions of the first entry of all windows, of the second, and so on."""
        for tap in product(*map(range, self.windows.size)):
            axes = zip(tap, self.windows.stride, self.out, strict=True)
            yield (..., *(slice(i, i + (n - 1) * stride + 1, stride) for i, stride, n in axes))


@jax_funcify.register(Pool)  # type: ignore[untyped-decorator]
def _pool(op: Pool, node: Apply, **_: Any) -> Callable[..., DeviceArray]:
    windows = _windows(op, node)

    def pool(x: DeviceArray, *_: DeviceArray) -> DeviceArray:
        reduction = _Reduction(windows, x.shape)
        if op.mode == "max":
            return reduction.maximum(x)
        return reduction.summed(x, op.mode)

    return pool


@jax_funcify.register(AveragePoolGrad)  # type: ignore[untyped-decorator]
def _average_gradient(op: AveragePoolGrad, node: Apply, **_: Any) -> Callable[..., DeviceArray]:
    windows = _windows(op, node)

    def gradient(x: DeviceArray, top: DeviceArray, *_: DeviceArray) -> DeviceArray:
        reduction = _Reduction(windows, x.shape)
        return _transposed(lambda image: reduction.summed(image, op.mode), x.shape, top)

    return gradient


@jax_funcify.register(MaxPoolGrad)  # type: ignore[untyped-decorator]
def _maximum_gradient(op: MaxPoolGrad, node: Apply, **_: Any) -> Callable[..., DeviceArray]:
    windows = _windows(op, node)

    def gradient(
        x: DeviceArray, best: DeviceArray, given: DeviceArray, *_: DeviceArray
    ) -> DeviceArray:
        reduction = _Reduction(windows, x.shape)
        padded = reduction.padded(x, -np.inf)
        sums = jnp.zeros_like(padded)
        for place in reduction.taps():
            sums = sums.at[place].add(jnp.where(padded[place] == best, given, 0))
        inner = zip(reduction.pads(), reduction.lengths, strict=True)
        return sums[..., *(slice(before, before + n) for (before, _), n in inner)]

    return gradient


@jax_funcify.register(DownsampleFactorMaxGradGrad)  # type: ignore[untyped-decorator]
def _gathered(
    op: DownsampleFactorMaxGradGrad, node: Apply, **_: Any
) -> Callable[..., DeviceArray]:
    windows = _windows(op, node)

    def gathered(
        x: DeviceArray, best: DeviceArray, values: DeviceArray, *_: DeviceArray
    ) -> DeviceArray:
        reduction = _Reduction(windows, x.shape)
        padded, padded_values = reduction.padded(x, -np.inf), reduction.padded(values, 0)
        terms = (
            jnp.where(padded[place] == best, padded_values[place], 0) for place in reduction.taps()
        )
        return sum(terms, jnp.zeros_like(best))

    return gathered


# Patches


def _place(op: Any, node: Apply, shape: Sequence[int]) -> Any:
    size, step = (np.asarray(_constant(v, "the shape of patches")) for v in node.inputs[-2:])
    return neighbours.place(shape, size, step, op.mode)


def _gathered_patches(images: DeviceArray, place: Any) -> DeviceArray:
    padded = jnp.pad(images, ((0, 0), (0, 0), (0, 1), (0, 1)))
    patches = padded[:, :, *place]
    return patches.reshape(-1, patches.shape[-2] * patches.shape[-1])


@jax_funcify.register(neighbours.Images2Neibs)  # type: ignore[untyped-decorator]
def _patches(op: neighbours.Images2Neibs, node: Apply, **_: Any) -> Callable[..., DeviceArray]:
    _place(op, node, (1, 1, *np.asarray(_constant(node.inputs[1], "the shape of patches")) * 12))
    return lambda images, *_: _gathered_patches(images, _place(op, node, images.shape))


@jax_funcify.register(neighbours.Images2NeibsGrad)  # type: ignore[untyped-decorator]
def _patches_gradient(
    op: neighbours.Images2NeibsGrad, node: Apply, **_: Any
) -> Callable[..., DeviceArray]:
    def gradient(top: DeviceArray, images: DeviceArray, *_: DeviceArray) -> DeviceArray:
        place = _place(op, node, images.shape)
        return _transposed(lambda x: _gathered_patches(x, place), images.shape, top)

    return gradient


# Random numbers


@jax_funcify.register(mrg_uniform)  # type: ignore[untyped-decorator]
def _mrg_uniform(op: mrg_uniform, node: Apply, **_: Any) -> Callable[..., Any]:
    size = node.inputs[1]
    if not is_known(size):
        _constant(size, "the size of a draw")

    def advance(states: DeviceArray, _: Any = None) -> tuple[DeviceArray, DeviceArray]:
        return mrg31k3p.advance(states, jnp)

    def draw(states: DeviceArray, given: Any) -> tuple[DeviceArray, DeviceArray]:
        shape = tuple(size.data.tolist()) if isinstance(size, Constant) else given
        n = int(np.prod(shape, dtype="int64"))
        unsigned = states.astype("uint32")
        rounds, rest = divmod(n, len(states))
        unsigned, values = lax.scan(advance, unsigned, None, length=rounds)
        some, last = advance(unsigned[:rest])
        unsigned = jnp.concatenate([some, unsigned[rest:]])
        numbers = jnp.concatenate([values.reshape(-1), last])
        dtype = op.output_type.dtype
        # Otherwise, XLA may round a product of the sample and a sum that follows only once.
        sample = jax.lax.optimization_barrier(scaled(numbers, dtype, jnp).reshape(shape))
        return unsigned.astype("int32"), sample

    return draw


@jax_funcify.register(UnravelIndex)  # type: ignore[untyped-decorator]
def _unravel_index(op: UnravelIndex, **_: Any) -> Any:
    # JAX clips an index that is out of range, and ignores the order of the axes.
    raise NotImplementedError("XLA does not check indices into a flattened array")
