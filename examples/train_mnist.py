"""Learn features of handwritten digits, without and with corruption.

This is the classic pair of runs: the same autoencoder is trained on clean digits, and on digits
with three pixels in ten set to black. The filters of the hidden units change from noise to strokes
and blobs.

    python examples/train_mnist.py
    python examples/train_mnist.py --epochs 3 --corruption 0.3 --output out/quick
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from autoenc import DenoisingAutoEncoder, load_mnist, plot_filters
from autoenc.datasets import DatasetNotFoundError, Mnist
from autoenc.watching import write_history


def main(arguments: Sequence[str] | None = None) -> list[DenoisingAutoEncoder]:
    """Train one model for each corruption level, and write its pictures."""
    options = parse(arguments)
    digits = load_digits(options)
    models = [run(options, digits, corruption) for corruption in options.corruption]
    compare(models, options.output / "filters_side_by_side.png")
    return models


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--corruption", type=float, nargs="+", default=[0.0, 0.3], help="one run for each")
    add("--hidden", type=int, default=500, help="hidden units (%(default)s)")
    add("--epochs", type=int, default=15, help="passes over the digits (%(default)s)")
    add("--batch-size", type=int, default=20, help="rows of a minibatch (%(default)s)")
    add("--learning-rate", type=float, default=0.1, help="(%(default)s)")
    add("--data", type=Path, help="mnist.pkl.gz, mnist.npz or a folder of IDX files")
    add("--download", action="store_true", help="download the full data set if it is not found")
    add("--sample", action="store_true", help="use the bundled sample of 5,000 digits")
    add("--output", type=Path, default=Path("out/train_mnist"), help="folder (%(default)s)")
    add("--backend", default="auto", choices=["auto", "c", "xla", "numba"])
    add("--device", help="cpu, cuda or cuda<number>; by default the fastest available")
    add("--seed", type=int, default=123, help="(%(default)s)")
    add("--checkpoint", action="store_true", help="write a checkpoint after every epoch")
    add("--resume", action="store_true", help="resume from existing checkpoints")
    add("--quiet", action="store_true", help="no progress bar")
    return parser.parse_args(arguments)


def load_digits(options: argparse.Namespace) -> Mnist:
    """Load full MNIST if it is found, else the sample, and print which."""
    digits = None
    if not options.sample:
        try:
            digits = load_mnist(options.data, download=options.download)
            print(f"full MNIST: {len(digits.train.images):,} training digits")
        except DatasetNotFoundError:
            if options.data or options.download:
                raise
    if digits is None:
        digits = load_mnist(sample=True)
        print(
            f"the bundled sample of MNIST: {len(digits.train.images):,} training digits "
            "(--download gets all 50,000)"
        )
    return digits


def run(options: argparse.Namespace, digits: Mnist, corruption: float) -> DenoisingAutoEncoder:
    """Train with one corruption level, and write pictures, history and model."""
    print(f"\ncorruption {corruption:.0%}")
    model = DenoisingAutoEncoder(
        n_hidden=options.hidden,
        corruption=corruption,
        learning_rate=options.learning_rate,
        batch_size=options.batch_size,
        n_epochs=options.epochs,
        random_state=options.seed,
        backend=options.backend,
        device=options.device,
        verbose=not options.quiet,
    )
    folder = options.output / f"corruption_{round(100 * corruption):02d}"
    model.fit(
        digits.train.images,
        checkpoint=folder / "run.ckpt" if options.checkpoint or options.resume else None,
        resume=options.resume,
    )
    write(model, digits, folder)
    seconds = [record["seconds"] for record in model.history_]
    print(f"ran on {model.backend_}")
    print(f"{sum(seconds) / len(seconds):.2f} s per epoch on average")
    # The deviance is the cost minus the entropy of the digits themselves.
    test_error = -model.score(digits.test.images)
    print(
        f"cost {model.history_[-1]['cost']:.2f} in training, deviance {test_error:.2f} on clean "
        "test digits"
    )
    print(f"filters, reconstructions, loss curve, history.csv and model: {folder}/")
    return model


def write(model: DenoisingAutoEncoder, digits: Mnist, folder: Path) -> None:
    """Write pictures, history and model."""
    model.plot_filters(folder / "filters.png")
    model.plot_reconstructions(digits.test.images, folder / "reconstructions.png")
    model.plot_loss(folder / "loss.png")
    write_history(model.history_, folder / "history.csv")
    model.save(folder / "model.safetensors")


def compare(models: Sequence[DenoisingAutoEncoder], path: Path) -> None:
    """Write one picture of the first 100 filters of each model, 10 in a row."""
    blank = np.zeros((10, 1, 784))  # a constant image is white
    panels = [blank]
    for model in models:
        filters = np.zeros((100, 784))
        filters[: model.n_hidden] = model.W_.T[:100]
        panels += [filters.reshape(10, 10, 784), blank]
    tiles = np.concatenate(panels[1:-1], axis=1)
    levels = ", ".join(f"{model.corruption:.0%}" for model in models)
    plot_filters(
        tiles.reshape(-1, 784),
        k=tiles.size // 784,
        columns=tiles.shape[1],
        path=path,
        title=f"filters at corruption {levels}",
    )
    print(f"\nfilters side by side: {path}")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
