"""A block of minibatches as one XLA program: a scan, or one kernel of autoenc's own on a GPU.

PyTensor converts the step to a JAX function. The scan around it is written here and not with
`pytensor.scan`, so that minibatches are gathered on the device within the loop, and generators are
arguments.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.replace import clone_replace

from autoenc.backends.interface import DeviceArray
from autoenc.backends.xla.compiling import GPU_OPTIONS, MODE, Compiled, compiled_once, jaxify
from autoenc.backends.xla.placement import Placement
from autoenc.backends.xla.thin import EmulatedGpu, Gpu, NotThinError, thin_block
from autoenc.graph.types import Expression

logger = logging.getLogger(__name__)


@compiled_once
def block_function(
    inputs: Any,
    outputs: Any,
    n_state: int,
    mode: Any,
    placement: Placement,
    gpu: Gpu | EmulatedGpu | None = None,
) -> Compiled:
    """Compile a block: (state, generators, constants, data, rows, batch) → (error, results).

    The inputs of the graph are those of a minibatch, and the shared variables of the step.

    If `rows` has a row number for each row of a minibatch, the batch is None. If `rows` has the
    numbers of minibatches in the data, the batch is the number of rows of each; the padding of
    the devices' shares comes after these rows.

    The results are state and report. The report contains the costs and, at the end, whether the
    state is finite. It is a single array, because fetching another one would take a GPU longer
    than computing it. The error is for the checks that are returned with the function.
    """
    inputs, outputs = _without_values(inputs, outputs)
    step, checks = jaxify(inputs, outputs, mode)
    scan = _scan(step, n_state, placement)

    def run_block(
        state: list[DeviceArray],
        generators: list[Any],
        constants: list[DeviceArray],
        data: list[DeviceArray],
        rows: DeviceArray,
        batch: int | None = None,
    ) -> tuple[list[DeviceArray], DeviceArray]:
        train: Callable[..., Any] = functools.partial(scan, batch)
        if gpu is not None:
            train = (
                _thin_block(inputs, outputs, n_state, gpu, state, constants, data, rows) or train
            )
        state, costs = train(state, generators, constants, data, rows)
        finite = jax.numpy.array([jax.numpy.isfinite(variable).all() for variable in state])
        return state, jax.numpy.append(costs, finite.all().astype(costs.dtype))

    def run_checked(*arguments: Any) -> tuple[Any, tuple[list[DeviceArray], DeviceArray]]:
        *arrays, batch = arguments
        run = functools.partial(run_block, batch=batch)
        error, results = checks.within(run)(*arrays)
        leaves, form = jax.tree.flatten(error)
        return form.unflatten(placement.gather(leaves)), results

    options = None if placement.first.platform == "cpu" else GPU_OPTIONS
    function: Callable[..., Any] = jax.jit(run_checked, compiler_options=options, static_argnums=5)
    return function, checks


def _without_values(
    inputs: Sequence[Expression], outputs: Sequence[Expression]
) -> tuple[list[Expression], list[Expression]]:
    """Return a copy of a graph with plain inputs, so that kept code keeps no weights in memory."""
    plain = [variable.type(name=variable.name) for variable in inputs]
    return plain, clone_replace(outputs, dict(zip(inputs, plain, strict=True)))


def _scan(
    step: Callable[..., tuple[DeviceArray, ...]], n_state: int, placement: Placement
) -> Callable[..., Any]:
    """Return a function that performs a step with each minibatch of a block."""

    def run(
        batch: int | None,
        state: list[DeviceArray],
        generators: list[Any],
        constants: list[DeviceArray],
        data: list[DeviceArray],
        rows: DeviceArray,
    ) -> tuple[list[DeviceArray], DeviceArray]:
        def minibatch(carry: Any, rows: DeviceArray) -> tuple[Any, DeviceArray]:
            state, generators = carry
            inputs = [array.at[rows].get(mode="promise_in_bounds")[:batch] for array in data]
            shares = placement.share(inputs)
            with _dividing(placement):
                cost, *rest = step(*shares, *state, *generators, *constants)
                state = placement.keep(rest[:n_state])
                cost, *generators = placement.gather([cost, *rest[n_state:]])
            return (state, generators), cost

        (state, _), costs = jax.lax.scan(minibatch, (state, generators), rows)
        return state, costs

    return run


@contextmanager
def _dividing(placement: Placement) -> Iterator[None]:
    """Tell operations whether devices share the rows."""
    from autoenc.backends.xla.ops import rows_are_divided

    token = rows_are_divided.set(placement.is_shared)
    try:
        yield
    finally:
        rows_are_divided.reset(token)


def _thin_block(
    inputs: Any, outputs: Any, n_state: int, gpu: Gpu | EmulatedGpu, *arrays: Any
) -> Callable[..., Any] | None:
    """Return a function that trains on a block as one kernel; None if the kernel cannot do so."""
    graph = FunctionGraph(list(inputs), list(outputs), clone=True)
    # Rewrite without fusion: the kernel needs separate operations between the products.
    MODE.optimizer.rewrite(graph)
    try:
        return thin_block(graph, n_state, gpu, *arrays)
    except NotThinError as error:
        logger.info("XLA runs the block: %s", error)
        return None
