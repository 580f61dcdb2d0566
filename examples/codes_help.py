"""Use codes as features of a classifier when few labels are available.

A denoising autoencoder is trained on all training digits without labels. Then logistic regression
is fitted on 1,000 labelled digits with three kinds of features: their pixels, as many components
of PCA as there are units, and their codes. The regularisation of each is chosen by
cross-validation on the same 1,000 digits.

    python examples/codes_help.py            # the bundled sample
    python examples/codes_help.py --full     # all of MNIST
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split

from autoenc import DenoisingAutoEncoder, load_mnist
from autoenc.datasets import Mnist, Split

Features = Callable[[Any], Any]

STRENGTHS = 10.0 ** np.arange(-3, 2.5, 0.5)


def main(arguments: Sequence[str] | None = None) -> dict[str, float]:
    """Print and return the test accuracy in percent with pixels, PCA and codes."""
    options = parse(arguments)
    digits = load_mnist(options.data, download=options.download, sample=not options.full)
    print(f"{len(digits.train.images):,} digits without labels, {options.labels:,} with")
    draws = [
        labelled(digits.train, options.labels, options.seed + i) for i in range(options.draws)
    ]
    accuracies = {}
    for name, features in ways(digits, options).items():
        found = [accuracy(features, rows, digits.test) for rows in draws]
        accuracies[name] = float(np.mean(found))
        print(f"{name:24}{accuracies[name]:6.2f} % of the test digits are classified correctly")
    gain = accuracies["codes"] - accuracies["pixels"]
    print(f"codes against pixels: {gain:+.2f} points (mean of {options.draws} draws of labels)")
    return accuracies


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; some defaults depend on ``--full``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--full", action="store_true", help="use all of MNIST and 2,000 units")
    add("--hidden", type=int, help="units, and maximum components of PCA")
    add("--epochs", type=int, help="epochs of the autoencoder")
    add("--corruption", type=float, default=0.5, help="(%(default)s)")
    add("--labels", type=int, default=1000, help="labelled digits (%(default)s)")
    add(
        "--draws",
        type=int,
        default=3,
        help="number of random choices of the labelled digits (%(default)s)",
    )
    add("--data", type=Path, help="mnist.pkl.gz, mnist.npz or a folder of IDX files")
    add("--download", action="store_true", help="download the full data set if it is not found")
    add("--seed", type=int, default=1, help="(%(default)s)")
    add("--quiet", action="store_true", help="no progress bar")
    options = parser.parse_args(arguments)
    for name, value in (FULL if options.full else SAMPLE).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


FULL = {"hidden": 2000, "epochs": 5}
SAMPLE = {"hidden": 500, "epochs": 15}


def labelled(train: Split, n: int, seed: int) -> Split:
    """Draw n training digits, stratified by class."""
    images, _, labels, _ = train_test_split(
        train.images, train.labels, train_size=n, stratify=train.labels, random_state=seed
    )
    return Split(images, labels)


def ways(digits: Mnist, options: argparse.Namespace) -> dict[str, Features]:
    """Return the functions that compute features from images, by name."""
    images = digits.train.images
    n_components = min(options.hidden, images.shape[1])
    model = DenoisingAutoEncoder(
        options.hidden,
        corruption=options.corruption,
        n_epochs=options.epochs,
        random_state=options.seed,
        verbose=not options.quiet,
    ).fit(images)
    return {
        "pixels": lambda rows: rows,
        f"PCA, {n_components} components": PCA(n_components, random_state=0).fit(images).transform,
        "codes": model.transform,
    }


def accuracy(features: Features, rows: Split, test: Split) -> float:
    """Fit a classifier on the rows, and return its test accuracy in percent."""
    classifier = GridSearchCV(LogisticRegression(max_iter=1000), {"C": STRENGTHS}, cv=3)
    classifier.fit(features(rows.images), rows.labels)
    return 100 * float(classifier.score(features(test.images), test.labels))


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
