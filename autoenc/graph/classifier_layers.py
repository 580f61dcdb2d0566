"""Layers of classifiers.

>>> import numpy as np, pytensor.tensor as pt
>>> softmax = SoftmaxLayer(4, 3)
>>> softmax.class_probabilities(pt.ones((1, 4))).eval().round(4)
array([[0.3333, 0.3333, 0.3333]], dtype=float32)
"""

from __future__ import annotations

import numpy as np
import pytensor
from pytensor import config
from pytensor import tensor as pt
from pytensor.tensor.special import softmax

from autoenc.graph import costs
from autoenc.graph.activations import resolve_activation
from autoenc.graph.checks import checked_parameter, positive_int
from autoenc.graph.corruption import gaussian
from autoenc.graph.dtypes import in_dtype_of
from autoenc.graph.initializers import uniform_weights
from autoenc.graph.types import Activation, Expression, NumPyGenerator, Parameter, Updates

# Share of the newest minibatch in a moving average. After 50 minibatches, half a percent of the
# initial value is left.
NEWEST = 0.1
# Added to a variance, so that a column that does not vary can be divided by its deviation.
LEAST_VARIANCE = 1e-5


class DenseLayer:
    """Dense layer: activation(x·W + bias).

    Parameters
    ----------
    n_in, n_out : int
        Number of features of a row, and number of units.
    rng : numpy.random.Generator, numpy.random.RandomState or None
        Generator of the initial weights, which are uniform in
        ±gain·sqrt(6 / (n_in + n_out)), with gain 4 for the sigmoid and 1 otherwise. May be
        None if `W` is given.
    activation : str or callable, default "sigmoid"
        A name in `autoenc.graph.ACTIVATIONS`, or any function on expressions.
    W, bias : shared variables, optional
        Parameters of shape (n_in, n_out) and (n_out,). They are not copied, so an
        autoencoder may share them.
    name : str, optional
        Prefix of the names of the parameters in the printed graph.

    Attributes
    ----------
    params : list of shared variables
        ``[W, bias]``.

    Raises
    ------
    ValueError
        If a size or a given parameter has the wrong shape or dtype, or `rng` is missing.

    Examples
    --------
    >>> import numpy as np, pytensor.tensor as pt
    >>> DenseLayer(4, 2, rng=np.random.default_rng(0))(pt.ones((3, 4))).eval().shape
    (3, 2)
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        rng: NumPyGenerator | None,
        activation: str | Activation = "sigmoid",
        W: Parameter | None = None,
        bias: Parameter | None = None,
        name: str | None = None,
    ) -> None:
        shape = (positive_int(n_in, "n_in"), positive_int(n_out, "n_out"))
        self.activation = resolve_activation(activation)
        if W is None:
            if rng is None:
                raise ValueError(
                    "rng is None, but W has to be drawn; pass a NumPy generator, or W."
                )
            gain = 4.0 if self.activation is resolve_activation("sigmoid") else 1.0
            W = pytensor.shared(uniform_weights(rng, *shape, gain=gain), name=_named(name, "W"))
        self.W = checked_parameter("W", W, shape)
        self.bias = _bias(bias, n_out, name)
        self.params = [self.W, self.bias]

    def __call__(self, x: Expression) -> Expression:
        """Return the values of the units, (rows, n_out)."""
        return self.activation(x @ self.W + self.bias)

    def in_training(
        self, x: Expression, noise: float, rng: NumPyGenerator
    ) -> tuple[Expression, Updates]:
        """Return the values of the units with noise, and an empty dict of updates.

        Parameters
        ----------
        x : expression, (rows, n_in)
            Inputs.
        noise : float
            Standard deviation of the Gaussian noise that is added to pre-activations, >= 0.
        rng : numpy.random.Generator
            Seed of the noise.

        Returns
        -------
        expression, (rows, n_out)
            Values of the units.
        dict
            Empty.
        """
        z = x @ self.W + self.bias
        return self.activation(gaussian(z, noise, rng) if noise else z), {}


class NormalisedLayer:
    """Dense layer with standardised pre-activations.

    The values are activation(gain·(x·W − center) / spread + bias). In training, ``center`` and
    ``spread`` are the mean and the standard deviation of x·W over the minibatch; otherwise, they
    are moving averages of these.

    Parameters
    ----------
    W : shared variable, (n_in, n_out)
        Weights.
    bias, gain, center, spread : shared variables, (n_out,)
        Bias, gain, and the moving averages. None of them is copied.
    activation : str or callable, default "sigmoid"
        A name in `autoenc.graph.ACTIVATIONS`, or any function on expressions.

    Attributes
    ----------
    params : list of shared variables
        ``[W, bias, gain]``; the averages are not trained.

    Raises
    ------
    ValueError
        If a parameter has the wrong shape or dtype.

    References
    ----------
    S. Ioffe, C. Szegedy (2015). Batch normalization: accelerating deep network training by
    reducing internal covariate shift. ICML.

    Examples
    --------
    >>> import numpy as np, pytensor, pytensor.tensor as pt
    >>> ones = {name: pytensor.shared(np.ones(2, "float32")) for name in ("gain", "spread")}
    >>> zeros = {name: pytensor.shared(np.zeros(2, "float32")) for name in ("bias", "center")}
    >>> W = pytensor.shared(np.ones((4, 2), "float32"))
    >>> NormalisedLayer(W, **ones, **zeros, activation="tanh")(pt.ones((3, 4))).eval().shape
    (3, 2)
    """

    def __init__(
        self,
        W: Parameter,
        *,
        bias: Parameter,
        gain: Parameter,
        center: Parameter,
        spread: Parameter,
        activation: str | Activation = "sigmoid",
    ) -> None:
        n_out = W.get_value(borrow=True).shape[-1]
        vectors = {"bias": bias, "gain": gain, "center": center, "spread": spread}
        self.activation = resolve_activation(activation)
        self.W = checked_parameter("W", W, (W.get_value(borrow=True).shape[0], n_out))
        self.bias, self.gain, self.center, self.spread = (
            checked_parameter(name, vector, (n_out,)) for name, vector in vectors.items()
        )
        self.params = [self.W, self.bias, self.gain]

    def __call__(self, x: Expression) -> Expression:
        """Return the values of the units, (rows, n_out)."""
        standard = (x @ self.W - self.center) / self.spread
        return self.activation(standard * self.gain + self.bias)

    def in_training(
        self, x: Expression, noise: float, rng: NumPyGenerator
    ) -> tuple[Expression, Updates]:
        """Return the values of the units with noise, and updates of the moving averages.

        Parameters
        ----------
        x : expression, (rows, n_in)
            Inputs of a minibatch.
        noise : float
            Standard deviation of the Gaussian noise that is added to standardised
            pre-activations, >= 0.
        rng : numpy.random.Generator
            Seed of the noise.

        Returns
        -------
        expression, (rows, n_out)
            Values of the units.
        dict
            The new value of each average: 0.9 · average + 0.1 · value of the minibatch.
        """
        standard, averages = self.standardised(x)
        noisy = gaussian(standard, noise, rng) if noise else standard
        return self.activation(noisy * self.gain + self.bias), averages

    def standardised(self, x: Expression) -> tuple[Expression, Updates]:
        """Return x·W standardised over the minibatch, and updates of the moving averages.

        Parameters
        ----------
        x : expression, (rows, n_in)
            Inputs of a minibatch.

        Returns
        -------
        expression, (rows, n_out)
            (x·W − mean) / standard deviation.
        dict
            See `in_training`.
        """
        z = x @ self.W
        mean = z.mean(axis=0)
        deviation = pt.sqrt(pt.sqr(z - mean).mean(axis=0) + in_dtype_of(z, LEAST_VARIANCE))
        newest = in_dtype_of(z, NEWEST)
        averages = {
            average: average + newest * (value - average)
            for average, value in ((self.center, mean), (self.spread, deviation))
        }
        return (z - mean) / deviation, averages


class SoftmaxLayer:
    """Softmax regression: p(class | x) = softmax(x·W + bias).

    Parameters
    ----------
    n_in, n_classes : int
        Number of features of a row, and number of classes.
    W, bias : shared variables, optional
        Parameters of shape (n_in, n_classes) and (n_classes,). By default they are zero;
        the cost is convex in them.
    name : str, optional
        Prefix of the names of the parameters in the printed graph.

    Attributes
    ----------
    params : list of shared variables
        ``[W, bias]``.

    Raises
    ------
    ValueError
        If a size or a given parameter has the wrong shape or dtype.
    """

    def __init__(
        self,
        n_in: int,
        n_classes: int,
        *,
        W: Parameter | None = None,
        bias: Parameter | None = None,
        name: str | None = None,
    ) -> None:
        shape = (positive_int(n_in, "n_in"), positive_int(n_classes, "n_classes"))
        if W is None:
            W = pytensor.shared(np.zeros(shape, config.floatX), name=_named(name, "W"))
        self.W = checked_parameter("W", W, shape)
        self.bias = _bias(bias, n_classes, name)
        self.params = [self.W, self.bias]

    def logits(self, x: Expression) -> Expression:
        """Return the pre-activations x·W + bias.

        Parameters
        ----------
        x : expression, (rows, n_in)
            Inputs.

        Returns
        -------
        expression, (rows, n_classes)
            Pre-activations.
        """
        return x @ self.W + self.bias

    def in_training(self, x: Expression) -> tuple[Expression, Updates]:
        """Return the logits in training, and an empty dict of updates.

        Parameters
        ----------
        x : expression, (rows, n_in)
            Inputs.

        Returns
        -------
        expression, (rows, n_classes)
            Pre-activations.
        dict
            Empty.
        """
        return self.logits(x), {}

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
        return softmax(self.logits(x), axis=-1)

    def predict(self, x: Expression) -> Expression:
        """Return the most probable class of each row.

        Parameters
        ----------
        x : expression, (rows, n_in)
            Inputs.

        Returns
        -------
        int expression, (rows,)
            Classes from 0 to n_classes − 1.
        """
        return pt.argmax(self.logits(x), axis=-1)

    def negative_log_likelihood(self, x: Expression, y: Expression) -> Expression:
        """Compute −log p(y | x) of each row from the pre-activations.

        Parameters
        ----------
        x : expression, (rows, n_in)
            Inputs.
        y : int expression, (rows,)
            Classes from 0 to n_classes − 1.

        Returns
        -------
        expression, (rows,)
            Negative log-likelihood in nats.
        """
        return costs.negative_log_likelihood_from_logits(self.logits(x), y)

    def zero_one_loss(self, x: Expression, y: Expression) -> Expression:
        """Compare the most probable class of each row with y.

        Parameters
        ----------
        x : expression, (rows, n_in)
            Inputs.
        y : int expression, (rows,)
            Classes from 0 to n_classes − 1.

        Returns
        -------
        expression, (rows,)
            1 where they differ, else 0, in floatX.
        """
        return costs.zero_one_loss(self.logits(x), y)


class NormalisedSoftmaxLayer(SoftmaxLayer):
    """Softmax regression on standardised logits.

    p(class | x) = softmax(gain·(x·W − center) / spread + bias), with the averages of a
    `NormalisedLayer`.

    Parameters
    ----------
    W : shared variable, (n_in, n_classes)
        Weights. Training should not start from zeros, with which the logits do not vary.
    bias, gain, center, spread : shared variables, (n_classes,)
        See `NormalisedLayer`.

    Attributes
    ----------
    params : list of shared variables
        ``[W, bias, gain]``; the averages are not trained.

    Raises
    ------
    ValueError
        If a parameter has the wrong shape or dtype.

    Examples
    --------
    >>> import numpy as np, pytensor, pytensor.tensor as pt
    >>> ones = {name: pytensor.shared(np.ones(2, "float32")) for name in ("gain", "spread")}
    >>> zeros = {name: pytensor.shared(np.zeros(2, "float32")) for name in ("bias", "center")}
    >>> W = pytensor.shared(np.eye(2, dtype="float32"))
    >>> layer = NormalisedSoftmaxLayer(W, **ones, **zeros)
    >>> layer.class_probabilities(pt.as_tensor(np.float32([[2, 0]]))).eval().round(4)
    array([[0.8808, 0.1192]], dtype=float32)
    """

    def __init__(
        self,
        W: Parameter,
        *,
        bias: Parameter,
        gain: Parameter,
        center: Parameter,
        spread: Parameter,
    ) -> None:
        averages = {"center": center, "spread": spread}
        self.linear = NormalisedLayer(W, bias=bias, gain=gain, **averages, activation="linear")
        self.W, self.bias, self.params = self.linear.W, self.linear.bias, self.linear.params

    def logits(self, x: Expression) -> Expression:
        """Return the standardised pre-activations, gain·(x·W − center) / spread + bias.

        Parameters
        ----------
        x : expression, (rows, n_in)
            Inputs.

        Returns
        -------
        expression, (rows, n_classes)
            Logits.
        """
        return self.linear(x)

    def in_training(self, x: Expression) -> tuple[Expression, Updates]:
        """Return the logits in training, and updates of the moving averages.

        Parameters
        ----------
        x : expression, (rows, n_in)
            Inputs of a minibatch.

        Returns
        -------
        expression, (rows, n_classes)
            Logits that are standardised over the minibatch.
        dict
            See `NormalisedLayer.in_training`.
        """
        standard, averages = self.linear.standardised(x)
        return standard * self.linear.gain + self.bias, averages


def _bias(given: Parameter | None, size: int, name: str | None) -> Parameter:
    if given is None:
        given = pytensor.shared(np.zeros(size, config.floatX), name=_named(name, "bias"))
    return checked_parameter("bias", given, (size,))


def _named(prefix: str | None, name: str) -> str:
    return f"{prefix}_{name}" if prefix else name
