"""Impute missing values with a denoising autoencoder.

Entries of scikit-learn's digits (8×8 pixels) are removed at random. A denoising autoencoder with
``missing="mask"`` is trained on the rest; it treats missing entries like masked ones. `impute`
replaces them by their reconstruction. This is compared with the mean of each column, the five
nearest neighbours, and a Bayesian regression of each column on the others.

    python examples/imputation.py --missing 0.1 0.3
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - makes the import work
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer

from autoenc import DenoisingAutoEncoder

Array = np.ndarray[Any, Any]


def main(arguments: Sequence[str] | None = None) -> dict[float, dict[str, float]]:
    """Compare the errors on removed entries, and return them by fraction and method."""
    options = parse(arguments)
    digits = (load_digits().data / 16).astype("float32")[: options.rows]
    errors = {}
    for part in options.missing:
        errors[part] = compare(digits, part, options)
        shown = ", ".join(f"{name} {error:.4f}" for name, error in errors[part].items())
        saved = 1 - errors[part]["autoencoder"] / errors[part]["means"]
        print(f"{part:.0%} missing: error (RMSE) of {shown}; {saved:.0%} below means")
    return errors


def compare(digits: Array, part: float, options: argparse.Namespace) -> dict[str, float]:
    """Remove a fraction of the entries, and return the error of each method on them."""
    missing = np.random.default_rng(options.seed).random(digits.shape) < part
    holes = np.where(missing, np.nan, digits)
    model = DenoisingAutoEncoder(
        200,
        corruption=0.5,
        missing="mask",
        learning_rate=0.3,
        n_epochs=options.epochs,
        random_state=options.seed,
        verbose=not options.quiet,
    )
    regressions = IterativeImputer(
        max_iter=3, n_nearest_features=15, random_state=options.seed, min_value=0, max_value=1
    )
    with warnings.catch_warnings():
        # Further rounds change little.
        warnings.simplefilter("ignore", ConvergenceWarning)
        filled = {
            "autoencoder": model.fit(holes).impute(holes),
            "means": SimpleImputer().fit_transform(holes),
            "neighbours": KNNImputer().fit_transform(holes),
            "regressions": regressions.fit_transform(holes),
        }
    return {name: rmse(values[missing], digits[missing]) for name, values in filled.items()}


def rmse(values: Array, right: Array) -> float:
    """Return the root of the mean squared error."""
    return float(np.sqrt(np.mean((values - right) ** 2)))


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parts = (0.1, 0.2, 0.3, 0.4)
    parser.add_argument(
        "--missing", type=float, nargs="+", default=parts, help="fractions to remove"
    )
    parser.add_argument("--rows", type=int, help="number of digits (default: all 1,797)")
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
