"""Autoencoders that reconstruct each column from the other columns only.

>>> import numpy as np, pytensor, pytensor.tensor as pt
>>> layer = BlindSpotLayer(3, 8, rng=np.random.default_rng(0))
>>> layer.W_prime.set_value(np.ones((8, 3), "float32"))
>>> x = pt.vector("x")
>>> slopes = pytensor.gradient.jacobian(layer.reconstruct(x), x)
>>> slopes.eval({x: np.ones(3, "float32")}, mode="FAST_COMPILE").diagonal()
array([0., 0., 0.], dtype=float32)
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor
from pytensor import config

from autoenc.graph import costs
from autoenc.graph.activations import resolve_activation
from autoenc.graph.checks import check_parameters, is_number, positive_int
from autoenc.graph.types import Activation, Expression, NumPyGenerator, Parameter


class BlindSpotLayer:
    """Autoencoder layer in which no column influences its own reconstruction.

    With a fixed matrix S of zeros and ones, code = activation(x·(W∘S) + hidden_bias) and
    reconstruction = code·(W_prime∘(1 − Sᵀ)) + visible_bias. Unit k sees the columns with
    S[j, k] = 1 and reconstructs the others. The layer therefore cannot learn to copy its input,
    however many units it has. The residual of a column is its deviation from the value expected
    given the other columns. The units are an ensemble of small models, which predict some columns
    from others and are trained as one graph with two matrix products.

    Columns may form groups, such as the entries of a category. A unit either sees all columns of a
    group or reconstructs all of them.

    Parameters
    ----------
    n_visible, n_hidden : int
        Number of columns and number of units, at least 1.
    rng : numpy.random.Generator or None
        Generator of S and of the initial W; W_prime is initially 0. May be None if `sees` and `W`
        are given.
    seen : float, default 0.5
        Fraction of the columns that each unit sees, in (0, 1). If there are at least two columns,
        a unit sees at least one of them and reconstructs at least one.
    activation : str or callable, default "tanh"
        Activation of the code; see `autoenc.graph.ACTIVATIONS`.
    groups : sequence of int, (n_visible,), optional
        Group of each column, counted from 0, used to draw S. By default, each column is a separate
        group.
    sees : shared variable, (n_visible, n_hidden), optional
        S, which is not trained.
    W, hidden_bias, visible_bias, W_prime : shared variables, optional
        Parameters of shape (n_visible, n_hidden), (n_hidden,), (n_visible,) and
        (n_hidden, n_visible). They are not copied.

    Attributes
    ----------
    params : list of shared variables
        ``[W, hidden_bias, visible_bias, W_prime]``.

    Raises
    ------
    ValueError
        If a size, `seen` or the shape of a parameter is invalid, or if `rng` is None although S or
        W must be drawn.

    References
    ----------
    M. Germain, K. Gregor, I. Murray, H. Larochelle (2015). MADE: masked autoencoder for
    distribution estimation. ICML.

    S. Laine, T. Karras, J. Lehtinen, T. Aila (2019). High-quality self-supervised deep image
    denoising. NeurIPS (networks with a blind spot).

    Examples
    --------
    >>> import numpy as np, pytensor.tensor as pt
    >>> layer = BlindSpotLayer(4, 6, rng=np.random.default_rng(0))
    >>> layer.reconstruct(pt.ones((3, 4))).eval().shape
    (3, 4)
    """

    def __init__(
        self,
        n_visible: int,
        n_hidden: int,
        *,
        rng: NumPyGenerator | None,
        seen: float = 0.5,
        activation: str | Activation = "tanh",
        groups: Sequence[int] | None = None,
        sees: Parameter | None = None,
        W: Parameter | None = None,
        hidden_bias: Parameter | None = None,
        visible_bias: Parameter | None = None,
        W_prime: Parameter | None = None,
    ) -> None:
        self.n_visible = positive_int(n_visible, "n_visible")
        self.n_hidden = positive_int(n_hidden, "n_hidden")
        self.activation = resolve_activation(activation)
        shapes = {
            "sees": (n_visible, n_hidden),
            "W": (n_visible, n_hidden),
            "hidden_bias": (n_hidden,),
            "visible_bias": (n_visible,),
            "W_prime": (n_hidden, n_visible),
        }
        given: dict[str, Any] = {
            "sees": sees,
            "W": W,
            "hidden_bias": hidden_bias,
            "visible_bias": visible_bias,
            "W_prime": W_prime,
        }
        check_parameters(given, shapes)
        missing = {n: s for n, s in shapes.items() if given[n] is None}
        if {"sees", "W"} & set(missing) and rng is None:
            raise ValueError(
                "rng is None, but sees or W must be drawn; pass a NumPy generator such as "
                "numpy.random.default_rng(0), or give sees and W."
            )
        drawn = (
            {} if rng is None else blind_spot_arrays(rng, n_visible, n_hidden, seen, groups=groups)
        )
        for name, shape in missing.items():
            value = drawn.get(name, np.zeros(shape, config.floatX))
            given[name] = pytensor.shared(value, name=name)
        self.sees, self.W, self.W_prime = given["sees"], given["W"], given["W_prime"]
        self.hidden_bias, self.visible_bias = given["hidden_bias"], given["visible_bias"]

    def named_params(self) -> dict[str, Parameter]:
        """Return the parameters by their names within the layer.

        Returns
        -------
        dict of str to shared variable
            In the order of `params`.
        """
        names = ("W", "hidden_bias", "visible_bias", "W_prime")
        return {name: getattr(self, name) for name in names}

    @property
    def params(self) -> list[Parameter]:
        """Parameters, in the order expected by update rules."""
        return list(self.named_params().values())

    def encode(self, x: Expression) -> Expression:
        """Return the code of x, activation(x·(W∘S) + hidden_bias).

        Parameters
        ----------
        x : expression, (rows, n_visible)
            Inputs.

        Returns
        -------
        expression, (rows, n_hidden)
            Codes.
        """
        return self.activation(x @ (self.W * self.sees) + self.hidden_bias)

    def decode(self, code: Expression) -> Expression:
        """Return the reconstruction from a code, code·(W_prime∘(1 − Sᵀ)) + visible_bias.

        Parameters
        ----------
        code : expression, (rows, n_hidden)
            Codes.

        Returns
        -------
        expression, (rows, n_visible)
            Reconstructions.
        """
        return code @ (self.W_prime * (1 - self.sees.T)) + self.visible_bias

    def reconstruct(self, x: Expression) -> Expression:
        """Return the reconstruction of x; no column depends on its own input.

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

    def squared_error(self, x: Expression) -> Expression:
        """Compute the mean squared error over columns of x and its reconstruction.

        Parameters
        ----------
        x : expression, (rows, n_visible)
            Targets, any real values.

        Returns
        -------
        expression, (rows,)
            Cost of each row, in squared units of `x`.
        """
        return costs.squared_error(x, self.reconstruct(x)).mean(axis=-1)


def blind_spot_arrays(
    rng: NumPyGenerator, n_visible: int, n_hidden: int, seen: float, dtype: str | None = None,
    groups: Sequence[int] | None = None,
) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.floating]]]:  # fmt: skip
    """Draw the columns that each unit of a `BlindSpotLayer` sees, and its initial weights.

    Parameters
    ----------
    rng : numpy.random.Generator
        Generator of the numbers.
    n_visible, n_hidden : int
        Number of columns and units.
    seen : float
        Fraction of the columns that a unit sees, in (0, 1).
    dtype : {"float32", "float64"}, optional
        Precision; by default floatX.
    groups : sequence of int, (n_visible,), optional
        Group of each column, from 0; by default each column is a separate group. With groups,
        `seen` is the fraction of the groups.

    Returns
    -------
    dict from name to array
        ``sees`` and ``W``, (n_visible, n_hidden): W is normal with variance 1 / groups seen, so
        that units of groups whose variances add up to 1 start with variance 1.

    Raises
    ------
    ValueError
        If `seen` is not in (0, 1), or if the number of groups is not that of the columns.

    Examples
    --------
    >>> arrays = blind_spot_arrays(np.random.default_rng(0), 10, 3, 0.5)
    >>> arrays["sees"].sum(axis=0)
    array([5., 5., 5.], dtype=float32)
    >>> arrays = blind_spot_arrays(np.random.default_rng(2), 4, 2, 0.5, groups=[0, 1, 1, 1])
    >>> arrays["sees"].T
    array([[1., 0., 0., 0.],
           [0., 1., 1., 1.]], dtype=float32)
    """
    if not is_number(seen) or not 0 < seen < 1:
        raise ValueError(f"seen is {seen!r}; expected a fraction of the columns, in (0, 1).")
    group = np.arange(n_visible) if groups is None else np.asarray(groups)
    if group.shape != (n_visible,):
        raise ValueError(
            f"groups have shape {group.shape}; expected ({n_visible},), one for each column."
        )
    n_groups = int(group.max()) + 1
    if not np.array_equal(np.unique(group), np.arange(n_groups)):
        raise ValueError(
            f"groups are {np.unique(group).tolist()}; expected the numbers from 0, each at least "
            "once."
        )
    n_seen = min(n_groups - 1, max(1, round(seen * n_groups)))
    order = rng.random((n_groups, n_hidden)).argsort(axis=0)[group]
    W = rng.standard_normal((n_visible, n_hidden)) / np.sqrt(max(n_seen, 1))
    dtype = dtype or config.floatX
    return {"sees": (order < n_seen).astype(dtype), "W": W.astype(dtype)}
