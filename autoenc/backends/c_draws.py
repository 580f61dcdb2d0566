"""Random decisions by a compiled loop, for the C backend.

NumPy makes its bits one after the other. Hashed from the number of the entry, as on XLA, they
are made sixteen at a time.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from pytensor.graph.basic import Apply
from pytensor.graph.rewriting.basic import in2out, node_rewriter

from autoenc.graph.bernoulli import BernoulliDraw

_LARGEST = 2**32


class HashedBernoulliDraw(BernoulliDraw):
    """True with probability p, p being met to within 2⁻³²; the same for all entries."""

    __props__ = (*BernoulliDraw.__props__, "library")

    def __init__(self, library: Path, **properties: Any) -> None:
        super().__init__(**properties)
        self.library = library

    def rng_fn(self, rng: np.random.Generator, p: Any, size: Any) -> Any:
        """Draw a key with NumPy, and hash it with the number of each entry."""
        probability = np.asarray(p)
        if probability.size != 1:
            return super().rng_fn(rng, p, size)
        shape = probability.shape if size is None else tuple(size)
        # Bits as they come: whatever is made of them costs more than all that follows.
        first, second = (rng.bit_generator.random_raw() % _LARGEST for _ in range(2))
        if probability.item() >= 1:
            return np.ones(shape, dtype="bool")
        draws = np.empty(shape, dtype="bool")
        threshold = int(max(probability.item(), 0.0) * _LARGEST)
        _kernel(self.library)(draws.ctypes.data, draws.size, first, second, threshold)
        return draws


@cache
def _kernel(library: Path) -> Any:
    kernel = ctypes.CDLL(str(library)).autoenc_bernoulli
    kernel.argtypes = (ctypes.c_void_p, ctypes.c_uint64, *3 * (ctypes.c_uint32,))
    kernel.restype = None
    return kernel


def rewrites(library: Path) -> tuple[tuple[Any, float], ...]:
    """Give what a mode is to register, with its place among PyTensor's own rewrites.

    Parameters
    ----------
    library : path
        The compiled kernels.
    """

    @node_rewriter([BernoulliDraw])  # type: ignore[untyped-decorator]
    def local_hashed(_: Any, node: Apply) -> list[Any] | bool:
        if type(node.op) is not BernoulliDraw:
            return False
        properties = {name: getattr(node.op, name) for name in BernoulliDraw.__props__}
        outputs: list[Any] = (
            HashedBernoulliDraw(library, **properties).make_node(*node.inputs).outputs
        )
        return outputs

    # Before PyTensor makes draws work in place.
    return ((in2out(local_hashed, name="hashed_draws"), 48.5),)
