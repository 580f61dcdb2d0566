"""Make codes insensitive to small changes with the contractive penalty.

The same autoencoder is trained with and without a penalty on ‖∂code/∂x‖². The effect is measured
as the distance by which codes move under small noise. The filters are plotted.

    python examples/contractive.py

S. Rifai, P. Vincent, X. Muller, X. Glorot, Y. Bengio (2011). Contractive auto-encoders:
explicit invariance during feature extraction. ICML.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from autoenc import AutoEncoder, load_mnist


def main(arguments: Sequence[str] | None = None) -> list[float]:
    """Train with each weight of the penalty, and return the movement of the codes."""
    options = parse(arguments)
    train, _, test = load_mnist(sample=True)
    return [run(options, weight, train.images, test.images) for weight in options.contraction]


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--contraction", type=float, nargs="+", default=[0.0, 1.0], help="weights of the penalty")
    add("--hidden", type=int, default=200, help="units (%(default)s)")
    add("--epochs", type=int, default=15, help="(%(default)s)")
    add("--seed", type=int, default=1, help="(%(default)s)")
    add("--output", type=Path, default=Path("out/contractive"), help="folder (%(default)s)")
    add("--quiet", action="store_true", help="no progress bar")
    return parser.parse_args(arguments)


def run(
    options: argparse.Namespace,
    contraction: float,
    images: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    test: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> float:
    """Train with one weight, and return the mean movement of a code under small noise."""
    model = AutoEncoder(
        options.hidden,
        contraction=contraction,
        n_epochs=options.epochs,
        random_state=options.seed,
        verbose=not options.quiet,
    ).fit(images)
    noise = np.random.default_rng(options.seed).normal(0, 0.05, test.shape)
    moved = np.clip(test + noise, 0, 1)
    distance = np.linalg.norm(model.transform(moved) - model.transform(test), axis=1)
    path = options.output / f"filters_{contraction:g}.png"
    model.plot_filters(path)
    print(
        f"contraction {contraction:g}: cost {model.history_[-1]['cost']:.2f}, codes move by "
        f"{distance.mean():.3f}; filters: {path}"
    )
    return float(distance.mean())


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
