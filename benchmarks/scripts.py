"""Training functions that are typical of scripts for Theano, and their sizes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Script:
    """A training function of `benchmarks.competitors.theano_scripts`, and its sizes.

    Attributes
    ----------
    samples : bool
        Whether units are drawn with computed probabilities. The last bit of a probability
        then occasionally decides a draw, and costs differ by more than rounding.
    """

    description: str
    n_hidden: int
    batch_size: int
    n_minibatches: int
    samples: bool = False


SCRIPTS = {
    "logistic": Script("softmax regression, 784-10", 10, 600, 40),
    "perceptron": Script("one hidden layer, 784-500-10", 500, 20, 100),
    "tied": Script("tied autoencoder, 784-500", 500, 20, 100),
    "denoising": Script("denoising autoencoder, 784-500, 30 % masked", 500, 20, 100),
    "stacked": Script("fine-tuning of 784-1000-1000-1000-10", 1000, 20, 20),
    "boltzmann": Script("Boltzmann machine, 784-500, CD-5", 500, 20, 20, samples=True),
    "convolutional": Script("LeNet, 20 and 50 filters of 5 x 5", 500, 100, 4),
}
