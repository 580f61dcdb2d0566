"""Inspect the programs that XLA compiles for an H100, on a machine without one.

    python -m benchmarks.program --output out/program

XLA needs only a description of the device. It compiles the real program, except for choices that
it makes by timing on the device. For each case, the table shows the number of kernels of a
minibatch, and of products, pads and copies among them, beside those of hand-written JAX. A block
of thin minibatches is one kernel of autoenc's own. The program needs JAX with its CUDA plugin, and
CUDA's compiler and libraries as wheels; the README beside this file lists them.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import hlo, report

# Properties of a device that XLA needs: those that an H100 with 80 GB reports.
H100 = """
gpu_device_info {
  threads_per_block_limit: 1024 threads_per_warp: 32 shared_memory_per_block: 49152
  shared_memory_per_core: 233472 threads_per_core_limit: 2048 core_count: 132 fpus_per_core: 128
  block_dim_limit_x: 2147483647 block_dim_limit_y: 65535 block_dim_limit_z: 65535
  memory_bandwidth: 3352320000000 l2_cache_size: 52428800 clock_rate_ghz: 1.98
  device_memory_size: 84978434048 shared_memory_per_block_optin: 232448
  cuda_compute_capability { major: 9 feature_extension: ACCELERATED_FEATURES }
  registers_per_core_limit: 65536 registers_per_block_limit: 65536
}
platform_name: "CUDA" dnn_version_info { major: 9 minor: 8 }
device_description_str: "NVIDIA H100 80GB HBM3"
"""
MULTIPROCESSORS, SHARED_BYTES = 132, 232448
N_ROWS = 50_000
BATCH_SIZES = (20, 500, 4096)
# With deterministic operations, XLA takes the first program for a product that runs, for which it
# needs a device.
WITHOUT_DEVICE = {"xla_gpu_deterministic_ops": False}


class Case(NamedTuple):
    """A step to compile."""

    batch_size: int
    corruption: float
    precision: str
    rule: str


CASES = [
    *(Case(size, level, "float32", "sgd") for size in BATCH_SIZES for level in (0.0, 0.3)),
    *(Case(size, 0.3, "mixed_bfloat16", "sgd") for size in BATCH_SIZES),
    *(Case(size, 0.3, "float32", rule) for size in (20, 500) for rule in ("momentum", "adam")),
]


class DescribedGpu:
    """A described H100: programs are compiled for it, but not run."""

    n_multiprocessors = MULTIPROCESSORS
    shared_bytes = SHARED_BYTES
    groups = (4, 4)
    architecture = "sm_90"

    def add(self, program: Any) -> tuple[str, str]:
        """Compile a program; return the name of XLA's target, and that of the program."""
        from autoenc.backends.xla.thin.kernel_source import whole_source
        from autoenc.backends.xla.thin.launching import compile_cuda, host_library

        host_library()
        compile_cuda(whole_source(program, "cuda"), self.architecture)
        return "autoenc_thin_block", "described"


def sharding() -> Any:
    """Return the placement of arrays on the described device.

    Raises
    ------
    RuntimeError
        If JAX has no CUDA plugin, or XLA does not accept the description.
    """
    os.environ["JAX_SKIP_CUDA_CONSTRAINTS_CHECK"] = "1"
    from jax.experimental import topologies
    from jax.sharding import SingleDeviceSharding

    topology = topologies.get_topology_desc(
        platform="cuda", topology_name="H100", target_config=H100, topology="1x1x1"
    )
    return SingleDeviceSharding(topology.devices[0])


def compile_ours(case: Case, place: Any, thin: bool = True) -> str:
    """Return the optimised program of autoenc's block."""
    import jax
    import pytensor.tensor as pt

    from autoenc.backends.step import make_step
    from autoenc.backends.xla.block import block_function
    from autoenc.backends.xla.compiling import GPU_MODE
    from autoenc.backends.xla.placement import Placement
    from autoenc.graph import AutoEncoderLayer, masking, resolve_optimizer, symbolic_generator
    from autoenc.graph.precision import with_mixed_products

    layer = AutoEncoderLayer(784, 500, rng=np.random.default_rng(0))
    x = pt.matrix("x")
    noise = symbolic_generator(1)
    corrupted = masking(x, case.corruption, noise) if case.corruption else None
    cost = layer.cross_entropy(x, corrupted=corrupted).mean()
    step = make_step(cost, resolve_optimizer(case.rule)(cost, layer.params, 0.1), [x])
    shared = [*step.state, *step.generators, *step.constants]
    inputs, outputs = step.with_inputs_for(shared)
    if case.precision == "mixed_bfloat16":
        outputs = with_mixed_products(outputs)
    gpu: Any = DescribedGpu() if thin else None
    graph = [*step.inputs, *inputs], outputs, len(step.state)
    one = Placement(tuple(place.device_set))
    block: Any = block_function(*graph, GPU_MODE, one, gpu)

    def described(array: Any) -> Any:
        return jax.ShapeDtypeStruct(array.shape, array.dtype, sharding=place)

    state, constants = (
        [described(v.get_value()) for v in variables] for variables in (step.state, step.constants)
    )
    keys = [{"jax_state": described(np.zeros(2, np.uint32))} for _ in step.generators]
    data = [jax.ShapeDtypeStruct((N_ROWS, 784), np.float32, sharding=place)]
    rows = described(np.zeros((max(N_ROWS // case.batch_size, 2), case.batch_size), np.int32))
    with jax.default_matmul_precision("highest"):
        lowered = block.lower(state, keys, constants, data, rows)
    return str(lowered.compile(compiler_options=WITHOUT_DEVICE).as_text())


def compile_by_hand(case: Case, place: Any) -> str:
    """Return the optimised program of the same epoch in hand-written JAX."""
    import jax

    from benchmarks.competitors import jax_scan

    def described(shape: tuple[int, ...], dtype: Any = np.float32) -> Any:
        return jax.ShapeDtypeStruct(shape, dtype, sharding=place)

    key = jax.eval_shape(lambda: jax.random.key(0, impl="rbg"))
    parameters = described((784, 500)), described((500,)), described((784,))
    minibatches = described((max(N_ROWS // case.batch_size, 2), case.batch_size, 784))
    epoch = jax.jit(partial(jax_scan.epoch, corruption=case.corruption))
    with jax.default_matmul_precision("highest"):
        lowered = epoch.lower((parameters, described(key.shape, key.dtype)), minibatches)
    return str(lowered.compile().as_text())


def row(case: Case, text: str, by_hand: str | None) -> list[str]:
    """Return a row of the table."""
    counts = hlo.kinds(text)
    thin = "autoenc_thin_block" in text
    masks = f", {case.corruption:.0%} masked" if case.corruption else ""
    return [
        f"{case.batch_size} rows{masks}, {case.rule}, {case.precision}",
        "one a block" if thin else str(sum(counts.values())),
        *("0" if thin else str(counts[kind]) for kind in ("product", "pad", "copy")),
        str(hlo.count_launches(by_hand)) if by_hand else "",
    ]


def main(arguments: list[str] | None = None) -> None:
    """Compile every case and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--output", type=Path, help="folder for the programs themselves")
    options = parser.parse_args(arguments)
    # The command line of the competitor is not ours.
    sys.argv = sys.argv[:1]
    place = sharding()
    rows = []
    for case in CASES:
        text = compile_ours(case, place)
        plain = case.rule == "sgd" and case.precision == "float32"
        rows.append(row(case, text, compile_by_hand(case, place) if plain else None))
        if options.output:
            options.output.mkdir(parents=True, exist_ok=True)
            name = "-".join(map(str, case))
            (options.output / f"{name}.txt").write_text(text, encoding="utf-8")
    header = ["784-500", "kernels per minibatch", "products", "pads", "copies", "JAX by hand"]
    print(report.table(header, rows))


if __name__ == "__main__":
    main()
