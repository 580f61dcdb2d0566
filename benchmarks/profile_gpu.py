"""Profile the kernels of a block, on the device where it runs.

    python -m benchmarks.profile_gpu --device cuda --batch-sizes 20 500 4096

For each precision, it prints the rate of a large product. For each size of minibatch, it prints
the time of an epoch of `train`, the time of a block's program alone, the number and time of runs
of each kernel, and the kernels of one minibatch in order, with the pauses between them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytensor.tensor as pt
from jax.profiler import ProfileData

from autoenc.backends import in_precision, make_step
from autoenc.backends.xla.xla_backend import XlaBackend
from autoenc.graph import AutoEncoderLayer, masking, sgd, symbolic_generator
from autoenc.training import train

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS = 20_000
ROWS_OF_AN_EPOCH, EPOCHS = 50_000, 30
EDGE = 8192


class Event(NamedTuple):
    """A kernel that the device ran: its start, and its duration in microseconds."""

    start: float
    micros: float
    name: str


def main(arguments: list[str] | None = None) -> None:
    """Profile every size of minibatch that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[20, 500, 4096])
    parser.add_argument("--precisions", nargs="+", default=["float32"])
    options = parser.parse_args(arguments)
    for precision in options.precisions:
        print(f"{rate_of_products(precision):.0f} TFLOP/s in a product of {EDGE}, {precision}")
    for batch_size in options.batch_sizes:
        for precision in options.precisions:
            profile(options.device, batch_size, precision)


def profile(device: str, batch_size: int, precision: str) -> None:
    """Print time and kernels of a block of one size."""
    backend = XlaBackend(device)
    x, cost, updates = model()
    print(f"## {batch_size} rows, {precision}")
    print(f"{epoch(device, batch_size, precision):.1f} µs per minibatch of an epoch")
    step = make_step(cost, updates, [x])
    runner = backend.compile(in_precision(precision, step, backend))
    data = [backend.put(np.random.default_rng(0).random((ROWS, 784), dtype="float32"))]
    rows = np.arange(ROWS - ROWS % batch_size).reshape(-1, batch_size)
    runner.run(data, rows, (0,))
    seconds = []
    for i in range(5):
        started = time.perf_counter()
        runner.run(data, rows, (i,))
        seconds.append(time.perf_counter() - started)
    micros = median(seconds) * 1e6 / len(rows)
    print(f"{micros:.1f} µs per minibatch of a block")
    events = kernels(lambda: runner.run(data, rows, (9,)))
    for name, times in by_name(events).items():
        print(
            f"{len(times) / len(rows):8.2f} per minibatch, {mean(times):8.2f} µs each  {name[:90]}"
        )
    print_timeline(events, len(rows))


def rate_of_products(precision: str) -> float:
    """Return the TFLOP/s of a large product."""
    low = jnp.bfloat16 if precision == "mixed_bfloat16" else jnp.float32
    a = jax.random.normal(jax.random.PRNGKey(0), (EDGE, EDGE)).astype(low)
    how = "tensorfloat32" if precision == "tf32" else "highest"
    multiply = jax.jit(lambda a: jnp.matmul(a, a, precision=how))
    multiply(a).block_until_ready()
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        multiply(a).block_until_ready()
        seconds.append(time.perf_counter() - started)
    return 2 * EDGE**3 / median(seconds) / 1e12


def model() -> tuple[Any, Any, Any]:
    """Return input, cost and updates of 784-500, 30 % masked, by gradient descent."""
    layer = AutoEncoderLayer(784, 500, rng=np.random.default_rng(0))
    x = pt.matrix("x")
    cost = layer.cross_entropy(x, corrupted=masking(x, 0.3, symbolic_generator(1))).mean()
    return x, cost, sgd(cost, layer.params, 0.1)


def epoch(device: str, batch_size: int, precision: str) -> float:
    """Return the microseconds per minibatch of an uninterrupted training run, from a callback."""
    x, cost, updates = model()
    n_minibatches = ROWS_OF_AN_EPOCH // batch_size
    rows = np.random.default_rng(0).random((n_minibatches * batch_size, 784), dtype="float32")
    ends: list[float] = []
    train(
        cost, updates, inputs=[x], data=rows, batch_size=batch_size, n_epochs=EPOCHS,
        shuffle=False, backend="xla", device=device, precision=precision, progress=False,
        callbacks=[lambda record: ends.append(time.perf_counter())],
    )  # fmt: skip
    # The first epochs compile.
    return float(np.median(np.diff(ends)[EPOCHS // 5 :])) * 1e6 / n_minibatches


def kernels(run: Any) -> list[Event]:
    """Return the kernels that the device ran, in order."""
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder):
            run()
        (trace,) = Path(folder).rglob("*.xplane.pb")
        planes = ProfileData.from_file(str(trace)).planes
        return sorted(
            Event(event.start_ns / 1e3, event.duration_ns / 1e3, event.name)
            for plane in planes
            for line in (plane.lines if "GPU" in plane.name else ())
            for event in (line.events if "Stream" in line.name else ())
        )


def by_name(events: Sequence[Event]) -> dict[str, list[float]]:
    """Return the microseconds of the runs of each kernel, the largest total first."""
    found: dict[str, list[float]] = defaultdict(list)
    for event in events:
        found[event.name].append(event.micros)
    return dict(sorted(found.items(), key=lambda item: -sum(item[1])))


def print_timeline(events: Sequence[Event], n_minibatches: int) -> None:
    """Print the kernels of a minibatch in the middle of the block, and the pauses before them."""
    if not events:
        return
    span = events[-1].start + events[-1].micros - events[0].start
    busy = sum(event.micros for event in events)
    print(
        f"{span / n_minibatches:.1f} µs per minibatch on the device, {busy / span:.0%} in kernels"
    )
    n_events = round(len(events) / n_minibatches)
    middle = len(events) // 2
    for before, event in zip(
        events[middle - 1 :], events[middle : middle + n_events], strict=False
    ):
        pause = event.start - before.start - before.micros
        print(f"  pause {pause:6.2f}, kernel {event.micros:6.2f} µs  {event.name[:70]}")


if __name__ == "__main__":
    main()
