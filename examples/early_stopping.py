"""Stop the training of a perceptron before it overfits.

The rule is geometric patience, as in the Theano tutorials: a minimum number of minibatches is
always used, and each significant improvement of the validation error extends the training. The
model with the lowest validation error is tested.

    python examples/early_stopping.py
    python examples/early_stopping.py --full    # all of MNIST, 500 hidden units
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from autoenc import load_mnist
from autoenc.estimators import PerceptronClassifier
from autoenc.training import GeometricPatience


def main(arguments: Sequence[str] | None = None) -> float:
    """Train with early stopping, and return the test error in percent."""
    options = parse(arguments)
    train, valid, test = load_mnist(options.data, sample=not options.full)
    model = PerceptronClassifier(
        options.hidden,
        learning_rate=options.learning_rate,
        l2=options.l2,
        batch_size=20,
        n_epochs=options.epochs,
        early_stopping=GeometricPatience(options.patience, increase=2, threshold=0.995),
        random_state=options.seed,
        verbose=not options.quiet,
    )
    model.fit(train.images, train.labels, validation=(valid.images, valid.labels))
    errors = [record["valid_cost"] for record in model.history_ if "valid_cost" in record]
    how = "stopped early" if model.history_[-1].get("stopped_early") else "ran"
    print(f"{how} after {len(model.history_)} epochs of at most {options.epochs}")
    print(f"best validation error {100 * min(errors):.2f} %, last {100 * errors[-1]:.2f} %")
    test_error: float = 100 * (1 - model.score(test.images, test.labels))
    print(f"test error {test_error:.2f} %, of {len(test.labels):,} digits")
    return test_error


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--full", action="store_true", help="use all of MNIST")
    add("--hidden", type=int, default=500, help="units (%(default)s)")
    add("--epochs", type=int, default=1_000, help="maximum number of epochs (%(default)s)")
    add("--patience", type=int, default=5_000, help="minibatches (%(default)s)")
    add("--learning-rate", type=float, default=0.3, help="(%(default)s)")
    add("--l2", type=float, default=1e-4, help="penalty (%(default)s)")
    add("--data", type=Path, help="mnist.pkl.gz, mnist.npz or a folder of IDX files")
    add("--seed", type=int, default=1, help="(%(default)s)")
    add("--quiet", action="store_true", help="no progress bar")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
