"""Feed-forward networks with a softmax output.

>>> import numpy as np, pytensor.tensor as pt
>>> rng = np.random.default_rng(0)
>>> network = Network([DenseLayer(4, 3, rng=rng), DenseLayer(3, 2, rng=rng)], SoftmaxLayer(2, 2))
>>> network.codes(pt.ones((5, 4))).eval().shape
(5, 2)
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from autoenc.graph.classifier_layers import DenseLayer, NormalisedLayer, SoftmaxLayer
from autoenc.graph.corruption import gaussian, masking
from autoenc.graph.costs import negative_log_likelihood_from_logits
from autoenc.graph.types import Expression, Parameter, Updates


class Network:
    """Network of hidden layers with a softmax layer on top.

    Parameters
    ----------
    hidden : sequence of DenseLayer and NormalisedLayer
        Hidden layers, from the input upwards; may be empty. Autoencoders may share their
        weights.
    softmax : SoftmaxLayer or NormalisedSoftmaxLayer
        Output layer.

    Attributes
    ----------
    layers : list of DenseLayer, NormalisedLayer and SoftmaxLayer
        All layers, from the input upwards.
    params : list of shared variables
        Parameters of all layers, from the input upwards.
    weights : list of shared variables
        Weight matrices of all layers, to which penalties apply.
    """

    def __init__(
        self, hidden: Sequence[DenseLayer | NormalisedLayer], softmax: SoftmaxLayer
    ) -> None:
        self.hidden = list(hidden)
        self.softmax = softmax
        self.layers: list[DenseLayer | NormalisedLayer | SoftmaxLayer] = [*self.hidden, softmax]
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
        if dropout:
            return self._hidden_in_training(x, dropout, (), seed)[0]
        values = x
        for layer in self.hidden:
            values = layer(values)
        return values

    def in_training(
        self,
        x: Expression,
        dropout: Sequence[float] = (),
        noise: Sequence[float] = (),
        seed: int | None = None,
    ) -> tuple[Expression, Updates]:
        """Return the logits in training, and updates of averages.

        Parameters
        ----------
        x : expression, (rows, n_in)
            Inputs of a minibatch.
        dropout : sequence of float, default ()
            See `codes`.
        noise : sequence of float, default ()
            Standard deviations of Gaussian noise, >= 0, which is added to the input and to the
            pre-activations of each hidden layer; in a `NormalisedLayer`, these are standardised.
        seed : int, optional
            Seed of the noise; required with dropout and noise.

        Returns
        -------
        expression, (rows, n_classes)
            Logits.
        dict
            Updates of the moving averages of normalised layers, which are computed without
            noise and dropout.

        Raises
        ------
        ValueError
            If the number of probabilities or deviations is wrong, or there is no seed.

        References
        ----------
        A. Rasmus, H. Valpola, M. Honkala, M. Berglund, T. Raiko (2015). Semi-supervised learning
        with ladder networks. NIPS.
        """
        values, clean, averages = self._hidden_in_training(x, dropout, noise, seed)
        logits, _ = self.softmax.in_training(values)
        return logits, averages | self.softmax.in_training(clean)[1]

    def _hidden_in_training(
        self, x: Expression, dropout: Sequence[float], noise: Sequence[float], seed: int | None
    ) -> tuple[Expression, Expression, Updates]:
        """Return the values of the last hidden layer with and without noise, and updates."""
        thinning = self._levels(dropout, seed, "dropout", "probabilities", below=1)
        noises = self._levels(noise, seed, "noise", "deviations", below=math.inf)
        generators = [np.random.default_rng([seed or 0, k, 1]) for k in range(len(noises))]
        clean, averages = x, Updates()
        values = _thinned(x, thinning[0], seed, 0)
        values = gaussian(values, noises[0], generators[0]) if noises[0] else values
        for k, layer in enumerate(self.hidden, start=1):
            values, _ = layer.in_training(values, noises[k], generators[k])
            values = _thinned(values, thinning[k], seed, k)
            # A trained network is applied without noise, which makes deviations larger.
            clean, own = layer.in_training(clean, 0, generators[k])
            averages |= own
        return values, clean, averages

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
        if not dropout:
            return self.softmax.negative_log_likelihood(self.codes(x), y)
        logits, _ = self.in_training(x, dropout, seed=seed)
        return negative_log_likelihood_from_logits(logits, y)

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

    def _levels(
        self, levels: Sequence[float], seed: int | None, name: str, what: str, below: float
    ) -> list[float]:
        n_layers = len(self.hidden) + 1
        if not levels:
            return [0.0] * n_layers
        if len(levels) != n_layers:
            raise ValueError(
                f"{name} has {len(levels)} {what}; expected {n_layers}, for the input "
                "and each hidden layer."
            )
        if any(not 0 <= level < below for level in levels):
            raise ValueError(f"{name} is {list(levels)}; expected {what} in [0, {below:g}).")
        if seed is None:
            raise ValueError(f"{name} needs a seed to draw its noise from; pass seed=0, say.")
        return list(levels)


def _thinned(values: Expression, level: float, seed: int | None, k: int) -> Expression:
    if not level:
        return values
    return masking(values, level, np.random.default_rng([seed or 0, k])) / (1 - level)
