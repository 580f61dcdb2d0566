"""Feed-forward networks with a softmax output.

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
    """Network of hidden layers with a softmax layer on top.

    Parameters
    ----------
    hidden : sequence of DenseLayer
        Hidden layers, from the input upwards; may be empty. Autoencoders may share their
        weights.
    softmax : SoftmaxLayer
        Output layer.

    Attributes
    ----------
    layers : list of DenseLayer and SoftmaxLayer
        All layers, from the input upwards.
    params : list of shared variables
        Parameters of all layers, from the input upwards.
    weights : list of shared variables
        Weight matrices of all layers, to which penalties apply.
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
        """Return the values of the last hidden layer.

        Parameters
        ----------
        x : expression, (rows, n_in)
            Inputs.
        dropout : sequence of float, default ()
            Probability p of setting a value to zero, for the input and each hidden layer.
            The other values are divided by 1 − p, so that the mean stays the same. By default
            there is no dropout.
        seed : int, optional
            Seed of the noise; required with dropout.

        Returns
        -------
        expression, (rows, units of the last hidden layer)
            Codes.

        Raises
        ------
        ValueError
            If the number of probabilities is wrong, or there is no seed.

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
        """Compute −log p(y | x) of each row.

        Parameters
        ----------
        x : expression, (rows, n_in)
            Inputs.
        y : int expression, (rows,)
            Classes, from 0.
        dropout : sequence of float, default ()
            Probabilities of dropout; see `codes`.
        seed : int, optional
            Seed of the noise; required with dropout.

        Returns
        -------
        expression, (rows,)
            Negative log-likelihood in nats.
        """
        return self.softmax.negative_log_likelihood(self.codes(x, dropout, seed), y)

    def zero_one_loss(self, x: Expression, y: Expression) -> Expression:
        """Compare the most probable class of each row with y.

        Parameters
        ----------
        x : expression, (rows, n_in)
            Inputs.
        y : int expression, (rows,)
            Classes, from 0.

        Returns
        -------
        expression, (rows,)
            1 where they differ, else 0, in floatX.
        """
        return self.softmax.zero_one_loss(self.codes(x), y)

    def class_probabilities(self, x: Expression) -> Expression:
        """Return the probability of each class.

        Parameters
        ----------
        x : expression, (rows, n_in)
            Inputs.

        Returns
        -------
        expression, (rows, n_classes)
            Probabilities in [0, 1], which sum to 1 in each row.
        """
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
