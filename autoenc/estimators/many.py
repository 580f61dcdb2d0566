"""Fits of many small models, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any, TypeVar

from autoenc.estimators.base import GraphEstimator
from autoenc.models.graphs import kept_graphs
from autoenc.sources import opened

Estimator = TypeVar("Estimator", bound=GraphEstimator)


def fit_many(
    estimators: Sequence[Estimator],
    X: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    validation: Any = None,
) -> list[Estimator]:
    """Fit estimators one after the other, sharing compiled graphs between them.

    The results are identical, to the byte, to those of ``estimator.fit(X)`` for each estimator.
    `fit_many` avoids building and compiling the graph again. This takes most of the time of a
    small fit, and little of the time of a large one.

    Models share a graph if they have the same class, the same number of columns and the same
    settings, except `random_state`, `learning_rate`, `batch_size`, `n_epochs` and settings for
    validation. Their rows and weights may differ, also in number, unless they are frames with
    categories.

    Parameters
    ----------
    estimators : sequence of estimators
        Distinct estimators, which are fitted in place.
    X : rows, or list of rows
        Rows for all estimators, as accepted by `fit`, or a list with the rows of each.
    y : labels, or list of labels, optional
        Labels for classifiers: one array for all estimators, or a list with an array for each.
    sample_weight : array, or list of arrays, optional
        Weight of the cost of each row: one array for all estimators, or a list with an array for
        each.
    validation : rows, or list of rows, optional
        Validation rows for all estimators, as accepted by `fit`, or a list with those of each.

    Returns
    -------
    list of estimators
        The same objects.

    Raises
    ------
    ValueError
        If the length of a list differs from the number of estimators, if an estimator is given
        twice, or if `fit` raises it. A note on the error names the estimator; the estimators
        before it are fitted.
    TypeError
        If an element is not an estimator of autoenc, or its `fit` does not accept an argument.
    KeyboardInterrupt
        If a fit was interrupted; the interrupted estimator has the parameters trained so far.

    Examples
    --------
    >>> import numpy as np
    >>> from autoenc import AutoEncoder
    >>> X = np.random.default_rng(0).random((200, 10))
    >>> models = [AutoEncoder(8, n_epochs=2, random_state=k, verbose=False) for k in range(3)]
    >>> [model.transform(X).shape for model in fit_many(models, X)]
    [(200, 8), (200, 8), (200, 8)]
    """
    if not isinstance(estimators, Iterable):
        raise TypeError(
            f"estimators is of type {type(estimators).__name__}; expected a list of estimators, "
            "such as [AutoEncoder(random_state=0), AutoEncoder(random_state=1)]."
        )
    estimators = list(estimators)
    _check_apart(estimators)
    # Open X once for all fits, because some iterables can be iterated only once.
    X = X if isinstance(X, list) else opened(X)
    arguments = {"X": X, "y": y, "sample_weight": sample_weight, "validation": validation}
    each = {name: _for_each(name, v, len(estimators)) for name, v in arguments.items()}
    with kept_graphs():
        for k, estimator in enumerate(estimators):
            own = {name: next(values) for name, values in each.items()}
            try:
                estimator.fit(**{name: v for name, v in own.items() if v is not None})
            except Exception as error:
                error.add_note(f"This was the fit of estimator {k} of fit_many.")
                raise
            if any(record.get("interrupted") for record in estimator.history_[-1:]):
                raise KeyboardInterrupt(f"fit_many was interrupted in the fit of estimator {k}.")
    return estimators


def _check_apart(estimators: Sequence[Any]) -> None:
    """Check that all elements are estimators of autoenc, and that they are distinct."""
    for k, estimator in enumerate(estimators):
        if not isinstance(estimator, GraphEstimator):
            raise TypeError(
                f"estimator {k} is of type {type(estimator).__name__}; expected "
                "estimators of autoenc, such as [AutoEncoder(random_state=0), "
                "AutoEncoder(random_state=1)]."
            )
    if len(set(map(id, estimators))) < len(estimators):
        raise ValueError(
            "an estimator is given twice, and would keep only its last fit; give each fit an "
            "object of its own, such as sklearn.base.clone(estimator)."
        )


def _for_each(name: str, value: Any, n: int) -> Iterator[Any]:
    """Return an iterator of the value for each of n estimators."""
    if not isinstance(value, list):
        return repeat(value)
    if len(value) != n:
        raise ValueError(
            f"{name} is a list of {len(value)} elements for {n} estimators; give a list with one "
            "element for each, or an array for all of them."
        )
    return iter(value)
