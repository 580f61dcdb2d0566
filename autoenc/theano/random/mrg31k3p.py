"""The random number generator MRG31k3p: its states, streams and values.

A state consists of six 31-bit integers. Streams are 2**72 values apart. The streams of one random
variable start 2**134 values after those of the previous one.

References
----------
P. L'Ecuyer, R. Touzin (2000). Fast combined multiple recursive generators with multipliers of
the form a = ±2^d ± 2^e. Winter Simulation Conference, 683-689.
P. L'Ecuyer, R. Simard, E. J. Chen, W. D. Kelton (2002). An object-oriented random-number package
with many long streams and substreams. Operations Research 50(6), 1073-1075.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = Any

M1 = np.asarray(np.int32(2147483647))  # 2**31 - 1
M2 = np.asarray(np.int32(2147462579))  # 2**31 - 21069

_MODULI = np.array([[[M1]], [[M2]]], "int64")

# One step of both recurrences.
_STEP = np.array(
    [[[0, 4194304, 129], [1, 0, 0], [0, 1, 0]], [[32768, 0, 32769], [1, 0, 0], [0, 1, 0]]], "int64"
)


def _product(a: Array, b: Array) -> Array:
    """Multiply matrices of each recurrence, (2, 3, 3) by (2, 3, n), modulo M1 and M2.

    As in C, the remainder of a negative number is negative.
    """
    terms = np.fmod(a[:, :, :, None] * b[:, None, :, :], _MODULI[..., None])
    return np.fmod(terms.sum(2), _MODULI)


def _squared(a: Array, times: int) -> Array:
    for _ in range(times):
        a = _product(a, a)
    return a


_STEP_2P72 = _squared(_STEP, 72)
_STEP_2P134 = _squared(_STEP_2P72, 134 - 72)

A1p72, A2p72 = _STEP_2P72
A1p134, A2p134 = _STEP_2P134


def ff_2p134(rstate: Array) -> Array:
    """Return the state after 2**134 values."""
    return _skip(_STEP_2P134, np.asarray(rstate)[None])[0]


def ff_2p72(rstate: Array) -> Array:
    """Return the state after 2**72 values."""
    return _skip(_STEP_2P72, np.asarray(rstate)[None])[0]


def _skip(matrices: Array, states: Array) -> Array:
    halves = states.astype("int64").reshape(-1, 2, 3).transpose(1, 2, 0)
    return _product(matrices, halves).transpose(2, 0, 1).reshape(-1, 6).astype("int32")


def streams(state: Array, n: int) -> Array:
    """Return the states of n streams, 2**72 values apart, starting at a state.

    Parameters
    ----------
    state : int32 array, (6,)
    n : int

    Returns
    -------
    int32 array, (n, 6)
    """
    states, skip = np.asarray(state, "int32")[None], _STEP_2P72
    if (states < 0).any():
        # The signs of the remainders follow from computing one stream from another, as Theano did.
        for _ in range(n - 1):
            states = np.concatenate([states, _skip(skip, states[-1:])])
    while len(states) < n:
        states = np.concatenate([states, _skip(skip, states)])
        skip = _product(skip, skip)
    return np.ascontiguousarray(states[:n])


def seeded(seed: int | Sequence[int]) -> Array:
    """Return the state for a seed.

    Parameters
    ----------
    seed : int, or sequence of 6 int
        One integer for all six, or each of them.

    Raises
    ------
    ValueError
        If the integers are 0 or not less than the modulus.
    TypeError
        If there are not one or six integers.
    """
    if isinstance(seed, int):
        if seed == 0:
            raise ValueError("seed should not be 0", seed)
        if seed >= M2:
            raise ValueError(f"seed should be less than {M2}", seed)
        return np.asarray([seed] * 6, dtype="int32")
    if len(seed) != 6:
        raise TypeError("seed should be 1 integer or 6 integers")
    for half, modulus, which in ((seed[:3], M1, "first"), (seed[3:], M2, "last")):
        if not any(half):
            raise ValueError(f"The {which} 3 values of seed should not be all 0", seed)
        if max(half) >= modulus:
            raise ValueError(f"The {which} 3 values of seed should be less than {modulus}", seed)
    return np.asarray(seed, dtype="int32")


def advance(states: Array, numeric: Any = np) -> tuple[Array, Array]:
    """Compute the next value of each stream.

    Parameters
    ----------
    states : uint32 array, (streams, 6)
        Bits of the integers, which are negative for the first values if the seed is.
    numeric : module, default numpy
        Array module: NumPy or ``jax.numpy``.

    Returns
    -------
    states : uint32 array, (streams, 6)
    values : uint32 array, (streams,)
        Between 1 and M1.
    """

    def reduced(a: Array, modulus: int) -> Array:
        return numeric.where(a >= modulus, a - numeric.uint32(modulus), a)

    def signed(a: Array) -> Array:
        return a.astype(numeric.int32)

    def shifted(a: Array, bits: int) -> Array:
        return (signed(a) >> bits).astype(numeric.uint32)

    def doubled_15(a: Array) -> Array:
        return reduced(((a & 65535) << 15) + 21069 * shifted(a, 16), int(M2))

    x1, x2, x3, y1, y2, y3 = (states[:, i] for i in range(6))
    first = ((x2 & 511) << 22) + shifted(x2, 9) + ((x3 & 16777215) << 7) + shifted(x3, 24)
    first = reduced(reduced(first, int(M1)) + x3, int(M1))
    second = reduced(reduced(doubled_15(y3) + y3, int(M2)) + doubled_15(y1), int(M2))
    # Unsigned differences below zero wrap around; adding the modulus corrects this.
    difference = first - second
    values = numeric.where(
        signed(first) <= signed(second), difference + numeric.uint32(int(M1)), difference
    )
    return numeric.stack([first, x1, x2, second, y1, y2], 1), values
