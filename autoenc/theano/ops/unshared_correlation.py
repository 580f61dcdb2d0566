"""Correlations with different filters for each pixel of the output, and their gradients.

Filters are (filters, *out, channels / groups, *axes), with two axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from autoenc.theano.ops.correlation import Geometry

Array = Any


def correlate(image: Array, filters: Array, geometry: Geometry) -> Array:
    """Correlate images with filters."""
    _check(image.shape, filters.shape, geometry)
    padded = np.pad(image, ((0, 0), (0, 0), *geometry.pads))
    terms = (
        np.einsum("ngcyx,gfyxc->ngfyx", _part(padded, place, geometry), weights)
        for place, weights in _taps(filters, geometry)
    )
    return _ungrouped(sum(terms))


def image_gradient(filters: Array, top: Array, geometry: Geometry, size: Sequence[int]) -> Array:
    """Return the gradient with respect to images of the given size, from the output's gradient."""
    shape = (top.shape[0], filters.shape[3] * geometry.groups, *size)
    _check(shape, filters.shape, geometry)
    lengths = (length + sum(pad) for length, pad in zip(size, geometry.pads, strict=True))
    padded = np.zeros((*shape[:2], *lengths), np.result_type(filters, top))
    for place, weights in _taps(filters, geometry):
        part = np.einsum("ngfyx,gfyxc->ngcyx", _grouped(top, geometry), weights)
        padded[:, :, *place] += _ungrouped(part)
    inner = (slice(p[0], p[0] + n) for p, n in zip(geometry.pads, size, strict=True))
    return np.ascontiguousarray(padded[:, :, *inner])


def filters_gradient(image: Array, top: Array, geometry: Geometry, size: Sequence[int]) -> Array:
    """Return the gradient with respect to filters of the given size, from that of the output."""
    n_filters, out = top.shape[1], top.shape[2:]
    shape = (n_filters, *out, image.shape[1] // geometry.groups, *size)
    _check(image.shape, shape, geometry)
    padded = np.pad(image, ((0, 0), (0, 0), *geometry.pads))
    gradient = np.empty(shape, np.result_type(image, top))
    for place, weights in _taps(gradient, geometry):
        part = _part(padded, place, geometry)
        weights[...] = np.einsum("ngcyx,ngfyx->gfyxc", part, _grouped(top, geometry))
    return gradient


def _taps(filters: Array, geometry: Geometry) -> Any:
    """Yield, for each entry of a kernel, the entries of images and the weights to multiply.

    Weights are views, (groups, filters / groups, y, x, channels / groups).
    """
    out, kernel = filters.shape[1:3], filters.shape[-2:]
    by_group = filters.reshape(geometry.groups, -1, *filters.shape[1:])
    for tap in product(*map(range, kernel)):
        axes = zip(tap, geometry.dilations, geometry.strides, out, strict=True)
        place = tuple(slice(i * d, i * d + (n - 1) * s + 1, s) for i, d, s, n in axes)
        yield place, by_group[..., tap[0], tap[1]]


def _part(padded: Array, place: tuple[slice, ...], geometry: Geometry) -> Array:
    return _grouped(padded[:, :, *place], geometry)


def _grouped(x: Array, geometry: Geometry) -> Array:
    return x.reshape(len(x), geometry.groups, -1, *x.shape[2:])


def _ungrouped(x: Array) -> Array:
    return x.reshape(len(x), -1, *x.shape[3:])


def _check(image: Sequence[int], filters: Sequence[int], geometry: Geometry) -> None:
    out = geometry.out(image[2:], filters[-2:])
    if tuple(filters[1:3]) != out:
        raise ValueError(
            f"Kernel shape {tuple(filters[1:3])} does not match computed output size {out}"
        )
    if image[1] != filters[3] * geometry.groups or filters[0] % geometry.groups:
        raise ValueError(
            f"images have {image[1]} channels, filters {filters[3]}, and there are {filters[0]} "
            f"filters; this does not match {geometry.groups} groups"
        )
