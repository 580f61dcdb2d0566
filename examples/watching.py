"""Record a training run: a csv file, TensorBoard, the best model and an animation.

    python examples/watching.py
    tensorboard --logdir out/watching/events     # during the training or later

Everything is written during the training, so nothing is lost if it is interrupted. TensorBoard
needs ``pip install "autoenc[tensorboard]"``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from autoenc import DenoisingAutoEncoder, load_mnist
from autoenc.watching import CsvHistory, FilmFilters, SaveBest, TensorBoard


def main(arguments: Sequence[str] | None = None) -> DenoisingAutoEncoder:
    """Train with four callbacks, and return the best model, loaded from its file."""
    options = parse(arguments)
    digits = load_mnist(sample=True)
    best = SaveBest(options.output / "best.safetensors")
    watchers = [
        CsvHistory(options.output / "history.csv"),
        TensorBoard(options.output / "events", digits.test.images[:10], every=options.every),
        FilmFilters(options.output / "filters.gif", every=options.every),
        best,
    ]
    model = DenoisingAutoEncoder(
        n_hidden=options.hidden,
        n_epochs=options.epochs,
        random_state=options.seed,
        verbose=not options.quiet,
    )
    model.fit(digits.train.images, callbacks=watchers)
    assert best.best is not None
    print(f"the best model is that of epoch {best.best['epoch']}: {best.path}")
    print(f"history.csv, filters.gif and the events of TensorBoard: {options.output}/")
    return DenoisingAutoEncoder.load(best.path)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--hidden", type=int, default=100, help="hidden units (%(default)s)")
    add("--epochs", type=int, default=10, help="passes over 5,000 digits (%(default)s)")
    add("--every", type=int, default=2, help="epochs between pictures (%(default)s)")
    add("--output", type=Path, default=Path("out/watching"), help="folder (%(default)s)")
    add("--seed", type=int, default=123, help="(%(default)s)")
    add("--quiet", action="store_true", help="no progress bar")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
