"""Baselines for errors: the mean row, PCA and the same model with random weights.

>>> from autoenc import AutoEncoder, load_mnist
>>> train, _, test = load_mnist(sample=True)
>>> model = AutoEncoder(32, n_epochs=2, random_state=0, verbose=False).fit(train.images)
>>> errors = yardsticks(model, test.images, X_train=train.images)
>>> errors.model.mean_squared < errors.mean.mean_squared < errors.untrained.mean_squared
True
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from autoenc.analysis.access import (
    Array,
    coder_of,
    column_errors,
    dense,
    errors_of_reconstructions,
    mean_of_observed,
    seen_rows,
)
from autoenc.models.coders import FittedCoder
from autoenc.tables.text import counted

# With cross-entropy, reconstructions by the mean and by PCA are kept at this distance from 0 and
# 1, because it is undefined outside (0, 1).
MARGIN = 1e-3


@dataclass(frozen=True)
class Errors:
    """Errors of reconstructions.

    Parameters
    ----------
    mean_squared : float
        Mean of (x − z)² over all observed entries, in the units of the data. If columns are of
        different kinds, it is in standard units, and a category has an entry for each value.
    cost : float
        Mean over rows of the model's own error, as returned by `score_samples`: the Bernoulli
        deviance or the squared error of observed entries, in standard units if the model
        standardises columns.
    """

    mean_squared: float
    cost: float


@dataclass(frozen=True)
class Yardsticks:
    """Errors of a model and of baselines on the same rows.

    Parameters
    ----------
    cost_name : {"cross_entropy", "squared_error", "mixed"}
        The model's own cost.
    n_columns, n_components : int
        Number of columns, and number of components of PCA: as many as the code has units, or as
        many as rows and columns allow.
    model, mean, pca, untrained : Errors
        Errors of the model, of the mean row, of PCA, and of the model with random weights; see
        `autoenc.analysis.untrained`.
    standardised : bool
        Whether the model standardises columns. Its cost, and PCA, then refer to standardised
        columns.
    is_fair : bool
        Whether mean and PCA were fitted on the rows that the model was fitted on.
    """

    cost_name: str
    n_columns: int
    n_components: int
    model: Errors
    mean: Errors
    pca: Errors
    untrained: Errors
    standardised: bool = False
    is_fair: bool = False

    def named(self) -> dict[str, Errors]:
        """Return the errors by the names under which reports show them.

        Returns
        -------
        dict from str to Errors
            The model first, then the baselines.
        """
        return {
            "this model": self.model,
            f"PCA, {counted(self.n_components, 'component')}": self.pca,
            "mean row": self.mean,
            "this model, random weights": self.untrained,
        }

    def squared(self, errors: Errors) -> float:
        """Return the squared error to compare, in standard units if the model standardises.

        Parameters
        ----------
        errors : Errors
            Errors of a model.

        Returns
        -------
        float
            The squared error.
        """
        return errors.cost if self.standardised else errors.mean_squared


def yardsticks(model: Any, X: Any, *, X_train: Any = None) -> Yardsticks:
    """Compare a model with the mean row, PCA and the same model with random weights.

    With cross-entropy, reconstructions by the mean and by PCA may be outside (0, 1). They are
    clipped to [0.001, 0.999] for their cost, but not for their squared error.

    If the model standardises columns, PCA is fitted on standardised columns as well. Otherwise it
    would only fit the columns with the largest numbers.

    Missing entries, NaN, are excluded from errors. The mean row contains the mean of the observed
    entries of each column, or 0 if there are none. For PCA, missing entries are replaced by the
    mean, both in the training rows and in the rows to reconstruct.

    Parameters
    ----------
    model : fitted autoencoder or stack
        The model.
    X : array-like, (rows, columns)
        Rows for the evaluation, preferably held-out ones. NaN marks missing entries, if the model
        was fitted with ``missing="mask"``.
    X_train : array-like, (rows, columns), optional
        Rows that the model was fitted on, on which mean and PCA are fitted, too. The default is X,
        which favours these baselines.

    Returns
    -------
    Yardsticks
        The errors of all.

    Raises
    ------
    TypeError
        If the model is not a fitted autoencoder or stack.
    ValueError
        If the model refuses the rows, or if their cost is undefined: cross-entropy needs [0, 1].

    References
    ----------
    H. Bourlard, Y. Kamp (1988). Auto-association by multilayer perceptrons and singular value
    decomposition. Biological Cybernetics 59: under squared error, no autoencoder of linear
    units is better than PCA.

    Examples
    --------
    >>> from autoenc import AutoEncoder
    >>> X = np.random.default_rng(0).uniform(size=(50, 4))
    >>> model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(X)
    >>> found = yardsticks(model, X)
    >>> found.n_components, found.pca.mean_squared < found.mean.mean_squared
    (2, True)
    """
    model = coder_of(model)
    is_same = X_train is None or X_train is X
    X = model.numbers(X)
    of_model = _errors_of_model(model, X)
    x = seen_rows(model, X)
    x_train = x if is_same else seen_rows(model, X_train)
    n_components = min(model.n_codes, *x_train.shape)
    mean = _observed_mean(x_train)
    scale = dense(model.coders[0].arrays.get("scale", 1.0))
    of_pca = scale * _pca_reconstructions(
        _filled(x_train, mean) / scale, _filled(x, mean) / scale, n_components
    )
    return Yardsticks(
        str(model.cost),
        x.shape[1],
        n_components,
        model=of_model,
        mean=_errors(model, x, np.broadcast_to(mean, x.shape)),
        pca=_errors(model, x, of_pca),
        untrained=_errors_of_model(model.untrained(), X),
        standardised="scale" in model.coders[0].arrays,
        is_fair=X_train is not None,
    )


def untrained(model: Any) -> Any:
    """Copy a model with random weights: those that its seed gives without a start from PCA.

    If training did not start from PCA, these are the parameters from which it started.

    Parameters
    ----------
    model : fitted autoencoder or stack
        The model.

    Returns
    -------
    model of the same class and settings
        Copy with the parameters that each layer draws from its seed.

    Examples
    --------
    >>> from autoenc import AutoEncoder
    >>> X = np.eye(4)
    >>> model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(X)
    >>> untrained(model).hidden_bias_
    array([0., 0.], dtype=float32)
    """
    start = copy.copy(model)
    start.model_ = coder_of(model).untrained()
    return start


def _pca_reconstructions(x_train: Array, x: Array, n_components: int) -> Array:
    from sklearn.decomposition import PCA

    # "auto" uses a randomised algorithm for large data, which needs a seed.
    pca = PCA(n_components, random_state=0)
    # If all rows are equal, PCA's fractions of the variance, which are not used, are 0 / 0.
    with np.errstate(invalid="ignore"):
        pca.fit(x_train)
    reconstructions: Array = pca.inverse_transform(pca.transform(x))
    return reconstructions


def _observed_mean(x: Array) -> Array:
    observed = ~np.isnan(x)
    mean: Array = np.where(observed, x, 0).sum(axis=0) / np.maximum(observed.sum(axis=0), 1)
    return mean


def _filled(x: Array, mean: Array) -> Array:
    return np.where(np.isnan(x), mean, x)


def _errors_of_model(model: FittedCoder, X: Any) -> Errors:
    # Compute errors first, so that rows without errors are refused before codes warn of them.
    errors = mean_of_observed(column_errors(model, X).sum(axis=1))
    unit = _unit(model)
    return Errors(
        _mean_squared(dense(X) / unit, dense(model.reconstruct(X)) / unit), float(errors)
    )


def _errors(model: FittedCoder, x: Array, z: Array) -> Errors:
    kept = _kept(model, z)
    errors = mean_of_observed(errors_of_reconstructions(model, x, kept).sum(axis=1))
    factor = 1 if model.scaling is None else model.scaling.factor
    unit = factor * _unit(model)
    return Errors(_mean_squared(x / unit, z / unit), float(errors))


def _kept(model: FittedCoder, z: Array) -> Array:
    """Return reconstructions with a defined cost: with cross-entropy, clipped to (0, 1)."""
    if model.cost == "cross_entropy":
        return np.clip(z, MARGIN, 1 - MARGIN)
    encoding = model.columns.encoding
    if encoding is None:
        return z
    kept = z.copy()
    for size, entries in zip(encoding.sizes, encoding.slices, strict=True):
        if size:
            p = np.clip(z[:, entries], MARGIN, 1)
            kept[:, entries] = p / p.sum(axis=1, keepdims=True)
    return kept


def _unit(model: FittedCoder) -> Array:
    """Return the units of the squared errors of entries: those of the data, or standard units."""
    if model.columns.encoding is None:
        return np.ones(1)
    factor = 1 if model.scaling is None else model.scaling.factor
    return np.asarray(dense(model.coders[0].arrays["scale"]) / factor)


def _mean_squared(x: Array, z: Array) -> float:
    observed = ~np.isnan(x)
    return float(np.square(np.where(observed, x - z, 0)).sum()) / max(int(observed.sum()), 1)
