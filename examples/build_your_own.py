"""Use the building blocks of `autoenc.graph` in your own functions.

A denoising autoencoder and the hidden layer of a perceptron share one weight matrix. Each has its
own cost and its own compiled function. Training either of them changes both, because parameters
are not copied. The training loop is written out here.

    python examples/build_your_own.py
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
import pytensor
import pytensor.tensor as pt

from autoenc import load_mnist
from autoenc.graph import (
    AutoEncoderLayer,
    DenseLayer,
    Network,
    SoftmaxLayer,
    masking,
    random_updates,
    sgd,
    symbolic_generator,
)


def main(arguments: Sequence[str] | None = None) -> float:
    """Train both alternately, and return the error rate on test digits."""
    options = parse(arguments)
    train, _, test = load_mnist(sample=True)
    rng = np.random.default_rng(options.seed)

    # Both layers share one matrix.
    autoencoder = AutoEncoderLayer(784, options.hidden, rng=rng, name="shared")
    hidden = DenseLayer(
        784, options.hidden, rng=None, W=autoencoder.W, bias=autoencoder.hidden_bias
    )
    network = Network([hidden], SoftmaxLayer(options.hidden, 10, name="top"))

    x, y = pt.matrix("x"), pt.ivector("y")
    noise = symbolic_generator(options.seed)
    rebuild = autoencoder.cross_entropy(x, corrupted=masking(x, 0.3, noise)).mean()
    classify = network.negative_log_likelihood(x, y).mean()
    without_labels = pytensor.function(
        [x],
        rebuild,
        updates=sgd(rebuild, autoencoder.params, 0.1) | random_updates(rebuild),
        mode=options.mode,
    )
    with_labels = pytensor.function(
        [x, y], classify, updates=sgd(classify, network.params, 0.1), mode=options.mode
    )
    error = pytensor.function([x, y], network.zero_one_loss(x, y).mean(), mode=options.mode)

    labels = train.labels.astype("int32")
    for epoch in range(1, options.epochs + 1):
        costs = []
        for start in range(0, len(labels), 20):
            rows = slice(start, start + 20)
            rebuilt = without_labels(train.images[rows])
            costs.append((rebuilt, with_labels(train.images[rows], labels[rows])))
        rebuilt, classified = np.mean(costs, axis=0)
        wrong = float(error(test.images, test.labels.astype("int32")))
        print(
            f"epoch {epoch}: cross-entropy {rebuilt:.2f}, negative log-likelihood "
            f"{classified:.3f}, test error {wrong:.1%}"
        )
    return wrong


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--hidden", type=int, default=200, help="shared units (%(default)s)")
    add("--epochs", type=int, default=5, help="(%(default)s)")
    add("--seed", type=int, default=1, help="(%(default)s)")
    add("--mode", default="NUMBA", help="mode of PyTensor: NUMBA, JAX or CVM (%(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
