"""Evaluation of a model in one call, with advice on what to try next.

>>> from autoenc import AutoEncoder, load_mnist
>>> train, _, test = load_mnist(sample=True)
>>> model = AutoEncoder(32, n_epochs=1, random_state=0, verbose=False).fit(train.images)
>>> found = report(model, test.images, X_train=train.images)
>>> print(found)
AutoEncoder of 784 columns, code of 32 units
measured on 1,000 rows; mean and PCA are taken from 5,000 training rows
...
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import Any

import numpy as np

from autoenc.analysis.access import (
    Array,
    coder_of,
    mean_of_observed,
    missing_entries,
    seen_rows,
)
from autoenc.analysis.advice import advise
from autoenc.analysis.histories import History, summarize
from autoenc.analysis.units import UnitHealth, error_shares, unit_health
from autoenc.analysis.verdict import verdict
from autoenc.analysis.yardsticks import MARGIN, Errors, Yardsticks, yardsticks
from autoenc.graph.checks import positive_int
from autoenc.models.coders import FittedCoder
from autoenc.rows.examples import encoded_again
from autoenc.rows.shapes import check_shape
from autoenc.sources import Source, opened
from autoenc.tables.text import counted

WIDTH = 80
COLUMNS_SHOWN = 5


@dataclass(frozen=True)
class LayerReport:
    """Units and training of one layer; a model that is not a stack has one layer.

    Parameters
    ----------
    units : UnitHealth
        Dead, saturated and duplicate units.
    history : History or None
        None if the model keeps no history.
    """

    units: UnitHealth
    history: History | None


@dataclass(frozen=True)
class Report:
    """Result of `report`.

    Parameters
    ----------
    model : str
        Name of the class.
    n_rows, n_train_rows : int, int or None
        Number of evaluated rows, and of rows on which mean and PCA are fitted; None if the latter
        are the evaluated rows.
    yardsticks : Yardsticks
        Errors compared with those of baselines.
    train_cost : float or None
        Mean error of the training rows.
    median_errors : pair of float
        Median error of the held-out rows (by default, the evaluated rows) and of the training rows
        (None if there are none). A few anomalies do not affect medians.
    layers : list of LayerReport
        Layers, from the input upwards.
    columns : list of str
        Names of the columns.
    error_shares : list of float
        Share of each column in the error.
    missing : float
        Fraction of entries that are missing in the evaluated rows, and so excluded from errors.
    history : History or None
        Joint training of all layers, if there was one.

    Attributes
    ----------
    verdict : str
        Comparison of the error with those of the mean row and of PCA, in a sentence.
    advice : list of str
        Suggestions on what to try, in words.
    """

    model: str
    n_rows: int
    n_train_rows: int | None
    yardsticks: Yardsticks
    train_cost: float | None
    median_errors: tuple[float, float | None]
    layers: list[LayerReport]
    columns: list[str]
    error_shares: list[float]
    missing: float
    history: History | None = None
    verdict: str = field(init=False)
    advice: list[str] = field(init=False)

    def __post_init__(self) -> None:
        layers = [(layer.units, layer.history) for layer in self.layers]
        found = advise(
            self.yardsticks, self.median_errors, self.columns, self.error_shares, layers,
            self.history,
        )  # fmt: skip
        object.__setattr__(self, "verdict", verdict(self.yardsticks))
        object.__setattr__(self, "advice", found)

    def to_dict(self) -> dict[str, Any]:
        """Return the contents as JSON values: mappings, lists, numbers and text.

        Returns
        -------
        dict
            The report.
        """
        return asdict(self)

    def __str__(self) -> str:
        """Show it as text of at most 80 columns."""
        sections = (
            _headline(self),
            _wrap(self.verdict),
            _table(self.yardsticks),
            _together_lines(self),
            [line for number, _ in enumerate(self.layers) for line in _layer_lines(self, number)],
            _wrap(_columns_line(self)),
            ["what to try", *(line for text in self.advice for line in _wrap(text, "- "))],
        )
        return "\n\n".join("\n".join(lines) for lines in sections if lines)

    def _repr_html_(self) -> str:
        """Show the text in a notebook."""
        return f"<pre>{html.escape(str(self))}</pre>"


def report(
    model: Any,
    X: Any,
    *,
    X_train: Any = None,
    X_held_out: Any = None,
    max_rows: int = 10_000,
) -> Report:
    """Evaluate a model and its units, and advise what to try.

    Parameters
    ----------
    model : fitted autoencoder or stack
        The model.
    X : array-like, (rows, columns)
        At least two rows, preferably held-out ones. If the model was fitted with
        ``missing="mask"``, NaN marks missing entries. They are excluded from errors; `yardsticks`
        describes how mean and PCA are compared in this case.
    X_train : array-like, (rows, columns), optional
        Rows that the model was fitted on, which may be X. Mean and PCA are fitted on them. Without
        them, PCA is fitted on X and shown, but the report does not advise to use PCA.
    X_held_out : array-like, (rows, columns), optional
        Rows without anomalies that the model was not fitted on; by default X. Their median error
        is compared with that of `X_train` to detect overfitting.
    max_rows : int
        Maximum number of rows. If any of the three arrays has more, this number of rows is drawn
        from it, the same ones in every call.

    Returns
    -------
    Report
        The report. Its `str` is a table to read; `Report.to_dict` is for programs.

    Raises
    ------
    TypeError
        If the model is not a fitted autoencoder or stack.
    ValueError
        If the model refuses the rows, if their cost is undefined, if there are fewer than two, or
        if max_rows is not an integer of at least 1.

    Examples
    --------
    >>> from autoenc import AutoEncoder
    >>> X = np.random.default_rng(0).uniform(size=(200, 4))
    >>> model = AutoEncoder(2, n_epochs=1, random_state=0, verbose=False).fit(X)
    >>> report(model, X).advice[0]
    'The squared error, 0.11..., is no better than that of the mean row (0.08...): ...'
    """
    model, max_rows = coder_of(model), positive_int(max_rows, "max_rows")
    is_training = X_train is X
    X = model.numbers(_at_most(X, max_rows))
    if X.shape[0] < 2:
        raise ValueError(f"X has {counted(X.shape[0], 'row')}; a report needs at least two.")
    missing = missing_entries(model, X)
    if model.masked and missing.all():
        raise ValueError("no row of X has an observed value; give other rows.")
    X_train = X if is_training else None if X_train is None else _at_most(X_train, max_rows)
    # Compute errors first, so that rows without errors are refused before codes warn of them.
    shares = error_shares(model, X).tolist()
    layers = _layer_reports(model, X)
    known = X_train is not None and not is_training
    of_train = model.score_samples(X_train, name="X_train") if known else None
    of_others = model.score_samples(X if X_held_out is None else _at_most(X_held_out, max_rows))
    return Report(
        model=model.kind,
        n_rows=X.shape[0],
        n_train_rows=X_train.shape[0] if known else None,
        yardsticks=yardsticks(model, X, X_train=X_train),
        train_cost=None if of_train is None else float(mean_of_observed(of_train)),
        median_errors=(_median(of_others), None if of_train is None else _median(of_train)),
        layers=layers,
        columns=_column_names(model),
        error_shares=shares,
        missing=float(missing.mean()),
        history=None if model.coders == (model,) else _history_together(model),
    )


def _median(errors: Array) -> float:
    known = errors[~np.isnan(errors)]
    return float(np.median(known)) if len(known) else 0.0


def _at_most(X: Any, max_rows: int) -> Any:
    X = opened(X)
    if isinstance(X, Source):
        numbers = np.arange(len(X))
        drawn = numbers if len(X) <= max_rows else np.sort(_drawn(numbers, max_rows))
        return _named(X[:] if len(drawn) == len(X) else X[drawn], X.names)
    check_shape(X)
    X = X if hasattr(X, "shape") else np.asarray(X)
    return X if X.shape[0] <= max_rows else _drawn(X, max_rows)


def _drawn(X: Any, n_rows: int) -> Any:
    """Return randomly drawn rows, the same for each call."""
    from sklearn.utils import resample

    return resample(X, replace=False, n_samples=n_rows, random_state=0)


def _named(rows: Array, names: Sequence[str] | None) -> Any:
    """Return rows as a frame with the names of their source, so that models compare them."""
    if names is None or find_spec("pandas") is None:
        return rows
    import pandas as pd

    return pd.DataFrame(rows, columns=list(names))


def _layer_reports(model: FittedCoder, X: Any) -> list[LayerReport]:
    reports = []
    # The upper layers of a stack have neither names nor scaling of the columns.
    alone = model.coders == (model,)
    rows = X if alone else encoded_again(seen_rows(model, X), model.columns)
    for layer in model.coders:
        codes = layer.transform(rows)
        health = unit_health(codes, layer.arrays["W"], layer.choices["activation"])
        reports.append(LayerReport(health, summarize(layer.history)))
        rows = codes
    return reports


def _history_together(model: FittedCoder) -> History | None:
    """Summarise the epochs of a stack in which all layers were trained together."""
    return summarize([record for record in model.history if "layer" not in record])


def _column_names(model: FittedCoder) -> list[str]:
    names = model.columns.users_names
    if names is not None:
        return [str(name) for name in names]
    return [f"column {number}" for number in range(model.columns.n_users)]


def _headline(found: Report) -> list[str]:
    *lower, highest = (layer.units.n_units for layer in found.layers)
    sizes = " and ".join([*map(str, lower), counted(highest, "unit")])
    origin = "the same rows" if found.n_train_rows is None else (
        f"{found.n_train_rows:,} training rows"
    )  # fmt: skip
    return [
        *_wrap(f"{found.model} of {counted(len(found.columns), 'column')}, code of {sizes}"),
        f"measured on {counted(found.n_rows, 'row')}; mean and PCA are taken from {origin}",
        *_wrap(missing_text(found)),
    ]


def error_name(cost: str) -> str:
    """Return the name of the row error of a model with this cost."""
    names = {"cross_entropy": "deviance", "squared_error": "squared error", "mixed": "error"}
    return names[cost]


def missing_text(found: Report) -> str:
    """Describe missing entries and their effect on the errors; empty if nothing is missing."""
    if not found.missing:
        return ""
    return (
        f"{found.missing:.1%} of the values are missing: they are excluded from errors, and PCA "
        "replaces them by the mean"
    )


def _table(found: Yardsticks) -> list[str]:
    return [
        f"{'':28}{'mean squared error':>20}{error_name(found.cost_name):>18}",
        *(_table_row(name, errors) for name, errors in found.named().items()),
        *_note(found),
    ]


def _note(found: Yardsticks) -> list[str]:
    if found.cost_name == "mixed":
        return ["(error: mean over columns; 1 for the mean and the frequencies of values)"]
    if found.standardised:
        return ["(squared error: of standardised columns, also for PCA)"]
    if found.cost_name != "cross_entropy":
        return []
    return [f"(deviance of PCA and mean: with values kept in [{MARGIN}, {1 - MARGIN}])"]


def _table_row(name: str, errors: Errors) -> str:
    return f"{name:28}{errors.mean_squared:20.6g}{errors.cost:18.6g}"


def _together_lines(found: Report) -> list[str]:
    if found.history is None:
        return []
    return _wrap(f"all layers together: {_history_text(found.history)}")


def _layer_lines(found: Report, number: int) -> list[str]:
    layer = found.layers[number]
    name = f"layer {number + 1}" if len(found.layers) > 1 else "training"
    units = _units_text(layer.units)
    if found.history is not None:
        return _wrap(f"{name}: {units}")
    return _wrap(f"{name}: {_history_text(layer.history)}") + _wrap(f"units: {units}")


def _history_text(history: History | None) -> str:
    if history is None:
        return "no history"
    text = (
        f"{counted(history.n_epochs, 'epoch')} in {history.seconds:.1f} s, cost from "
        f"{history.first_cost:.6g} to {history.last_cost:.6g}"
    )
    if history.fall is not None:
        text += (
            f", {'rising' if history.fall < 0 else 'falling'} by {abs(history.fall):.2%} per epoch"
        )
    if history.best_epoch is not None:
        text += (
            f"; validation lowest after epoch {history.best_epoch}: {history.best_valid_cost:.6g}"
        )
    return text


def _units_text(units: UnitHealth) -> str:
    saturated = "" if units.saturated is None else f"{len(units.saturated)} saturated, "
    return (
        f"{units.n_units}, of which {len(units.dead)} dead, {saturated}"
        f"{len(units.duplicates)} duplicate; effective number of codes {units.effective:.1f}"
    )


def _columns_line(found: Report) -> str:
    order = np.argsort(found.error_shares)[::-1][:COLUMNS_SHOWN]
    largest = ", ".join(f"{found.columns[i]} {found.error_shares[i]:.1%}" for i in order)
    return f"largest shares of the error: {largest}"


def _wrap(text: str, bullet: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=bullet, subsequent_indent=" " * max(2, len(bullet))
    )
