"""A block of thin minibatches as one CUDA kernel.

A minibatch of 20 rows is 2 µs of arithmetic for a large GPU. XLA runs some 20 kernels for it, each
of which takes a microsecond or more only to start and end. Here one kernel trains on the whole
block: the weights stay in the multiprocessors, and a minibatch takes two barriers of the device.
The operations between the products are taken from the graph (`elements`, `source`). If a step has
another form (`roles`), or if a minibatch is too large, XLA runs it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from pytensor.graph.fg import FunctionGraph

from autoenc.backends.xla.thin.elements import NotThinError
from autoenc.backends.xla.thin.kernel_source import Program, write_program
from autoenc.backends.xla.thin.launching import EmulatedGpu, Gpu

logger = logging.getLogger(__name__)

DeviceArray = Any
Block = Callable[..., tuple[list[DeviceArray], DeviceArray]]

__all__ = ["EmulatedGpu", "Gpu", "NotThinError", "thin_block"]


def thin_block(
    graph: FunctionGraph,
    n_state: int,
    gpu: Gpu | EmulatedGpu,
    state: Sequence[DeviceArray],
    constants: Sequence[DeviceArray],
    data: Sequence[DeviceArray],
    rows: DeviceArray,
) -> Block:
    """Return a function that trains on a block as one kernel.

    Parameters
    ----------
    graph : FunctionGraph
        Graph of a step; see `write_program`.
    n_state : int
        Number of inputs that are state.
    gpu : Gpu or EmulatedGpu
    state, constants, data : sequences of arrays or of their shapes and dtypes
    rows : int32 array, (minibatches, rows of a minibatch), or its shape and dtype

    Returns
    -------
    callable
        Function from the arguments of a block to its state and costs.

    Raises
    ------
    NotThinError
        If the kernel cannot train such a model, or not on this GPU; the message gives the reason.
    """
    if len(data) != 1 or data[0].ndim != 2:
        raise NotThinError("the input is not one matrix")
    if any(v.dtype == np.float64 for v in (*state, *constants, *data)):
        raise NotThinError("float64")
    generators = [v for v in graph.inputs if not hasattr(v.type, "dtype")]
    batch = (rows.shape[1], data[0].shape[1])
    shapes = [batch, *(v.shape for v in state), *(None for _ in generators)]
    shapes += [v.shape for v in constants]
    device = gpu.n_multiprocessors, gpu.shared_bytes, gpu.groups
    program = write_program(graph, n_state, shapes, *device)
    target, name = gpu.add(program)
    return _Block(program, target, name)


class _Block:
    """A compiled program as a function of a block's arguments, for JAX to trace."""

    def __init__(self, program: Program, target: str, name: str) -> None:
        self._program = program
        self._target = target
        self._name = name

    def __call__(
        self,
        state: Sequence[DeviceArray],
        generators: Sequence[Any],
        constants: Sequence[DeviceArray],
        data: Sequence[DeviceArray],
        rows: DeviceArray,
    ) -> tuple[list[DeviceArray], DeviceArray]:
        """Train on a block; return the state after it, and the cost of each minibatch."""
        places = self._program.inputs
        weights, visible = ([state[i] for i in p] for p in (places.weights, places.visible))
        hidden = [state[i] for i in places.hidden]
        hidden += [constants[i] for i in places.hidden_constants]
        whole = [constants[i] for i in places.visible_constants]
        scalars = [state[i] for i in places.scalars]
        scalars += [constants[i] for i in places.scalar_constants]
        keys = [generator["jax_state"] for generator in generators]
        after = [*weights, *visible, *hidden, *scalars]
        arguments = [data[0], rows, *keys, *weights, *visible, *hidden, *whole, *scalars]
        results = jax.ffi.ffi_call(
            self._target,
            [*(jax.ShapeDtypeStruct(v.shape, v.dtype) for v in after), *self._room(len(rows))],
        )(*arguments, program=self._name)
        changed = [*places.weights, *places.visible, *places.hidden]
        n = len(weights) + len(visible) + len(hidden)
        found = dict(zip(changed, results, strict=False))
        found |= dict(zip(places.scalars, results[n:], strict=False))
        return [found[i] for i in range(len(state))], results[len(after)]

    def _room(self, n_minibatches: int) -> list[jax.ShapeDtypeStruct]:
        """Return shapes of the costs, and of the data that multiprocessors exchange."""
        sizes = self._program.sizes
        codes, outputs = (sizes["B"], sizes["NH"]), (sizes["B"], sizes["NV"])
        floats = [(n_minibatches,), codes, outputs, codes, (n_minibatches, sizes["G"])]
        words = [(2, self._program.words), (1,)]
        return [
            *(jax.ShapeDtypeStruct(shape, jnp.float32) for shape in floats),
            *(jax.ShapeDtypeStruct(shape, jnp.uint32) for shape in words),
        ]
