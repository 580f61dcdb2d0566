"""The autoencoder as a layer that owns its parameters.

The methods of a layer take expressions and return expressions, so a layer can be used in any
graph. Its constructor takes no symbolic input.
"""

from collections.abc import Callable

import numpy as np
import pytensor
from pytensor import config

from autoenc.graph import costs
from autoenc.graph.activations import ACTIVATIONS, resolve_activation
from autoenc.graph.checks import check_parameters, positive_int
from autoenc.graph.initializers import uniform_weights
from autoenc.graph.types import Activation, Expression, NumPyGenerator, Parameter

# Costs of outputs in (0, 1): computed from the outputs or, for sigmoids, from their arguments.
_COSTS_OF_PROBABILITIES = {
    "cross_entropy": (costs.cross_entropy, costs.cross_entropy_from_logits),
    "deviance": (costs.bernoulli_deviance, costs.bernoulli_deviance_from_logits),
}


class RowCosts:
    """Mixin that derives reconstructions and costs of rows from codes and costs of entries.

    A subclass must define `encode`, `decode` and `entry_costs`.
    """

    encode: Callable[[Expression], Expression]
    decode: Callable[[Expression], Expression]
    entry_costs: Callable[[str, Expression, Expression], Expression]

    def reconstruct(self, x: Expression) -> Expression:
        """Return the reconstruction of x, decode(encode(x)).

        Parameters
        ----------
        x : expression, (rows, n_visible)
            Inputs.

        Returns
        -------
        expression, (rows, n_visible)
            Reconstructions.
        """
        return self.decode(self.encode(x))

    def cross_entropy(self, x: Expression, corrupted: Expression | None = None) -> Expression:
        """Compute the cross-entropy of x and its reconstruction, summed over features.

        Parameters
        ----------
        x : expression, (rows, n_visible)
            Targets in [0, 1].
        corrupted : expression, (rows, n_visible), optional
            Input to encode instead of `x`, such as ``masking(x, 0.3, rng)``.

        Returns
        -------
        expression, (rows,)
            Cost of each row, in nats.
        """
        code = self.encode(x if corrupted is None else corrupted)
        return self.entry_costs("cross_entropy", x, code).sum(axis=-1)

    def squared_error(self, x: Expression, corrupted: Expression | None = None) -> Expression:
        """Compute the mean squared error over features of x and its reconstruction.

        Parameters
        ----------
        x : expression, (rows, n_visible)
            Targets, any real values.
        corrupted : expression, (rows, n_visible), optional
            Input to encode instead of `x`.

        Returns
        -------
        expression, (rows,)
            Cost of each row, in squared units of `x`.
        """
        code = self.encode(x if corrupted is None else corrupted)
        return self.entry_costs("squared_error", x, code).mean(axis=-1)


class AutoEncoderLayer(RowCosts):
    """Encoder and decoder, with tied weights by default.

    code = activation(x·W + hidden_bias), and
    reconstruction = output(code·Wᵀ + visible_bias).

    Parameters
    ----------
    n_visible, n_hidden : int
        Number of features of a row and number of units of its code, at least 1.
    rng : numpy.random.Generator, numpy.random.RandomState or None
        Generator of the initial weights, which are uniform in
        ±4·sqrt(6 / (n_visible + n_hidden)). May be None if all weights are given.
    activation, output : str or callable, default "sigmoid"
        Activation of the code and of the reconstruction: a name in
        `autoenc.graph.ACTIVATIONS`, or any function on expressions.
    tied : bool, default True
        Whether the decoder uses Wᵀ. Otherwise it has its own weights ``W_prime``.
    W, hidden_bias, visible_bias, W_prime : shared variables, optional
        Parameters of shape (n_visible, n_hidden), (n_hidden,), (n_visible,) and, if not tied,
        (n_hidden, n_visible). They are not copied, so another layer may share them.
    name : str, optional
        Prefix of the names of the parameters in the printed graph.

    Attributes
    ----------
    params : list of shared variables
        ``[W, hidden_bias, visible_bias]``, and ``W_prime`` if not tied.

    Raises
    ------
    ValueError
        If a size is not a positive integer, a given parameter has the wrong shape or dtype,
        or `rng` is None although weights must be drawn.

    Examples
    --------
    >>> import numpy as np, pytensor.tensor as pt
    >>> layer = AutoEncoderLayer(4, 2, rng=np.random.default_rng(0), name="first")
    >>> layer.encode(pt.ones((3, 4))).eval().shape
    (3, 2)
    >>> layer.params
    [first_W, first_hidden_bias, first_visible_bias]
    """

    def __init__(
        self,
        n_visible: int,
        n_hidden: int,
        *,
        rng: NumPyGenerator | None,
        activation: str | Activation = "sigmoid",
        output: str | Activation = "sigmoid",
        tied: bool = True,
        W: Parameter | None = None,
        hidden_bias: Parameter | None = None,
        visible_bias: Parameter | None = None,
        W_prime: Parameter | None = None,
        name: str | None = None,
    ) -> None:
        self.n_visible = positive_int(n_visible, "n_visible")
        self.n_hidden = positive_int(n_hidden, "n_hidden")
        self.activation = resolve_activation(activation)
        self.output = resolve_activation(output, "output")
        self.tied = tied
        self.name = name
        if tied and W_prime is not None:
            raise ValueError("W_prime was given, but tied weights have none; use tied=False.")
        shapes: dict[str, tuple[int, ...]] = {
            "W": (n_visible, n_hidden),
            "hidden_bias": (n_hidden,),
            "visible_bias": (n_visible,),
        }
        given = {"W": W, "hidden_bias": hidden_bias, "visible_bias": visible_bias}
        if not tied:
            shapes["W_prime"], given["W_prime"] = (n_hidden, n_visible), W_prime
        check_parameters(given, shapes)
        params = {n: self._new(n, shapes[n], rng) if p is None else p for n, p in given.items()}
        self.W = params["W"]
        self.hidden_bias, self.visible_bias = params["hidden_bias"], params["visible_bias"]
        if not tied:
            self.W_prime = params["W_prime"]

    def named_params(self) -> dict[str, Parameter]:
        """Return the parameters by their names within the layer.

        Returns
        -------
        dict of str to shared variable
            In the order of `params`.
        """
        names = ["W", "hidden_bias", "visible_bias", *([] if self.tied else ["W_prime"])]
        return {name: getattr(self, name) for name in names}

    @property
    def params(self) -> list[Parameter]:
        """Parameters, in the order expected by update rules."""
        tied = [self.W, self.hidden_bias, self.visible_bias]
        return tied if self.tied else [*tied, self.W_prime]

    def encode(self, x: Expression) -> Expression:
        """Return the code of x, activation(x·W + hidden_bias).

        Parameters
        ----------
        x : expression, (rows, n_visible)
            Inputs.

        Returns
        -------
        expression, (rows, n_hidden)
            Codes.
        """
        return self.activation(x @ self.W + self.hidden_bias)

    def decode(self, code: Expression) -> Expression:
        """Return the reconstruction from a code, output(code·Wᵀ + visible_bias).

        Parameters
        ----------
        code : expression, (rows, n_hidden)
            Codes.

        Returns
        -------
        expression, (rows, n_visible)
            Reconstructions.
        """
        return self.output(self.pre_output(code))

    def pre_output(self, code: Expression) -> Expression:
        """Return the pre-activation of the reconstruction, code·Wᵀ + visible_bias.

        Parameters
        ----------
        code : expression, (rows, n_hidden)
            Codes.

        Returns
        -------
        expression, (rows, n_visible)
            Pre-activations.
        """
        decoder = self.W.T if self.tied else self.W_prime
        return code @ decoder + self.visible_bias

    def entry_costs(
        self,
        cost: str | Callable[[Expression, Expression], Expression],
        x: Expression,
        code: Expression,
    ) -> Expression:
        """Compute the cost of each entry of x when it is reconstructed from a code.

        If the output is the sigmoid, costs are computed from the pre-activation.

        Parameters
        ----------
        cost : {"cross_entropy", "deviance", "squared_error"} or callable
            Cost to compute, or a function of targets and pre-activations of the output that
            computes it, such as `autoenc.graph.Groups.costs`.
        x : expression, (rows, n_visible)
            Targets, in [0, 1] except for the squared error.
        code : expression, (rows, n_hidden)
            Codes.

        Returns
        -------
        expression, (rows, n_visible)
            Costs, in nats or in squared units of `x`.
        """
        if callable(cost):
            return cost(x, self.pre_output(code))
        if cost == "squared_error":
            return costs.squared_error(x, self.decode(code))
        of_output, of_pre_activation = _COSTS_OF_PROBABILITIES[cost]
        if self.output is ACTIVATIONS["sigmoid"]:
            return of_pre_activation(x, self.pre_output(code))
        return of_output(x, self.decode(code))

    def _new(self, name: str, shape: tuple[int, ...], rng: NumPyGenerator | None) -> Parameter:
        """Make a parameter: weights are drawn, and biases are zero."""
        if len(shape) == 1:
            value = np.zeros(shape, dtype=config.floatX)
        elif rng is None:
            raise ValueError(
                f"rng is None, but {name} must be drawn; pass a NumPy generator such as "
                "numpy.random.default_rng(0), or give the weights."
            )
        else:
            value = uniform_weights(rng, *shape)
        return pytensor.shared(value, name=f"{self.name}_{name}" if self.name else name)
