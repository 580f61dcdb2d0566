"""Compare kinds and levels of corruption.

One model is trained with each kind of noise. The filters are plotted, and the error of
reconstructing clean test digits from corrupted ones is measured.

    python examples/denoising.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytensor.tensor as pt

from autoenc import DenoisingAutoEncoder, load_mnist
from autoenc.graph import corrupt

NOISES: dict[str, Any] = {
    "none": 0.0,
    "masking 30 %": ("masking", 0.3),
    "masking 50 %": ("masking", 0.5),
    "salt and pepper 20 %": ("salt_and_pepper", 0.2),
    "Gaussian 0.3": ("gaussian", 0.3),
    "masking, then Gaussian": [("masking", 0.2), ("gaussian", 0.2)],
}


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Train a model with each noise, and return the errors on masked digits."""
    options = parse(arguments)
    train, _, test = load_mnist(sample=True)
    x = pt.constant(test.images)
    masked = corrupt(x, ("masking", 0.3), options.seed).eval(mode="FAST_COMPILE")
    errors = {}
    for name, noise in NOISES.items():
        model = DenoisingAutoEncoder(
            options.hidden,
            corruption=noise,
            n_epochs=options.epochs,
            random_state=options.seed,
            verbose=not options.quiet,
        ).fit(train.images)
        rebuilt = model.reconstruct(masked)
        errors[name] = float(np.sqrt(((rebuilt - test.images) ** 2).mean()))
        file = name.replace(" %", "").replace(",", "").replace(" ", "_").lower()
        model.plot_filters(options.output / f"filters_{file}.png", title=name)
        model.plot_reconstructions(test.images, options.output / f"reconstructions_{file}.png")
        print(f"{name:24}error on digits with 30 % masked: {errors[name]:.4f}")
    print(f"filters and reconstructions: {options.output}/")
    return errors


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--hidden", type=int, default=500, help="units (%(default)s)")
    add("--epochs", type=int, default=15, help="(%(default)s)")
    add("--seed", type=int, default=1, help="(%(default)s)")
    add("--output", type=Path, default=Path("out/denoising"), help="folder (%(default)s)")
    add("--quiet", action="store_true", help="no progress bar")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
