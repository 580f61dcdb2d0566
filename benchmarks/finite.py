"""Cost of checking after every block that all values are finite, and of saving the state.

    python -m benchmarks.finite

The time of a block of 250 minibatches of 20 rows, 784-500, is compared with the time of the check
and the copy that follow it.
"""

from __future__ import annotations

from statistics import median
from time import perf_counter

import numpy as np
import pytensor.tensor as pt

from autoenc import load_mnist
from autoenc.backends import make_step, resolve_backend
from autoenc.graph import AutoEncoderLayer, sgd

BLOCKS = 15


def main() -> None:
    """Measure each backend."""
    images = load_mnist(sample=True).train.images
    rows = np.random.default_rng(0).permutation(len(images)).reshape(-1, 20)
    for name in ("xla", "c"):
        layer = AutoEncoderLayer(784, 500, rng=np.random.default_rng(0))
        x = pt.matrix("x", dtype="float32")
        cost = layer.cross_entropy(x).mean()
        backend = resolve_backend(name, "cpu")
        runner = backend.compile(make_step(cost, sgd(cost, layer.params, 0.1), [x]))
        data = [backend.put(images)]
        training, looking = [], []
        for block in range(BLOCKS):
            started = perf_counter()
            runner.run(data, rows, (0, block))
            trained = perf_counter()
            runner.is_finite()
            runner.keep()
            training.append(trained - started)
            looking.append(perf_counter() - trained)
        share = median(looking) / median(training)
        print(
            f"{name:<5}{1e3 * median(training):.1f} ms per block, {1e3 * median(looking):.2f} ms "
            f"to check and save: {share:.2%}"
        )


if __name__ == "__main__":
    main()
