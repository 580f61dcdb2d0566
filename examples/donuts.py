"""Reconstruct the four columns of the donuts from two units.

Two columns contain two noisy donuts of different radii; two more columns depend on them. An
autoencoder with two sigmoid units, linear output and tied weights is trained by full-batch
gradient descent with momentum. One figure shows input, code, reconstruction and the cost.

    python examples/donuts.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt

from autoenc.backends import resolve_backend
from autoenc.datasets import Donuts, load_donuts, make_donuts
from autoenc.graph import AutoEncoderLayer, gaussian_weights, momentum
from autoenc.plotting import plot_debug
from autoenc.training import Record, train


def main(arguments: Sequence[str] | None = None) -> list[Record]:
    """Train, print the cost every 500 epochs, plot, and return the history."""
    options = parse(arguments)
    donuts = load_donuts() if options.rows is None else make_donuts(options.rows)
    layer = make_layer(options.units, options.seed)
    x = pt.matrix("x")
    cost = layer.squared_error(x).mean()
    history = train(
        cost,
        momentum(cost, layer.params, learning_rate=0.1, momentum=0.9),
        inputs=[x],
        data=donuts.points,
        batch_size=len(donuts.points),
        n_epochs=options.epochs,
        shuffle=False,
        backend=options.backend,
        callbacks=[print_cost],
        progress=False,
    )
    draw(layer, x, donuts, history, options)
    return history


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--rows", type=int, help="number of points to draw; by default the bundled ones are used")
    add("--units", type=int, default=2, help="units of the code (%(default)s)")
    add("--epochs", type=int, default=10_000, help="(%(default)s)")
    add("--seed", type=int, default=4, help="seed of the weights (%(default)s)")
    add("--backend", default="auto", choices=["auto", "c", "xla", "numba"])
    add("--output", type=Path, default=Path("out/donuts"), help="folder (%(default)s)")
    return parser.parse_args(arguments)


def make_layer(n_units: int, seed: int) -> AutoEncoderLayer:
    """Create a layer with Gaussian weights, whose name is part of those of its variables."""
    W = pytensor.shared(gaussian_weights(np.random.default_rng(seed), 4, n_units), name="donuts_W")
    return AutoEncoderLayer(4, n_units, rng=None, output="linear", W=W, name="donuts")


def print_cost(record: Record) -> None:
    """Print the cost of every 500th epoch."""
    if record["epoch"] == 1 or record["epoch"] % 500 == 0:
        print(f"epoch {record['epoch']:6,}: cost {record['cost']:.6f}")


def draw(
    layer: AutoEncoderLayer,
    x: Any,
    donuts: Donuts,
    history: Sequence[Record],
    options: argparse.Namespace,
) -> None:
    """Plot input, code, reconstruction and cost in one figure."""
    backend = resolve_backend(options.backend)
    encode = backend.function([x], layer.encode(x))
    reconstruct = backend.function([x], layer.reconstruct(x))
    rebuilt = reconstruct(donuts.points)
    path = options.output / "donuts.png"
    plot_debug(
        donuts.points, encode(donuts.points), rebuilt, history, donuts.labels,
        columns=(0, 1), path=path,
    )  # fmt: skip
    print(f"largest error of an entry {np.abs(rebuilt - donuts.points).max():.3f}")
    print(f"input, code, reconstruction and cost: {path}")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
