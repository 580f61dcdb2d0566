"""The autoencoder as a layer that owns its parameters.

A layer's methods take an expression and return an expression, so that it can be
built into any graph; there is no symbolic input in a constructor.
"""

from typing import Any

import numpy as np
import pytensor
from pytensor import config

from autoenc.graph import costs
from autoenc.graph.activations import resolve_activation
from autoenc.graph.checks import checked_parameter, positive_int
from autoenc.graph.initializers import uniform_weights
from autoenc.graph.types import Activation, Expression, NumPyGenerator, Parameter


class AutoEncoderLayer:
    """An encoder and a decoder, with tied weights unless told otherwise.

    code = activation(x·W + hidden_bias), and
    reconstruction = output(code·Wᵀ + visible_bias).

    Parameters
    ----------
    n_visible, n_hidden : int
        Features of a row and units of its code, both > 0.
    rng : numpy.random.Generator, numpy.random.RandomState or None
        Where initial weights are drawn from, uniformly from
        ±4·sqrt(6 / (n_visible + n_hidden)). None when all of them are given.
    activation, output : str or callable
        Of the code and of the reconstruction: a name of
        `autoenc.graph.ACTIVATIONS`, or any function on expressions.
    tied : bool
        Whether the decoder uses Wᵀ. Otherwise it has weights ``W_prime`` of its own.
    W, hidden_bias, visible_bias, W_prime : shared variables, optional
        Of shapes (n_visible, n_hidden), (n_hidden,), (n_visible,) and, when not tied,
        (n_hidden, n_visible). What is given is used as it is, so that another layer
        can own it too; nothing is copied.
    name : str, optional
        Goes before the names of the parameters in the printed graph.

    Attributes
    ----------
    params : list of shared variables
        ``[W, hidden_bias, visible_bias]``, and ``W_prime`` when not tied.

    Raises
    ------
    ValueError
        If a size is not a positive integer, a given parameter has another shape
        or dtype, or weights are to be drawn without `rng`.

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
        self.output = resolve_activation(output)
        self.tied = tied
        self.name = name
        self.W = self._weights("W", W, (self.n_visible, self.n_hidden), rng)
        self.hidden_bias = self._bias("hidden_bias", hidden_bias, self.n_hidden)
        self.visible_bias = self._bias("visible_bias", visible_bias, self.n_visible)
        if tied and W_prime is not None:
            raise ValueError("W_prime was given, but tied weights have none; use tied=False.")
        if not tied:
            self.W_prime = self._weights("W_prime", W_prime, (self.n_hidden, self.n_visible), rng)

    def named_params(self) -> dict[str, Parameter]:
        """Parameters by their names within the layer."""
        names = ["W", "hidden_bias", "visible_bias", *([] if self.tied else ["W_prime"])]
        return {name: getattr(self, name) for name in names}

    @property
    def params(self) -> list[Parameter]:
        """The parameters, as an update rule takes them."""
        return list(self.named_params().values())

    def encode(self, x: Expression) -> Expression:
        """Code of x: activation(x·W + hidden_bias), (rows, n_hidden)."""
        return self.activation(x @ self.W + self.hidden_bias)

    def decode(self, code: Expression) -> Expression:
        """Reconstruction from a code, (rows, n_visible)."""
        return self.output(self.pre_output(code))

    def reconstruct(self, x: Expression) -> Expression:
        """Reconstruction of x, decode(encode(x)), (rows, n_visible)."""
        return self.decode(self.encode(x))

    def pre_output(self, code: Expression) -> Expression:
        """Pre-activation of the reconstruction: code·Wᵀ + visible_bias."""
        decoder = self.W.T if self.tied else self.W_prime
        return code @ decoder + self.visible_bias

    def cross_entropy(self, x: Expression, corrupted: Expression | None = None) -> Expression:
        """Cross-entropy of x and its reconstruction, summed over features.

        Computed from the pre-activation when the output is the sigmoid.

        Parameters
        ----------
        x : expression, (rows, n_visible)
            Targets in [0, 1].
        corrupted : expression, (rows, n_visible), optional
            What is encoded in place of x, such as ``masking(x, 0.3, rng)``.

        Returns
        -------
        expression, (rows,)
            In nats.
        """
        code = self.encode(x if corrupted is None else corrupted)
        if self.output is resolve_activation("sigmoid"):
            return costs.cross_entropy_from_logits(x, self.pre_output(code))
        return costs.cross_entropy(x, self.decode(code))

    def squared_error(self, x: Expression, corrupted: Expression | None = None) -> Expression:
        """Squared error of x and its reconstruction, meaned over features.

        Parameters
        ----------
        x : expression, (rows, n_visible)
            Targets, any real values.
        corrupted : expression, (rows, n_visible), optional
            What is encoded in place of x.

        Returns
        -------
        expression, (rows,)
        """
        return costs.squared_error(x, self.reconstruct(x if corrupted is None else corrupted))

    def _weights(
        self,
        name: str,
        given: Parameter | None,
        shape: tuple[int, int],
        rng: NumPyGenerator | None,
    ) -> Parameter:
        if given is not None:
            return checked_parameter(name, given, shape)
        if rng is None:
            raise ValueError(
                f"rng is None, but {name} has to be drawn; pass a NumPy generator such as "
                "numpy.random.default_rng(0), or give the weights."
            )
        return self._share(name, uniform_weights(rng, *shape))

    def _bias(self, name: str, given: Parameter | None, size: int) -> Parameter:
        if given is not None:
            return checked_parameter(name, given, (size,))
        return self._share(name, np.zeros(size, dtype=config.floatX))

    def _share(self, name: str, value: np.ndarray[Any, Any]) -> Parameter:
        full_name = f"{self.name}_{name}" if self.name else name
        return pytensor.shared(value, name=full_name)
