"""Implementations of autoenc's operations in JAX. Importing this module registers them.

A mask needs a decision for every entry. On a CPU, the generators of JAX and XLA take longer for
this than the arithmetic around it. Here the key that JAX's own generator makes for every draw is
hashed with the number of the entry. These are a few operations, which XLA fuses with the
operations that use the decisions.

References
----------
C. Wellons (2018). Prospecting for hash functions: ``lowbias32``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import jax
import jax.numpy as jnp
from pytensor.link.jax.dispatch import jax_funcify
from pytensor.link.jax.dispatch.random import jax_sample_fn

from autoenc.backends.branchless import BranchlessSigmoid, BranchlessSoftplus
from autoenc.graph.bernoulli import BernoulliDraw
from autoenc.graph.precision import MixedDot

DeviceArray = Any


@jax_funcify.register(MixedDot)  # type: ignore[untyped-decorator]
def _mixed_dot(op: MixedDot, **_: Any) -> Callable[..., DeviceArray]:
    def mixed_dot(a: DeviceArray, b: DeviceArray) -> DeviceArray:
        operands = a.astype(jnp.bfloat16), b.astype(jnp.bfloat16)
        return jax.lax.dot(*operands, preferred_element_type=jnp.float32)

    return mixed_dot


@jax_funcify.register(BranchlessSoftplus)  # type: ignore[untyped-decorator]
def _softplus(op: BranchlessSoftplus, **_: Any) -> Callable[..., DeviceArray]:
    return lambda x: jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


@jax_funcify.register(BranchlessSigmoid)  # type: ignore[untyped-decorator]
def _sigmoid(op: BranchlessSigmoid, **_: Any) -> Callable[..., DeviceArray]:
    def sigmoid(x: DeviceArray) -> DeviceArray:
        exponential = jnp.exp(-jnp.abs(x))
        return jnp.where(x >= 0, 1, exponential) / (1 + exponential)

    return sigmoid


@jax_sample_fn.register(BernoulliDraw)  # type: ignore[untyped-decorator]
def _bernoulli(op: BernoulliDraw, node: Any) -> Callable[..., DeviceArray]:
    def sample(key: DeviceArray, size: Any, dtype: Any, p: DeviceArray) -> DeviceArray:
        shape = jnp.shape(p) if size is None else tuple(size)
        return (hashed_bits(key, shape) < _threshold(p)) | (p >= 1)

    return sample


def hashed_bits(key: DeviceArray, shape: tuple[int, ...]) -> DeviceArray:
    """Return 32 random bits for every entry, computed from the key and the entry's number.

    Parameters
    ----------
    key : uint32 array, (2,)
        A key of JAX's generator, which is used for nothing else.
    shape : tuple of int
        Shape of the result.

    Returns
    -------
    uint32 array
    """
    number = _numbers(shape)
    return _mixed(_mixed(number + key[0]) ^ key[1])


def _numbers(shape: tuple[int, ...]) -> DeviceArray:
    """Return the number of each entry of an array."""
    if not rows_are_divided.get():
        return jax.lax.iota(jnp.uint32, math.prod(shape)).reshape(shape)
    # If devices share the rows, reshaping a vector to rows would require an exchange. Computing
    # the numbers axis by axis avoids this, but takes a single device a third longer.
    number = jnp.zeros((), jnp.uint32)
    for axis, size in enumerate(shape):
        stride = jnp.uint32(math.prod(shape[axis + 1 :]))
        number = number[..., None] + jax.lax.iota(jnp.uint32, size) * stride
    return number


rows_are_divided: ContextVar[bool] = ContextVar("rows_are_divided", default=False)
"""Whether devices share the rows of the function that is being compiled."""


def _mixed(bits: DeviceArray) -> DeviceArray:
    """Permute the 32-bit numbers so that each bit of the input changes every bit half the time."""
    bits = (bits ^ (bits >> 16)) * jnp.uint32(0x7FEB352D)
    bits = (bits ^ (bits >> 15)) * jnp.uint32(0x846CA68B)
    return bits ^ (bits >> 16)


def _threshold(p: DeviceArray) -> DeviceArray:
    # The largest float32 below 2³²; the conversion of larger numbers is undefined.
    return jnp.clip(p * 2.0**32, 0, 2.0**32 - 256).astype(jnp.uint32)
