"""Profile a block by kernel, on the device where it runs.

    python -m benchmarks.profile_gpu --device cuda --batch-sizes 20 500 4096

For each size of minibatch: the time of an epoch of `train`, the time of a block's program alone,
and each kernel that the device ran, with how often and how long.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

import jax
import numpy as np
import pytensor.tensor as pt
from jax.profiler import ProfileData

from autoenc.backends import in_precision, make_step
from autoenc.backends.xla.backend import XlaBackend
from autoenc.graph import AutoEncoderLayer, masking, sgd, symbolic_generator
from autoenc.training import train

ROWS = 20_000
ROWS_OF_AN_EPOCH, EPOCHS = 50_000, 30


def main(arguments: list[str] | None = None) -> None:
    """Profile every size that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[20, 500, 4096])
    parser.add_argument("--precisions", nargs="+", default=["float32"])
    options = parser.parse_args(arguments)
    for batch_size in options.batch_sizes:
        for precision in options.precisions:
            profile(options.device, batch_size, precision)


def profile(device: str, batch_size: int, precision: str) -> None:
    """Print time and kernels of a block of one size."""
    backend = XlaBackend(device)
    x, cost, updates = model()
    print(f"## {batch_size} rows, {precision}")
    print(f"{epoch(device, batch_size, precision):.1f} µs a minibatch of an epoch")
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
    print(f"{micros:.1f} µs a minibatch of a block")
    for name, (count, total) in kernels(lambda: runner.run(data, rows, (9,))).items():
        print(f"{count / len(rows):8.2f} a minibatch, {total / count:8.2f} µs each  {name[:90]}")


def model() -> tuple[Any, Any, Any]:
    """Return input, cost and updates of 784-500, 30 % masked, by gradient descent."""
    layer = AutoEncoderLayer(784, 500, rng=np.random.default_rng(0))
    x = pt.matrix("x")
    cost = layer.cross_entropy(x, corrupted=masking(x, 0.3, symbolic_generator(1))).mean()
    return x, cost, sgd(cost, layer.params, 0.1)


def epoch(device: str, batch_size: int, precision: str) -> float:
    """Return the microseconds of a minibatch in a training without pauses, with a callback."""
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


def kernels(run: Any) -> dict[str, tuple[int, float]]:
    """Return how often each kernel of the device ran, and its microseconds, longest first."""
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder):
            run()
        (trace,) = Path(folder).rglob("*.xplane.pb")
        planes = ProfileData.from_file(str(trace)).planes
        found: dict[str, list[float]] = defaultdict(list)
        for plane in planes:
            for line in plane.lines if "GPU" in plane.name else ():
                for event in line.events if "Stream" in line.name else ():
                    found[event.name].append(event.duration_ns / 1e3)
    by_time = sorted(found.items(), key=lambda item: -sum(item[1]))
    return {name: (len(times), sum(times)) for name, times in by_time}


if __name__ == "__main__":
    main()
