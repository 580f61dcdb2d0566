"""Correlations of arrays and their gradients, by compiled kernels if available, else by NumPy.

Images are (n, channels, *axes), filters (filters, channels / groups, *axes), with one to three
axes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from autoenc.backends.c.library import kernels

Array = Any

_TYPES = {"float32": "float", "float64": "double"}


@dataclass(frozen=True)
class Geometry:
    """Padding, strides, dilations and groups of a correlation.

    Attributes
    ----------
    pads : tuple of (int, int)
        Zeros before and after each axis.
    strides, dilations : tuple of int
    groups : int, default 1
        Number of groups into which channels and filters are divided.
    """

    pads: tuple[tuple[int, int], ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    groups: int = 1

    def span(self, kernel: Sequence[int]) -> tuple[int, ...]:
        """Return the lengths of a dilated kernel."""
        return tuple((k - 1) * d + 1 for k, d in zip(kernel, self.dilations, strict=True))

    def out(self, image: Sequence[int], kernel: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of the output, without its first two axes."""
        axes = zip(image, self.span(kernel), self.pads, self.strides, strict=True)
        return tuple((i + sum(pad) - k) // stride + 1 for i, k, pad, stride in axes)


def correlate(image: Array, filters: Array, geometry: Geometry) -> Array:
    """Correlate images with filters.

    Returns
    -------
    array, (n, filters, *out)

    Raises
    ------
    ValueError
        If channels, filters and groups do not match, or the output would be empty.
    """
    _check_groups(image.shape[1], filters.shape, geometry.groups)
    out = geometry.out(image.shape[2:], filters.shape[2:])
    _check_out(out)
    shape = (image.shape[0], filters.shape[0], *out)
    kernel = _kernel("correlate", image, filters)
    if kernel:
        sizes = _sizes(image.shape, filters.shape, shape, geometry)
        return _call(kernel, sizes, image, filters, result=shape)
    top = np.empty(shape, np.result_type(image, filters))
    for channels, some in _groups(image.shape[1], filters.shape[0], geometry.groups):
        patches = _patches(image[:, channels], filters.shape[2:], geometry)
        top[:, some] = np.moveaxis(np.tensordot(patches, filters[some], _shared(patches)), -1, 1)
    return top


def image_gradient(filters: Array, top: Array, geometry: Geometry, size: Sequence[int]) -> Array:
    """Return the gradient with respect to images of the given size, from the output's gradient."""
    channels = filters.shape[1] * geometry.groups
    _check_groups(channels, filters.shape, geometry.groups)
    shape = (top.shape[0], channels, *(int(length) for length in size))
    _check_top(shape, filters.shape, top.shape, geometry)
    kernel = _kernel("image_gradient", filters, top)
    if kernel:
        return _call(
            kernel, _sizes(shape, filters.shape, top.shape, geometry), filters, top, result=shape
        )
    padded = np.zeros(_padded_shape(shape, geometry), np.result_type(filters, top))
    for channels_of, some in _groups(channels, filters.shape[0], geometry.groups):
        for tap, place in _taps(filters.shape[2:], top.shape[2:], geometry):
            each = np.tensordot(top[:, some], filters[some][:, :, *tap], ((1,), (0,)))
            padded[:, channels_of][:, :, *place] += np.moveaxis(each, -1, 1)
    return np.ascontiguousarray(padded[_unpadded(shape, geometry)])


def filters_gradient(image: Array, top: Array, geometry: Geometry, size: Sequence[int]) -> Array:
    """Return the gradient with respect to filters of the given size, from that of the output."""
    shape = (top.shape[1], image.shape[1] // geometry.groups, *(int(length) for length in size))
    _check_groups(image.shape[1], shape, geometry.groups)
    _check_top(image.shape, shape, top.shape, geometry)
    kernel = _kernel("filters_gradient", image, top)
    if kernel:
        return _call(
            kernel, _sizes(image.shape, shape, top.shape, geometry), image, top, result=shape
        )
    gradient = np.empty(shape, np.result_type(image, top))
    for channels, some in _groups(image.shape[1], top.shape[1], geometry.groups):
        patches = _patches(image[:, channels], shape[2:], geometry)
        axes = (0, *range(2, top.ndim))
        first = tuple(range(top.ndim - 1))
        gradient[some] = np.tensordot(top[:, some], patches, (axes, first))
    return gradient


def _check_groups(channels: int, filters: Sequence[int], groups: int) -> None:
    if channels % groups:
        raise ValueError("number of input channels must be divible by num_groups")
    if filters[0] % groups:
        raise ValueError("number of filters must be divisible by num_groups")
    if channels // groups != filters[1]:
        raise ValueError(
            "the number of input channels in the kernel should specify the number of channels of "
            f"1 group: images have {channels} channels, filters {filters[1]}, groups {groups}"
        )


def _check_out(out: Sequence[int]) -> None:
    for axis, length in enumerate(out, start=2):
        if length <= 0:
            raise ValueError(
                f"The convolution would produce an invalid shape (dim[{axis}]: {length} <= 0)."
            )


def _check_top(
    image: Sequence[int], filters: Sequence[int], top: Sequence[int], geometry: Geometry
) -> None:
    expected = (image[0], filters[0], *geometry.out(image[2:], filters[2:]))
    if expected != tuple(top):
        raise ValueError(
            "invalid input_shape: the given shapes would produce an output of shape "
            f"{expected}, but the given topgrad has shape {tuple(top)}"
        )


def _kernel(name: str, *arrays: Array) -> Any:
    dtype = str(arrays[0].dtype)
    if dtype not in _TYPES or any(a.dtype != dtype for a in arrays):
        return None
    library = kernels()
    return library and getattr(library, f"autoenc_{name}_{_TYPES[dtype]}")


def _sizes(
    image: Sequence[int], filters: Sequence[int], out: Sequence[int], geometry: Geometry
) -> Array:
    """Return the sizes in the kernels' order, padded to three axes with leading lengths of 1."""

    def three(lengths: Sequence[int], one: int = 1) -> list[int]:
        return [one] * (3 - len(lengths)) + list(lengths)

    before = [pad for pad, _ in geometry.pads]
    parts = three(image[2:]), three(filters[2:]), three(out[2:]), three(before, 0)
    steps = three(geometry.strides), three(geometry.dilations)
    first = [image[0], image[1], filters[0], geometry.groups]
    return np.array([*first, *(i for part in (*parts, *steps) for i in part)], "long")


def _call(kernel: Any, sizes: Array, *arrays: Array, result: Sequence[int]) -> Array:
    operands = [np.ascontiguousarray(a) for a in arrays]
    made = np.empty(result, operands[0].dtype)
    kernel(*(ctypes.c_void_p(a.ctypes.data) for a in (sizes, *operands, made)))
    return made


def _groups(channels: int, filters: int, groups: int) -> Iterator[tuple[slice, slice]]:
    for group in range(groups):
        yield (
            slice(group * channels // groups, (group + 1) * channels // groups),
            slice(group * filters // groups, (group + 1) * filters // groups),
        )


def _padded_shape(shape: Sequence[int], geometry: Geometry) -> tuple[int, ...]:
    axes = zip(shape[2:], geometry.pads, strict=True)
    return (*shape[:2], *(length + sum(pad) for length, pad in axes))


def _unpadded(shape: Sequence[int], geometry: Geometry) -> tuple[slice, ...]:
    axes = zip(shape[2:], geometry.pads, strict=True)
    inner = (slice(pad[0], pad[0] + length) for length, pad in axes)
    return (slice(None), slice(None), *inner)


def _patches(image: Array, kernel: Sequence[int], geometry: Geometry) -> Array:
    """Return a view of the patches of padded images: (n, *out, channels, *kernel)."""
    padded = np.pad(image, ((0, 0), (0, 0), *geometry.pads))
    axes = tuple(range(2, image.ndim))
    views = np.lib.stride_tricks.sliding_window_view(padded, geometry.span(kernel), axes)
    steps = (*geometry.strides, *geometry.dilations)
    views = views[:, :, *(slice(None, None, step) for step in steps)]
    return np.moveaxis(views, 1, len(axes) + 1)


def _shared(patches: Array) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the axes of patches and of filters to sum over: channels and kernel."""
    n_axes = (patches.ndim - 2) // 2
    last = range(patches.ndim - n_axes - 1, patches.ndim)
    return tuple(last), tuple(range(1, n_axes + 2))


def _taps(
    kernel: Sequence[int], out: Sequence[int], geometry: Geometry
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Yield each entry of a kernel, and the entries of padded images that it multiplies."""
    for tap in product(*(range(length) for length in kernel)):
        axes = zip(tap, geometry.dilations, geometry.strides, out, strict=True)
        yield (
            tap,
            tuple(slice(i * d, i * d + (n - 1) * step + 1, step) for i, d, step, n in axes),
        )
