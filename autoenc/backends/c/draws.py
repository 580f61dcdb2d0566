"""Random decisions computed by a compiled loop, for the C backend.

NumPy generates its bits one after the other. Here, as on XLA, bits are hashed from the number of
the entry, sixteen entries at a time.
"""

from __future__ import annotations

import ctypes
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
from pytensor.graph.basic import Apply
from pytensor.graph.rewriting.basic import in2out, node_rewriter

from autoenc.graph.bernoulli import BernoulliDraw
from autoenc.threads import once


class HashedBernoulliDraw(BernoulliDraw):
    """Draw True with probability p, exact to within 2⁻³², and the same for all entries."""

    __props__ = (*BernoulliDraw.__props__, "library")

    def __init__(self, library: Path, **properties: Any) -> None:
        super().__init__(**properties)
        self.library = library

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Draw a key with NumPy, and hash it with the number of each entry."""
        rng, size, p = inputs
        if p.size != 1:
            super().perform(node, inputs, outputs)
            return
        generator = rng if self.inplace else deepcopy(rng)
        probability = p.item()
        draws = np.empty(p.shape if size is None else size.tolist(), "bool")
        # Raw bits, of which the kernel uses the lower half: any conversion of them would take
        # longer than everything that follows.
        key = generator.bit_generator.random_raw(2).tolist()
        if probability >= 1:
            draws.fill(True)
        elif draws.size:
            memory = ctypes.byref(ctypes.c_char.from_buffer(draws.data))
            threshold = int(max(probability, 0.0) * 2**32)
            _kernel(self.library)(memory, draws.size, *key, threshold)
        outputs[0][0], outputs[1][0] = generator, draws


@once
def _kernel(library: Path) -> Any:
    kernel = ctypes.CDLL(str(library)).autoenc_bernoulli
    kernel.argtypes = (ctypes.c_void_p, ctypes.c_uint64, *3 * (ctypes.c_uint32,))
    kernel.restype = None
    return kernel


def rewrites(library: Path) -> tuple[tuple[Any, float], ...]:
    """Return the rewrites for a mode, each with its position among PyTensor's own.

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
