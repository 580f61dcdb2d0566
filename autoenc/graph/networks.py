"""Layers one after another: what is fine-tuned when there are labels.

>>> import numpy as np, pytensor.tensor as pt
>>> rng = np.random.default_rng(0)
>>> network = Network([DenseLayer(4, 3, rng=rng), DenseLayer(3, 2, rng=rng)], SoftmaxLayer(2, 2))
>>> network.codes(pt.ones((5, 4))).eval().shape
(5, 2)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autoenc.graph.classifiers import DenseLayer, SoftmaxLayer
from autoenc.graph.corruption import masking
from autoenc.graph.types import Expression, Parameter


class Network:
    """Hidden layers and a softmax on top of them.

    Parameters
    ----------
    hidden : sequence of DenseLayer
        From the input upwards; may be empty. Their weights may belong to autoencoders too.
    softmax : SoftmaxLayer
        What gives class probabilities.

    Attributes
    ----------
    layers : list of DenseLayer and SoftmaxLayer
        From the input upwards, the softmax last.
    params : list of shared variables
        Of all layers, from the input upwards.
    weights : list of shared variables
        The matrices among them, which penalties are for.
    """

    def __init__(self, hidden: Sequence[DenseLayer], softmax: SoftmaxLayer) -> None:
        self.hidden = list(hidden)
        self.softmax = softmax
        self.layers: list[DenseLayer | SoftmaxLayer] = [*self.hidden, softmax]
        self.params: list[Parameter] = [p for layer in self.layers for p in layer.params]
        self.weights: list[Parameter] = [layer.W for layer in self.layers]

    def codes(
        self, x: Expression, dropout: Sequence[float] = (), seed: int | None = None
    ) -> Expression:
        """Values of the highest hidden layer.

        Parameters
        ----------
        x : expression, (rows, n_in)
        dropout : sequence of float
            For the input and each hidden layer, the probability that a value is set to
            zero; those kept are divided by what is left of it, so that sums stay the same
            on average. Empty for none.
        seed : int, optional
            What the noise is made from; needed with dropout.

        Returns
        -------
        expression, (rows, units of the highest layer)

        Raises
        ------
        ValueError
            If there are not as many probabilities as layers, or no seed.

        References
        ----------
        N. Srivastava et al. (2014). Dropout: a simple way to prevent neural networks from
        overfitting. JMLR 15.
        """
        levels = self._levels(dropout, seed)
        values = _thinned(x, levels[0], seed, 0)
        for k, layer in enumerate(self.hidden, start=1):
            values = _thinned(layer(values), levels[k], seed, k)
        return values

    def negative_log_likelihood(
        self,
        x: Expression,
        y: Expression,
        dropout: Sequence[float] = (),
        seed: int | None = None,
    ) -> Expression:
        """−log p(y | x) of each row, (rows,); see `codes` for dropout."""
        return self.softmax.negative_log_likelihood(self.codes(x, dropout, seed), y)

    def zero_one_loss(self, x: Expression, y: Expression) -> Expression:
        """1 where the most probable class is not y, else 0, (rows,)."""
        return self.softmax.zero_one_loss(self.codes(x), y)

    def class_probabilities(self, x: Expression) -> Expression:
        """Probability of each class, (rows, n_classes)."""
        return self.softmax.class_probabilities(self.codes(x))

    def _levels(self, dropout: Sequence[float], seed: int | None) -> list[float]:
        n_layers = len(self.hidden) + 1
        if not dropout:
            return [0.0] * n_layers
        if len(dropout) != n_layers:
            raise ValueError(
                f"dropout has {len(dropout)} probabilities; expected {n_layers}, for the input "
                "and each hidden layer."
            )
        if any(not 0 <= level < 1 for level in dropout):
            raise ValueError(f"dropout is {list(dropout)}; expected probabilities in [0, 1).")
        if seed is None:
            raise ValueError("dropout needs a seed to draw its noise from; pass seed=0, say.")
        return list(dropout)


def _thinned(values: Expression, level: float, seed: int | None, k: int) -> Expression:
    if not level:
        return values
    return masking(values, level, np.random.default_rng([seed or 0, k])) / (1 - level)
