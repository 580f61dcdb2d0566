"""Compare small codes: PCA, one layer, layers trained one after the other, and a deep network.

A deep autoencoder is trained greedily, layer by layer, and then as a whole. Its error on rows
that no model has seen is printed beside that of its layers before they were trained together, of
an autoencoder of one layer with the same code, and of PCA with as many components.

    python examples/deep_codes.py                  # 5,000 digits of MNIST, and tables
    python examples/deep_codes.py --full           # all of MNIST, and tables
    python examples/deep_codes.py --data digits --hidden 64,8 --seeds 5
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from autoenc import AutoEncoder, DeepAutoEncoder, load_mnist

Array = np.ndarray[Any, Any]
# Units of the layers, the code last, and epochs of all of them together.
DATA = {
    "mnist": ((256, 32), 30),
    "digits": ((64, 8), 100),
    "breast cancer": ((64, 4), 200),
    "wine": ((64, 3), 400),
}
TABLES = {
    "digits": datasets.load_digits,
    "breast cancer": datasets.load_breast_cancer,
    "wine": datasets.load_wine,
}
METHODS = ("PCA", "one layer", "layers alone", "deep")


def main(arguments: Sequence[str] | None = None) -> dict[str, dict[str, float]]:
    """Print a table of mean squared errors, and return it by data and method."""
    options = parse(arguments)
    names = options.data or list(DATA)
    print(f"{'data':16}{'layers':>10}" + "".join(f"{name:>18}" for name in METHODS))
    found = {}
    for name in names:
        sizes, n_epochs = DATA[name]
        sizes, n_epochs = options.hidden or sizes, options.epochs or n_epochs
        runs = [compare(name, sizes, n_epochs, seed, options) for seed in range(options.seeds)]
        found[name] = {m: float(np.mean([run[m] for run in runs])) for m in METHODS}
        spread = {m: float(np.std([run[m] for run in runs])) for m in METHODS}
        shown = "".join(f"{found[name][m]:>10.4f} ±{spread[m]:6.4f}" for m in METHODS)
        print(f"{name:16}{'-'.join(map(str, sizes)):>10}{shown}", flush=True)
    return found


def compare(
    name: str, sizes: Sequence[int], n_epochs: int, seed: int, options: argparse.Namespace
) -> dict[str, float]:
    """Return the error of each method on rows that it was not fitted on."""
    train, test = rows_of(name, seed, full=options.full)
    settings: dict[str, Any] = {"random_state": seed, "verbose": not options.quiet}
    deep = DeepAutoEncoder(
        sizes, n_epochs=n_epochs, activation=options.activation, corruption=options.corruption,
        pretraining_corruption=options.pretraining_corruption, **settings,
    ).fit(train)  # fmt: skip
    # As many epochs as the deep network had in all.
    n_epochs += deep.stack_.history_[-1]["epoch"] * len(sizes)
    one = AutoEncoder(
        sizes[-1], activation="linear", init="glorot", optimizer="adam", learning_rate=0.001,
        n_epochs=n_epochs, **settings,
    ).fit(train)  # fmt: skip
    pca = PCA(sizes[-1], random_state=seed).fit(train)
    return {
        "PCA": mean_squared(pca.inverse_transform(pca.transform(test)), test),
        "one layer": mean_squared(one.reconstruct(test), test),
        "layers alone": mean_squared(deep.stack_.reconstruct(test), test),
        "deep": mean_squared(deep.reconstruct(test), test),
    }


def rows_of(name: str, seed: int, *, full: bool) -> tuple[Array, Array]:
    """Return rows to train on and to test on: images in [0, 1], columns standardised."""
    if name == "mnist":
        mnist = load_mnist(sample=not full)
        return mnist.train.images, mnist.test.images
    table = TABLES[name]().data.astype("float32")
    train, test = train_test_split(table, test_size=0.3, random_state=seed)
    if name == "digits":
        return train / 16, test / 16
    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(test)


def mean_squared(z: Array, x: Array) -> float:
    """Return the mean squared error of all entries."""
    return float(np.mean(np.square(z - x), dtype=np.float64))


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", nargs="+", choices=DATA, help="default: all")
    parser.add_argument("--hidden", type=_sizes, help="units of the layers, such as 64,8")
    parser.add_argument("--epochs", type=int, help="epochs of joint training")
    parser.add_argument("--activation", default="auto", help="activation of all layers")
    parser.add_argument("--corruption", type=float, help="masking in joint training")
    parser.add_argument("--pretraining-corruption", type=float, help="masking of each layer alone")
    parser.add_argument("--seeds", type=int, default=3, help="number of fits of each model")
    parser.add_argument("--full", action="store_true", help="all of MNIST, not a sample")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    return parser.parse_args(arguments)


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(","))


if __name__ == "__main__":
    main()
