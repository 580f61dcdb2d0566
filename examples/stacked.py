"""Pre-train a stack of denoising autoencoders, then fine-tune it with labels.

Three layers are trained on digits without labels, one on top of the other. Then the same weights,
with a softmax layer on top, are trained as a classifier, with Gaussian noise in every layer. The
learning rate falls to zero, and the model of the last epoch is tested.

    python examples/stacked.py            # the bundled sample, small layers
    python examples/stacked.py --full     # all of MNIST, three layers of 1,000 units
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from time import perf_counter

from autoenc import load_mnist
from autoenc.datasets import Mnist
from autoenc.estimators import StackedDenoisingClassifier
from autoenc.graph import linear_decay


def main(arguments: Sequence[str] | None = None) -> list[float]:
    """Train with each seed, and return the test errors in percent."""
    options = parse(arguments)
    digits = load_mnist(options.data, download=options.download, sample=not options.full)
    print(f"{len(digits.train.images):,} training digits")
    errors = [run(options, digits, options.seed + i) for i in range(options.seeds)]
    if len(errors) > 1:
        print(f"mean of {len(errors)} seeds {mean(errors):.2f} %, deviation {stdev(errors):.2f} %")
    print(f"test error {errors[-1] if len(errors) == 1 else mean(errors):.2f} %")
    return errors


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; some defaults depend on ``--full``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--full", action="store_true", help="use all of MNIST and three layers of 1,000 units")
    add("--hidden", type=int, nargs="+", help="units of each layer")
    add("--corruption", type=float, nargs="+", help="level of corruption of each layer")
    add("--pretraining-epochs", type=int, help="epochs for each layer")
    add("--epochs", type=int, help="epochs of fine-tuning")
    add("--noise", type=float, help="deviation of the Gaussian noise in fine-tuning")
    add("--learning-rate", type=float, default=0.002, help="for fine-tuning (%(default)s)")
    add("--batch-size", type=int, default=100, help="rows of a minibatch (%(default)s)")
    add("--data", type=Path, help="mnist.pkl.gz, mnist.npz or a folder of IDX files")
    add("--download", action="store_true", help="download the full data set if it is not found")
    add("--seed", type=int, default=1, help="(%(default)s)")
    add("--seeds", type=int, default=1, help="number of seeds, starting with --seed (%(default)s)")
    add("--backend", default="auto", choices=["auto", "c", "xla", "numba"])
    add("--device", help="cpu, cuda or cuda<number>; by default the fastest available")
    add("--output", type=Path, help="folder to save the models in")
    add("--checkpoints", type=Path, help="folder of checkpoints; resume from those in it")
    add("--quiet", action="store_true", help="no progress bar")
    options = parser.parse_args(arguments)
    for name, value in (FULL if options.full else SAMPLE).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


FULL = {
    "hidden": [1000, 1000, 1000],
    "corruption": [0.25, 0.25, 0.25],
    "pretraining_epochs": 5,
    "epochs": 60,
    "noise": 0.4,
}
SAMPLE = {
    "hidden": [200, 200, 200],
    "corruption": [0.1, 0.2, 0.3],
    "pretraining_epochs": 5,
    "epochs": 20,
    "noise": 0.4,
}


def run(options: argparse.Namespace, digits: Mnist, seed: int) -> float:
    """Train with one seed, and return the test error in percent."""
    started = perf_counter()
    train, valid, test = digits
    # The rate is constant in the first half, and falls to zero in the second.
    end = options.epochs * -(-len(train.images) // options.batch_size)
    model = StackedDenoisingClassifier(
        options.hidden,
        corruption=options.corruption,
        activation="relu",
        pretraining_epochs=options.pretraining_epochs,
        pretraining_optimizer="adam",
        pretraining_rate=0.001,
        pretraining_batch_size=options.batch_size,
        noise=options.noise,
        batch_norm=True,
        optimizer="adam",
        learning_rate=linear_decay(options.learning_rate, start=end // 2, end=end),
        batch_size=options.batch_size,
        n_epochs=options.epochs,
        random_state=seed,
        backend=options.backend,
        device=options.device,
        verbose=not options.quiet,
    )
    model.fit(
        train.images,
        train.labels,
        validation=(valid.images, valid.labels),
        checkpoint=options.checkpoints and options.checkpoints / f"seed_{seed}.ckpt",
        resume=options.checkpoints is not None,
    )
    if options.output:
        model.save(options.output / f"stacked_{seed}.safetensors")
    valid_error = 100 * model.history_[-1]["valid_cost"]
    test_error: float = 100 * (1 - model.score(test.images, test.labels))
    print(f"ran on {model.backend_}")
    print(
        f"seed {seed}: validation error {valid_error:.2f} %, test error {test_error:.2f} %, "
        f"{(perf_counter() - started) / 60:.1f} minutes"
    )
    return test_error


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
