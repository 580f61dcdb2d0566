"""Statistics of hidden units: dead, saturated and duplicate units.

>>> import numpy as np
>>> codes = np.random.default_rng(0).uniform(size=(100, 3))
>>> codes[:, 0] = 0.5
>>> codes[:, 2] = 1 - codes[:, 1]
>>> health = unit_health(codes, np.eye(3), "sigmoid")
>>> health.dead, health.duplicates
([0], [(2, 1)])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autoenc.analysis.access import Array, mean_errors

# Bounds of the activations that have two.
ENDS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
# A unit is dead if it deviates by less than this fraction of the range between the bounds or, if
# there are no bounds, of the deviation of the most variable unit.
STILL, STILLEST = 1e-2, 1e-3
# A unit is saturated if it is within this fraction of the range from a bound, for this fraction of
# the rows.
AT_AN_END, MOST = 1e-2, 0.95
ALIKE = 0.99
# Deviations below this fraction of the size of a code are rounding errors.
ROUNDING = 1e-6


@dataclass(frozen=True)
class UnitHealth:
    """Statistics of the units of a code.

    Parameters
    ----------
    n_units : int
        Number of units.
    dead : list of int
        Units that hardly vary over the rows: the same code for every input.
    saturated : list of int or None
        Units whose value is within 1 % of a bound of their activation for at least 95 % of the
        rows, so that they pass on no gradient. Dead units may be among them. None if the
        activation is not bounded on both sides.
    duplicates : list of pairs of int
        Pairs of a unit and the first earlier unit that duplicates it: the correlation of their
        codes is above 0.99 or below −0.99, or the cosine of their filters is above 0.99. Dead
        units are not compared.
    effective : float
        Effective number of codes: the participation ratio (Σλ)² / Σλ² of the eigenvalues λ of the
        covariance of the codes. It is n if n codes are uncorrelated with equal variances, 1 if all
        are perfectly correlated, and 0 if none varies.
    """

    n_units: int
    dead: list[int]
    saturated: list[int] | None
    duplicates: list[tuple[int, int]]
    effective: float


def unit_health(codes: Any, filters: Any, activation: Any) -> UnitHealth:
    """Compute statistics of the units of a code over given rows.

    Parameters
    ----------
    codes : array, (rows, units)
        Codes of at least two rows, preferably of some hundreds.
    filters : array, (columns, units)
        Weights of each unit: `W_`.
    activation : str or callable
        Activation of the units. Saturation is only evaluated for the sigmoid and the hyperbolic
        tangent.

    Returns
    -------
    UnitHealth
        The statistics.

    Raises
    ------
    ValueError
        If there are fewer than two rows, or if the shape of the filters does not match the codes.

    References
    ----------
    X. Glorot, Y. Bengio (2010). Understanding the difficulty of training deep feedforward
    neural networks. AISTATS; on saturation.

    P. Gao et al. (2017). A theory of multineuronal dimensionality, dynamics and measurement.
    bioRxiv 214262; on the participation ratio.

    Examples
    --------
    >>> codes = np.repeat([[0.0, 1.0]], 10, axis=0)
    >>> unit_health(codes, np.eye(2), "sigmoid").saturated
    [0, 1]
    """
    codes, filters = np.asarray(codes, np.float64), np.asarray(filters, np.float64)
    _check(codes, filters)
    ends = ENDS.get(activation) if isinstance(activation, str) else None
    dead = _dead(codes, ends)
    return UnitHealth(
        n_units=codes.shape[1],
        dead=np.flatnonzero(dead).tolist(),
        saturated=None if ends is None else np.flatnonzero(_saturated(codes, ends)).tolist(),
        duplicates=_duplicates(codes, filters, np.flatnonzero(~dead)),
        effective=participation_ratio(codes),
    )


def participation_ratio(codes: Array) -> float:
    """Compute the effective number of codes, (Σλ)² / Σλ² of the eigenvalues of their covariance.

    Parameters
    ----------
    codes : array, (rows, units)
        Codes of some hundreds of rows.

    Returns
    -------
    float
        Between 1 and the number of units; 0 if no unit varies.

    Examples
    --------
    >>> participation_ratio(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]))
    2.0
    """
    # The traces of the covariance and of its square are the sums of λ and of λ².
    covariance = np.atleast_2d(np.cov(codes, rowvar=False))
    total = float(np.trace(covariance))
    if total <= ROUNDING**2 * float((codes**2).mean(axis=0).sum()):
        return 0.0
    return total**2 / float((covariance**2).sum())


def error_shares(model: Any, X: Any) -> Array:
    """Compute the share of each column in the error of a model.

    Parameters
    ----------
    model : fitted autoencoder or stack
        The model.
    X : array-like, (rows, columns)
        Rows for the evaluation.

    Returns
    -------
    array, (columns,)
        Shares, which add up to 1; all are 0 if there is no error.

    Examples
    --------
    >>> from autoenc import AutoEncoder
    >>> X = np.array([[0.0, 0.5], [1.0, 0.5]] * 50)
    >>> model = AutoEncoder(1, cost="squared_error", n_epochs=30, momentum=0.9, tied=False,
    ...                     random_state=0, verbose=False).fit(X)
    >>> np.round(error_shares(model, X).sum(), 6)
    np.float64(1.0)
    """
    by_column = mean_errors(model, X)
    total = by_column.sum()
    shares: Array = by_column / total if total else np.zeros_like(by_column)
    return shares


def _check(codes: Array, filters: Array) -> None:
    if codes.ndim != 2 or len(codes) < 2:
        raise ValueError(
            f"codes have shape {codes.shape}; expected (rows, units) with at least two rows, "
            "because units are judged by how they vary."
        )
    if filters.ndim != 2 or filters.shape[1] != codes.shape[1]:
        raise ValueError(
            f"filters have shape {filters.shape} and codes {codes.shape}; expected the same "
            "number of columns, one for each unit."
        )


def _dead(codes: Array, ends: tuple[float, float] | None) -> Array:
    deviation = codes.std(axis=0)
    if ends is not None:
        low, high = ends
        bound = STILL * (high - low)
    else:
        size = float(np.sqrt((codes**2).mean()))
        bound = max(STILLEST * float(np.max(deviation)), ROUNDING * size)
    still: Array = deviation <= bound
    return still


def _saturated(codes: Array, ends: tuple[float, float]) -> Array:
    low, high = ends
    margin = AT_AN_END * (high - low)
    at_an_end = (codes < low + margin) | (codes > high - margin)
    saturated: Array = at_an_end.mean(axis=0) >= MOST
    return saturated


def _duplicates(codes: Array, filters: Array, alive: Array) -> list[tuple[int, int]]:
    centred = codes[:, alive] - codes[:, alive].mean(axis=0)
    alike = (np.abs(_cosines(centred)) > ALIKE) | (_cosines(filters[:, alive]) > ALIKE)
    earlier = np.tril(alike, k=-1)
    return [
        (int(alive[unit]), int(alive[np.argmax(earlier[unit])]))
        for unit in np.flatnonzero(earlier.any(axis=1))
    ]


def _cosines(columns: Array) -> Array:
    """Return the cosine of the angle between each two columns; 0 if one of them is 0."""
    lengths = np.linalg.norm(columns, axis=0)
    directions = columns / np.where(lengths == 0, 1, lengths)
    cosines: Array = directions.T @ directions
    return cosines
