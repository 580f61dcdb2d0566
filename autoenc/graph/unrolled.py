"""Stacked autoencoder layers, unrolled into one deep autoencoder.

>>> import numpy as np, pytensor.tensor as pt
>>> rng = np.random.default_rng(0)
>>> deep = UnrolledLayers([AutoEncoderLayer(6, 4, rng=rng), AutoEncoderLayer(4, 2, rng=rng)])
>>> x = pt.ones((5, 6))
>>> deep.encode(x).eval().shape, deep.reconstruct(x).eval().shape
((5, 2), (5, 6))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from autoenc.graph.layers import AutoEncoderLayer, RowCosts
from autoenc.graph.types import Activation, Expression, Parameter


class UnrolledLayers(RowCosts):
    """One deep autoencoder made of several layers.

    The code is that of the highest layer, code = e_n(…e_2(e_1(x))). The reconstruction passes
    through the decoders of all layers in reverse order, d_1(d_2(…d_n(code))). Here e_k and d_k are
    `AutoEncoderLayer.encode` and `AutoEncoderLayer.decode` of layer k. The class has the methods
    of `AutoEncoderLayer` and can replace such a layer.

    Parameters
    ----------
    layers : sequence of AutoEncoderLayer or UnrolledLayers
        Layers, from the input upwards, at least one. They are not copied: training the unrolled
        layers trains the parameters of the original layers, and the reverse.

    Attributes
    ----------
    n_visible, n_hidden : int
        Number of features of a row and number of units of its code.
    output : callable
        Activation of the reconstruction, which is that of the lowest layer.
    tied : bool
        Whether the decoders of all layers use Wᵀ.
    params : list of shared variables
        Parameters of all layers, from the input upwards. The visible biases of the upper
        layers are biases of the decoder.

    Raises
    ------
    ValueError
        If there are no layers, or if the number of units of a layer differs from the number of
        features of the next.

    References
    ----------
    G. Hinton, R. Salakhutdinov (2006). Reducing the dimensionality of data with neural
    networks. Science 313.
    """

    def __init__(self, layers: Sequence[AutoEncoderLayer | UnrolledLayers]) -> None:
        self.layers = list(layers)
        if not self.layers:
            raise ValueError("layers is empty; expected at least one AutoEncoderLayer.")
        _check_sizes(self.layers)
        self.n_visible: int = self.layers[0].n_visible
        self.n_hidden: int = self.layers[-1].n_hidden
        self.output: Activation = self.layers[0].output
        self.tied: bool = all(layer.tied for layer in self.layers)

    def named_params(self) -> dict[str, Parameter]:
        """Return the parameters by their names, numbered from the input upwards.

        Returns
        -------
        dict of str to shared variable
            ``W_1``, ``hidden_bias_1`` and so on, in the order of `params`.
        """
        return {
            f"{name}_{k}": param
            for k, layer in enumerate(self.layers, start=1)
            for name, param in layer.named_params().items()
        }

    @property
    def params(self) -> list[Parameter]:
        """Parameters, in the order expected by update rules."""
        return [param for layer in self.layers for param in layer.params]

    def encode(self, x: Expression) -> Expression:
        """Return the code of x, e_n(…e_2(e_1(x))).

        Parameters
        ----------
        x : expression, (rows, n_visible)
            Inputs.

        Returns
        -------
        expression, (rows, n_hidden)
            Codes of the highest layer.
        """
        for layer in self.layers:
            x = layer.encode(x)
        return x

    def decode(self, code: Expression) -> Expression:
        """Return the reconstruction from a code, d_1(d_2(…d_n(code))).

        Parameters
        ----------
        code : expression, (rows, n_hidden)
            Codes of the highest layer.

        Returns
        -------
        expression, (rows, n_visible)
            Reconstructions.
        """
        return self.layers[0].decode(self._down(code))

    def pre_output(self, code: Expression) -> Expression:
        """Return the pre-activation of the reconstruction from a code.

        Parameters
        ----------
        code : expression, (rows, n_hidden)
            Codes of the highest layer.

        Returns
        -------
        expression, (rows, n_visible)
            Pre-activations of the lowest decoder.
        """
        return self.layers[0].pre_output(self._down(code))

    def entry_costs(
        self,
        cost: str | Callable[[Expression, Expression], Expression],
        x: Expression,
        code: Expression,
    ) -> Expression:
        """Compute the cost of each entry of x when it is reconstructed from a code.

        Parameters
        ----------
        cost : {"cross_entropy", "deviance", "squared_error"} or callable
            Cost to compute, as the lowest layer computes it; see `AutoEncoderLayer`.
        x : expression, (rows, n_visible)
            Targets, in [0, 1] except for the squared error.
        code : expression, (rows, n_hidden)
            Codes of the highest layer.

        Returns
        -------
        expression, (rows, n_visible)
            Costs, in nats or in squared units of `x`.
        """
        return self.layers[0].entry_costs(cost, x, self._down(code))

    def _down(self, code: Expression) -> Expression:
        """Return the input of the lowest decoder, from a code of the highest layer."""
        for layer in reversed(self.layers[1:]):
            code = layer.decode(code)
        return code


def _check_sizes(layers: Sequence[AutoEncoderLayer | UnrolledLayers]) -> None:
    """Refuse layers whose sizes do not match those of their neighbours."""
    for k, (below, above) in enumerate(pairwise(layers), start=1):
        if below.n_hidden != above.n_visible:
            raise ValueError(
                f"layer {k} has {below.n_hidden} units, but layer {k + 1} has "
                f"{above.n_visible} features; expected the same number."
            )
