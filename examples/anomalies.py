"""Detect digits of a class that the model was not trained on.

For each of the ten digits, an autoencoder is trained on the other nine, calibrated on validation
digits of these nine, and applied to the test digits. A table shows the area under the ROC curve (1
is perfect, 0.5 is chance). For comparison, it also shows this area for the reconstruction error of
PCA, with as many components as units and with few, and for an isolation forest. The last column is
the measured rate of false alarms, of which 5 % are allowed.

    python examples/anomalies.py            # the bundled sample
    python examples/anomalies.py --full     # all of MNIST
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

from autoenc import AutoEncoder, load_mnist
from autoenc.analysis import AnomalyDetector
from autoenc.datasets import Mnist, Split

FEW_COMPONENTS = 16
FALSE_ALARMS = 0.05


def main(arguments: Sequence[str] | None = None) -> dict[str, list[float]]:
    """Print the table, and return its columns, with one number for each held-out digit."""
    options = parse(arguments)
    digits = load_mnist(options.data, download=options.download, sample=not options.full)
    print(f"{len(digits.train.images):,} training digits, less those of the class held out")
    columns: dict[str, list[float]] = {}
    for digit in options.digits:
        found = dict(evaluate(digits, digit, options))
        if not columns:
            print("held out" + "".join(f"{name:>18}" for name in found))
        print(f"{digit:8}" + "".join(f"{value:18.3f}" for value in found.values()), flush=True)
        for name, value in found.items():
            columns.setdefault(name, []).append(value)
    print("mean    " + "".join(f"{np.mean(values):18.3f}" for values in columns.values()))
    return columns


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; some defaults depend on ``--full``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--full", action="store_true", help="use all of MNIST")
    add(
        "--digits",
        type=int,
        nargs="+",
        default=range(10),
        help="digits to hold out, one after the other (all)",
    )
    add("--hidden", type=int, default=64, help="units, and components of PCA (%(default)s)")
    add("--epochs", type=int, help="epochs of the autoencoder")
    add("--data", type=Path, help="mnist.pkl.gz, mnist.npz or a folder of IDX files")
    add("--download", action="store_true", help="download the full data set if it is not found")
    add("--seed", type=int, default=1, help="(%(default)s)")
    add("--quiet", action="store_true", help="no progress bar")
    options = parser.parse_args(arguments)
    if options.epochs is None:
        options.epochs = 5 if options.full else 20
    return options


def evaluate(
    digits: Mnist, digit: int, options: argparse.Namespace
) -> Iterator[tuple[str, float]]:
    """Compute the area under the curve of each method, and the rate of false alarms."""
    normal = without(digits.train, digit)
    test, strange = digits.test.images, digits.test.labels == digit
    detector = AnomalyDetector(fitted_autoencoder(normal, options), FALSE_ALARMS)
    detector.fit(without(digits.valid, digit))
    yield "autoenc", auc(strange, -detector.score_samples(test))
    for k in (options.hidden, FEW_COMPONENTS):
        pca = PCA(k, random_state=options.seed).fit(normal)
        rebuilt = pca.inverse_transform(pca.transform(test))
        yield f"PCA {k}", auc(strange, ((test - rebuilt) ** 2).mean(axis=1))
    forest = IsolationForest(random_state=options.seed).fit(normal)
    yield "isolation forest", auc(strange, -forest.score_samples(test))
    yield "false alarms", float(np.mean(detector.predict(test[~strange]) == -1))


def fitted_autoencoder(images: Any, options: argparse.Namespace) -> AutoEncoder:
    """Fit a model with squared error, because cross-entropy grows with the ink of a digit."""
    return AutoEncoder(
        options.hidden,
        activation="tanh",
        cost="squared_error",
        learning_rate=1.0,
        momentum=0.9,
        n_epochs=options.epochs,
        random_state=options.seed,
        verbose=not options.quiet,
    ).fit(images)


def without(split: Split, digit: int) -> Any:
    """Return the images of all other digits."""
    return split.images[split.labels != digit]


def auc(strange: Any, errors: Any) -> float:
    """Compute the probability that an anomalous digit has a larger error than another."""
    return float(roc_auc_score(strange, errors))


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
