"""Comparison of detectors on tables with categories, in which anomalies were planted.

The folder given by --data has the csv files of the package ISLP, as for `benchmarks.imputation`.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from autoenc import AutoEncoderDetector
from autoenc.rows.kinds import encoding_of
from benchmarks import report
from benchmarks.imputation import read_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from autoenc.rows.encoding import Encoding
    from benchmarks.session import Session

    Array = np.ndarray[Any, Any]
    Found = dict[str, list["Score"]]

OPTIONS = ("rounds",)
N_SPLITS = 5
OURS = "autoenc AutoEncoderDetector"
# Fraction of the rows in which anomalies are planted.
OF_TRAINING, OF_TEST = 0.02, 0.2
# A value contradicts the other columns if a forest gives it a lower probability.
UNLIKELY = 0.1
# Contradictions are planted in a category only if the accuracy of a forest exceeds the frequency
# of the mode by this much.
LEAST_GAIN = 0.05
# Distance by which outliers are moved, in standard deviations of their column.
FAR = 5
RARE, UNKNOWN = "a rare value", "an unknown value"


@dataclass(frozen=True)
class Table:
    """A table, and a forest's prediction of the category that depends most on other columns.

    Attributes
    ----------
    name : str
    frame : DataFrame
    encoding : Encoding
    column : str or None
        The category; None if no category can be predicted from other columns.
    likely : array, (rows, values)
        Probability of each value, from a forest fitted on other rows.
    values : array, (values,)
    """

    name: str
    frame: Any
    encoding: Encoding
    column: str | None
    likely: Array
    values: Array

    def categories(self) -> list[str]:
        """Return the names of the columns that are text or categories."""
        pairs = zip(self.encoding.columns, self.encoding.sizes, strict=True)
        own = [column.name for column, size in pairs if size]
        return [name for name in own if self.frame[name].dtype != bool]

    def numbers(self) -> list[str]:
        """Return the names of the columns of numbers."""
        return [column.name for column in self.encoding.columns if column.kind == "number"]


@dataclass(frozen=True)
class Score:
    """Result of a detector on a table with anomalies of one kind."""

    table: str
    kind: str
    seed: int
    auc: float
    precision: float
    seconds: float


def contradiction(table: Table, frame: Any, rows: Array, rng: Any) -> Array:
    """Replace values by others that a forest considers unlikely; return the rows."""
    own = frame[table.column].to_numpy()
    share = np.array([(table.frame[table.column] == value).mean() for value in table.values])
    changed = []
    for row in rows:
        number = frame.index[row]
        fits = (table.likely[number] < UNLIKELY) & (table.values != own[row])
        if fits.any():
            p = np.where(fits, share, 0)
            frame.loc[number, table.column] = rng.choice(table.values, p=p / p.sum())
            changed.append(row)
    return np.array(changed, int)


def rare_value(table: Table, frame: Any, rows: Array, rng: Any) -> Array:
    """Replace values of a category by one that few training rows have."""
    return _replaced(frame, rng.choice(table.categories()), rows, RARE)


def unknown_value(table: Table, frame: Any, rows: Array, rng: Any) -> Array:
    """Replace values of a category by one that no training row has."""
    return _replaced(frame, rng.choice(table.categories()), rows, UNKNOWN)


def outlier(table: Table, frame: Any, rows: Array, rng: Any) -> Array:
    """Move values of a column of numbers by five standard deviations."""
    name = rng.choice(table.numbers())
    values = frame[name].to_numpy(np.float64, copy=True)
    values[rows] += FAR * np.nanstd(table.frame[name]) * rng.choice([-1, 1], len(rows))
    frame[name] = values
    return rows


def _replaced(frame: Any, name: str, rows: Array, value: str) -> Array:
    values = frame[name].to_numpy(object, copy=True)
    values[rows] = value
    frame[name] = values
    return rows


# For each kind of anomaly: how it is planted, and in which fraction of the training rows.
KINDS: dict[str, tuple[Callable[[Table, Any, Array, Any], Array], float]] = {
    "contradiction": (contradiction, OF_TRAINING),
    "rare value": (rare_value, OF_TRAINING),
    "unknown value": (unknown_value, 0.0),
    "outlier": (outlier, OF_TRAINING),
}


class Ours:
    """The detector of autoenc, which accepts frames."""

    def __init__(self, seed: int) -> None:
        self.model = AutoEncoderDetector(None, random_state=seed, verbose=False)

    def scores(self, train: Any, test: Any) -> Array:
        """Fit, and return scores: the larger, the more anomalous."""
        return -np.asarray(self.model.fit(train).score_samples(test))


class OneHot:
    """A detector of rows of numbers, in which a category has an entry for each value."""

    def __init__(self, scores: Callable[[Array, Array], Array]) -> None:
        self.of_numbers = scores

    def scores(self, train: Any, test: Any) -> Array:
        """Encode, fill in means where entries are missing, fit, and return scores."""
        encoding = encoding_of(train)
        x, z = encoding.encode(train, 0)[0], encoding.encode(test, 0)[0]
        mean = np.nanmean(x, axis=0)
        x, z = (np.where(np.isnan(rows), mean, rows) for rows in (x, z))
        return self.of_numbers(x, z)


def _forest(seed: int, x: Array, z: Array) -> Array:
    return -np.asarray(IsolationForest(random_state=seed).fit(x).score_samples(z))


def _neighbours(x: Array, z: Array) -> Array:
    scaler = StandardScaler().fit(x)
    model = NearestNeighbors(n_neighbors=5).fit(scaler.transform(x))
    return np.asarray(model.kneighbors(scaler.transform(z))[0][:, -1])


def _mahalanobis(x: Array, z: Array) -> Array:
    model = make_pipeline(StandardScaler(), PCA(0.9999, svd_solver="full", whiten=True))
    return np.asarray(np.square(model.fit(x).transform(z)).sum(axis=1))


# By the name in the table: a function that makes a detector for a seed.
DETECTORS: dict[str, Callable[[int], Any]] = {
    OURS: Ours,
    "scikit-learn IsolationForest, one-hot": lambda s: OneHot(lambda x, z: _forest(s, x, z)),
    "scikit-learn PCA, whitened, one-hot": lambda _: OneHot(_mahalanobis),
    "scikit-learn NearestNeighbors, 5th, one-hot": lambda _: OneHot(_neighbours),
}


def run(session: Session) -> report.Outcome:
    """Evaluate every detector on every table with every kind of anomaly."""
    session.versions |= {"scikit-learn": version("scikit-learn")}
    tables = [table_of(name, frame) for name, frame in read_tables(session)]
    n_splits = session.options.rounds or (1 if session.options.quick else N_SPLITS)
    found: Found = defaultdict(list)
    for table in tables:
        for seed in range(n_splits):
            for kind, planted in plants(table, seed):
                for name, make in DETECTORS.items():
                    found[name].append(judged(make(seed), table.name, kind, seed, planted))
    text = f"{description(tables, n_splits)}\n\n{summary(found)}"
    text += f"\n\n### ROC AUC of contradictions, each table\n\n{of_tables(found, 'contradiction')}"
    raw = [{"detector": name, **vars(s)} for name, scores in found.items() for s in scores]
    return report.Outcome("Anomalies of tables with categories", text, raw)


def table_of(name: str, frame: Any) -> Table:
    """Find the category that a forest predicts best from the other columns."""
    frame = frame.reset_index(drop=True)
    encoding = encoding_of(frame)
    x = np.nan_to_num(encoding.encode(frame)[0])
    best: tuple[float, str | None, Array, Array] = (LEAST_GAIN, None, np.empty(0), np.empty(0))
    for column, part in zip(encoding.columns, encoding.slices, strict=True):
        own = frame[column.name]
        if column.n_values < 2 or own.isna().any() or own.value_counts().min() < 3:
            continue
        others = np.delete(x, np.arange(part.start, part.stop), axis=1)
        forest = RandomForestClassifier(random_state=0)
        likely = cross_val_predict(forest, others, own.astype(str), cv=3, method="predict_proba")
        values = np.unique(own.astype(str).to_numpy(object))
        right = (values[likely.argmax(axis=1)] == own.astype(str)).mean()
        gain = float(right - own.value_counts(normalize=True).max())
        if gain > best[0]:
            kept = {str(value): value for value in own.unique()}
            best = gain, column.name, likely, np.array([kept[v] for v in values], object)
    return Table(name, frame, encoding, *best[1:])


def plants(table: Table, seed: int) -> Iterator[tuple[str, tuple[Any, Any, Array]]]:
    """Split a table, and plant anomalies of each kind in both parts.

    Yields the kind, with training rows, test rows, and which of these are anomalies.
    """
    order = np.random.default_rng(seed).permutation(len(table.frame))
    n_test = round(0.3 * len(order))
    for number, (kind, (plant, of_training)) in enumerate(KINDS.items()):
        if kind == "contradiction" and table.column is None:
            continue
        parts, labels = [], np.zeros(n_test, bool)
        for rows, part in ((order[n_test:], of_training), (order[:n_test], OF_TEST)):
            # The same column in both parts.
            frame, rng = table.frame.loc[rows].copy(), np.random.default_rng([seed, number])
            chosen = np.random.default_rng(seed).permutation(len(rows))
            changed = plant(table, frame, chosen[: round(part * len(rows))], rng)
            parts.append(frame)
            if len(parts) == 2:
                labels[changed] = True
        yield kind, (*parts, labels)


def judged(
    detector: Any, name: str, kind: str, seed: int, planted: tuple[Any, Any, Array]
) -> Score:
    """Fit and score one table."""
    train, test, labels = planted
    begin = time.perf_counter()
    scores = detector.scores(train, test)
    seconds = time.perf_counter() - begin
    auc, precision = roc_auc_score(labels, scores), average_precision_score(labels, scores)
    return Score(name, kind, seed, float(auc), float(precision), seconds)


def means(scores: list[Score], what: str) -> Array:
    """Return the mean over splits of each table."""
    names = dict.fromkeys(score.table for score in scores)
    of_tables = [[getattr(s, what) for s in scores if s.table == name] for name in names]
    return np.array([np.mean(values) for values in of_tables])


def summary(found: Found) -> str:
    """Return the table of means over tables, for each kind."""
    rows = []
    for name, scores in found.items():
        of_kinds = [[s for s in scores if s.kind == kind] for kind in KINDS]
        aucs = [f"{means(own, 'auc').mean():.3f}" for own in of_kinds]
        precision = np.mean([means(own, "precision").mean() for own in of_kinds])
        seconds = np.mean([score.seconds for score in scores])
        rows.append([name, *aucs, f"{precision:.3f}", f"{seconds:.2f}"])
    header = ["ROC AUC", *KINDS, "mean average precision", "seconds per fit and scoring"]
    return report.table(header, rows)


def of_tables(found: Found, kind: str) -> str:
    """Return a table with a row for each data table."""
    own = {name: [s for s in scores if s.kind == kind] for name, scores in found.items()}
    names = dict.fromkeys(score.table for score in own[OURS])
    columns = [means(scores, "auc") for scores in own.values()]
    rows = [
        [name, *(f"**{a:.3f}**" if a == max(of_table) else f"{a:.3f}" for a in of_table)]
        for name, *of_table in zip(names, *columns, strict=True)
    ]
    return report.table(["table", *found], rows)


def description(tables: list[Table], n_splits: int) -> str:
    """Describe the benchmark."""
    columns = ", ".join(f"{t.name} ({t.column})" for t in tables if t.column is not None)
    part = f"{OF_TRAINING:.0%} of the training rows"
    return (
        f"{len(tables)} tables of the package ISLP with categories, {n_splits} random splits. "
        "Detectors are fitted without labels on 70 % of the rows and evaluated on the others, of "
        "which a fifth are anomalies of one kind. A contradiction replaces the value of the "
        f"category that can be predicted best from the other columns ({columns}) by a value that "
        f"a random forest, fitted on other rows, gives a probability below {UNLIKELY}. A rare "
        f"value is one that occurs in {part}, and an unknown value occurs in none of them. An "
        f"outlier is moved by {FAR} standard deviations of its column. {part} contain such "
        "contradictions or outliers, too. Detectors have their default settings. The detectors "
        "of scikit-learn get one 0/1 entry for each value of a category; two of them standardise "
        "these entries."
    )
