"""Pooling of arrays and its gradients, by compiled kernels if available, else by NumPy.

The last axes of an array are pooled. The kernels pool one to three of them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from autoenc.backends.c.library import kernels

Array = Any

MODES = ("max", "sum", "average_inc_pad", "average_exc_pad")
_TYPES = {"float32": "float", "float64": "double"}
_KERNEL_AXES = 3


@dataclass(frozen=True)
class Windows:
    """Geometry of the windows on an image.

    Attributes
    ----------
    size, stride, pad : tuple of int
        One entry for each pooled axis.
    ignore_border : bool
        Whether to ignore windows that extend beyond the padded image.
    """

    size: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    ignore_border: bool

    @property
    def n_axes(self) -> int:
        """Number of pooled axes."""
        return len(self.size)

    def out(self, image: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of the output, from the shape of an image's pooled axes."""
        axes = zip(image, self.size, self.stride, self.pad, strict=True)
        return tuple(
            out_length(length + 2 * pad, size, stride, self.ignore_border)
            for length, size, stride, pad in axes
        )


def out_length(length: int, size: int, stride: int, ignore_border: bool) -> int:
    """Return the number of windows on a padded axis."""
    if ignore_border:
        return max((length - size) // stride + 1, 0)
    if stride >= size:
        return (length - 1) // stride + 1
    return max(0, (length - 1 - size) // stride + 1) + 1


def pool(image: Array, windows: Windows, mode: str) -> Array:
    """Pool an array."""
    shape = _out_shape(image, windows, mode)
    kernel = _kernel("pool", windows, image)
    if kernel and min(shape, default=1):
        return _call(kernel, _sizes(image, shape, windows), mode, image, result=shape)
    return _each_window(image, shape, windows, lambda part, count: _value(part, count, mode), mode)


def gradient(image: Array, top: Array, given: Array, windows: Windows, mode: str) -> Array:
    """Return the gradient with respect to the array; all entries tied for a maximum receive it.

    Parameters
    ----------
    image : array
    top : array
        Output of the pooling; only used for ``"max"``.
    given : array
        Gradient with respect to the output.
    """
    shape = _out_shape(image, windows, mode)
    kernel = _kernel("pool_gradient", windows, image, top, given)
    if kernel and min(shape, default=1):
        sizes = _sizes(image, shape, windows)
        return _call(kernel, sizes, mode, image, top, given, result=image.shape)
    result: Array = np.zeros(image.shape, image.dtype)
    for index, place, count in _windows(image.shape, shape, windows, mode):
        here, best = given[..., *index], top[..., *index]
        here = _on_axes(here, windows)
        if mode == "max":
            result[..., *place] += np.where(image[..., *place] == _on_axes(best, windows), here, 0)
        else:
            result[..., *place] += here / (1 if mode == "sum" else count)
    return result


def gathered(image: Array, top: Array, values: Array, windows: Windows) -> Array:
    """Sum values over the entries that equal the maximum of their window."""
    result: Array = np.zeros(top.shape, values.dtype)
    for index, place, _ in _windows(image.shape, top.shape, windows, "max"):
        equal = image[..., *place] == _on_axes(top[..., *index], windows)
        result[..., *index] = _summed(np.where(equal, values[..., *place], 0), windows)
    return result


def at_maximum(image: Array, values: Array, windows: Windows) -> Array:
    """Return the values at the first maximum of each window."""

    def first(place: tuple[slice, ...]) -> Array:
        flat = image[..., *place].reshape(*image.shape[: -windows.n_axes], -1)
        of = values[..., *place].reshape(flat.shape)
        return np.take_along_axis(of, flat.argmax(-1)[..., None], -1)[..., 0]

    shape = _out_shape(image, windows, "max")
    result: Array = np.empty(shape, values.dtype)
    for index, place, _ in _windows(image.shape, shape, windows, "max"):
        result[..., *index] = first(place)
    return result


def _out_shape(image: Array, windows: Windows, mode: str) -> tuple[int, ...]:
    n_axes = windows.n_axes
    if image.ndim < n_axes:
        raise NotImplementedError(f"Pool requires input with {n_axes} or more dimensions")
    out = windows.out(image.shape[-n_axes:])
    # A window that contains only padding has a sum, which is zero, but no maximum and no mean.
    needs_entries = mode in ("max", "average_exc_pad")
    pads = zip(windows.pad, windows.size, strict=True)
    if needs_entries and any(pad >= size for pad, size in pads):
        raise NotImplementedError("padding must be smaller than strides")
    return (*image.shape[:-n_axes], *out)


def _each_window(
    image: Array,
    shape: Sequence[int],
    windows: Windows,
    value: Callable[[Array, int], Array],
    mode: str,
) -> Array:
    result: Array = np.empty(shape, image.dtype)
    for index, place, count in _windows(image.shape, shape, windows, mode):
        flat = image[..., *place].reshape(*image.shape[: -windows.n_axes], -1)
        result[..., *index] = value(flat, count)
    return result


def _value(part: Array, count: int, mode: str) -> Array:
    if mode == "max":
        # A comparison with NaN is false: NaN is the maximum only as the first entry, as in C.
        first = part[..., 0]
        best: Array = np.where(np.isnan(first), first, np.fmax.reduce(part, -1))
        return best
    total = part.sum(-1)
    return total if mode == "sum" else total / count


def _windows(
    image: Sequence[int], shape: Sequence[int], windows: Windows, mode: str
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...], int]]:
    """Yield each window's index, its part of the image, and the divisor of its mean."""
    lengths, out = image[-windows.n_axes :], shape[-windows.n_axes :]
    for index in product(*map(range, out)):
        axes = zip(index, lengths, windows.size, windows.stride, windows.pad, strict=True)
        spans = [span(*axis, padded=mode == "average_inc_pad") for axis in axes]
        place = tuple(slice(begin, end) for begin, end, _ in spans)
        yield index, place, int(np.prod([count for *_, count in spans]))


def span(
    i: int, length: int, size: int, stride: int, pad: int, padded: bool
) -> tuple[int, int, int]:
    """Return begin and end of a window within the image, and the divisor of its mean."""
    start, end = i * stride, min(i * stride + size, length + 2 * pad)
    begin, stop = max(start - pad, 0), max(min(end - pad, length), 0)
    return begin, stop, end - start if padded else stop - begin


def _on_axes(x: Array, windows: Windows) -> Array:
    return x[..., *(None,) * windows.n_axes]


def _summed(x: Array, windows: Windows) -> Array:
    return x.sum(tuple(range(-windows.n_axes, 0)))


def _kernel(name: str, windows: Windows, *arrays: Array) -> Any:
    dtype = str(arrays[0].dtype)
    if dtype not in _TYPES or any(a.dtype != dtype for a in arrays):
        return None
    if windows.n_axes > _KERNEL_AXES:
        return None
    library = kernels()
    return library and getattr(library, f"autoenc_{name}_{_TYPES[dtype]}")


def _sizes(image: Array, shape: Sequence[int], windows: Windows) -> Array:
    """Return the sizes in the kernels' order, padded to three axes with leading lengths of 1."""
    n_axes = windows.n_axes

    def three(lengths: Sequence[int], one: int = 1) -> list[int]:
        return [one] * (_KERNEL_AXES - n_axes) + list(lengths)

    parts = (
        three(image.shape[-n_axes:]),
        three(windows.size),
        three(windows.stride),
        three(windows.pad, 0),
        three(shape[-n_axes:]),
    )
    n = int(np.prod(image.shape[:-n_axes]))
    return np.array([n, *(i for part in parts for i in part)], "long")


def _call(kernel: Any, sizes: Array, mode: str, *arrays: Array, result: Sequence[int]) -> Array:
    operands = [np.ascontiguousarray(a) for a in arrays]
    made = np.empty(result, operands[0].dtype)
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (*operands, made)]
    kernel(ctypes.c_void_p(sizes.ctypes.data), ctypes.c_int(MODES.index(mode)), *pointers)
    return made
