"""Bernoulli draws from few random bits.

A mask needs one decision for each entry of a minibatch. Drawing uniform numbers in double
precision and comparing them with a level takes up to a quarter of a training step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pytensor.tensor.random.basic import BernoulliRV
from pytensor.tensor.random.variable import warn_reuse

from autoenc.graph.random import RandomSource, SymbolicGenerator, as_symbolic_generator
from autoenc.graph.types import Expression

BITS = 16


class BernoulliDraw(BernoulliRV):
    """Draw True with probability p, independently for each entry.

    In NumPy, each entry uses 16 bits, which are compared with p in units of 2⁻¹⁶. If p is not a
    multiple of 2⁻¹⁶, one of the two adjacent multiples is drawn once for the whole array, so that
    the mean is exactly p. XLA has its own implementation; Numba uses PyTensor's.
    """

    dtype = "bool"

    def rng_fn(self, rng: np.random.Generator, p: Any, size: Any) -> Any:
        """Draw with NumPy."""
        shape = np.shape(p) if size is None else tuple(size)
        n = int(np.prod(shape))
        words = rng.integers(0, 2**64 - 1, size=-(-n * BITS // 64), dtype="uint64", endpoint=True)
        draws = words.view("uint16")[:n].reshape(shape)
        p = np.clip(np.asarray(p, dtype="float64"), 0, 1)  # a symbolic level may exceed [0, 1]
        below = np.floor(p * 2**BITS + rng.random())
        # 2¹⁶ itself does not fit into 16 bits.
        return (draws <= np.maximum(below - 1, 0).astype("uint16")) & (below > 0)


_draw = BernoulliDraw()


def bernoulli(p: float | Expression, size: Expression, rng: RandomSource) -> Expression:
    """Draw True with probability p for each entry of an array.

    Parameters
    ----------
    p : float or scalar expression
        Probability, in [0, 1].
    size : expression
        Shape of the result, such as ``x.shape``.
    rng : symbolic generator, numpy.random.Generator or int
        Source of the random bits.

    Returns
    -------
    bool expression

    Examples
    --------
    >>> bernoulli(0.5, (2, 5), 1).eval()
    array([[False, False,  True, False,  True],
           [ True, False,  True, False,  True]])
    """
    return _drawn_with(as_symbolic_generator(rng), p, size)


@warn_reuse  # type: ignore[untyped-decorator]
def _drawn_with(generator: SymbolicGenerator, p: Any, size: Any) -> Expression:
    _, draw = _draw(p, size=size, rng=generator, return_next_rng=True)
    return draw
