"""Comparison of anomaly detectors on data sets whose anomalies are labelled.

The folder given by --data has a file NAME.npz for each data set, with arrays X, (rows, columns),
and y, which is 1 for anomalies: the format of ADBench (https://github.com/Minqi824/ADBench, folder
adbench/datasets/Classical). PyOD and PyTorch are included if they are installed.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from autoenc import AutoEncoderDetector
from benchmarks import report
from benchmarks.alarms import table_of_alarms
from benchmarks.choices import chosen_on_halves
from benchmarks.pieces import table_of_pieces
from benchmarks.session import NobodyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.session import Session

    Array = np.ndarray[Any, Any]
    Scores = dict[str, dict[str, list["Score"]]]

OPTIONS = ("alarms", "choose", "pieces", "rounds")
MOST_ROWS = 10_000
N_SPLITS = 5
OURS = "autoenc AutoEncoderDetector"


@dataclass(frozen=True)
class Split:
    """A data set, split at random: rows to fit, rows to test, and which of these are anomalies."""

    name: str
    seed: int
    train: Array
    test: Array
    labels: Array


@dataclass(frozen=True)
class Score:
    """Result of a detector on a split: area under the ROC curve, average precision, seconds."""

    auc: float
    precision: float
    seconds: float


class Sklearn:
    """A detector with scikit-learn's `score_samples`: the larger, the more normal."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def scores(self, train: Array, test: Array) -> Array:
        """Fit, and return scores: the larger, the more anomalous."""
        return -np.asarray(self.model.fit(train).score_samples(test))


class Neighbours:
    """The distance to the fifth-nearest row."""

    def scores(self, train: Array, test: Array) -> Array:
        """Return distances."""
        distances, _ = NearestNeighbors(n_neighbors=5).fit(train).kneighbors(test)
        return np.asarray(distances[:, -1])


class Mahalanobis:
    """The length of a row's principal components in units of their standard deviations."""

    def scores(self, train: Array, test: Array) -> Array:
        """Return squared lengths."""
        model = make_pipeline(StandardScaler(), PCA(0.9999, svd_solver="full", whiten=True))
        return np.asarray(np.square(model.fit(train).transform(test)).sum(axis=1))


class Pyod:
    """A detector of PyOD: the larger the score, the more anomalous."""

    def __init__(self, module: str, name: str, **settings: Any) -> None:
        self.model = getattr(import_module(f"pyod.models.{module}"), name)(**settings)

    def scores(self, train: Array, test: Array) -> Array:
        """Fit, and return scores."""
        return np.asarray(self.model.fit(train).decision_function(test))


# By the name in the table: a function that makes a detector for a seed, and the modules it needs.
DETECTORS: dict[str, tuple[Callable[[int], Any], tuple[str, ...]]] = {
    OURS: (lambda s: Sklearn(AutoEncoderDetector(None, random_state=s, verbose=False)), ()),
    "scikit-learn IsolationForest": (lambda s: Sklearn(IsolationForest(random_state=s)), ()),
    "scikit-learn PCA, whitened": (lambda _: Mahalanobis(), ()),
    "scikit-learn NearestNeighbors, 5th": (lambda _: Neighbours(), ()),
    "PyOD ECOD": (lambda _: Pyod("ecod", "ECOD"), ("pyod",)),
    # With its defaults, all scores are infinite where columns are constant or depend on others.
    "PyOD PCA of 99.99 %": (
        lambda s: Pyod("pca", "PCA", n_components=0.9999, svd_solver="full", random_state=s),
        ("pyod",),
    ),
    "PyOD AutoEncoder": (
        lambda s: Pyod("auto_encoder", "AutoEncoder", random_state=s, verbose=0),
        ("pyod", "torch"),
    ),
}


def run(session: Session) -> report.Outcome:
    """Evaluate every detector on every data set."""
    splits = list(read_splits(session))
    present = {n: make for n, (make, needs) in DETECTORS.items() if all(map(find_spec, needs))}
    session.left_out |= {n: "not installed" for n in DETECTORS if n not in present}
    packages = ("scikit-learn", *(p for p in ("pyod", "torch") if find_spec(p)))
    session.versions |= {package: version(package) for package in packages}
    scores = judge(splits, present)
    outcome = report.Outcome("Anomalies", f"{description(splits)}\n\n{summary(scores)}")
    outcome.text += f"\n\n### ROC AUC of each set\n\n{of_sets(scores)}"
    if session.options.alarms:
        outcome.text += f"\n\n### False alarms\n\n{table_of_alarms(splits)}"
    if session.options.pieces:
        outcome.text += f"\n\n### Pieces of the score\n\n{table_of_pieces(splits)}"
    if session.options.choose:
        outcome.text += f"\n\n### Settings chosen on other sets\n\n{chosen_on_halves(splits)}"
    outcome.raw = [
        {"detector": detector, "set": name, "seed": seed, **vars(score)}
        for detector, sets in scores.items()
        for name, of_set in sets.items()
        for seed, score in enumerate(of_set)
    ]
    return outcome


def read_splits(session: Session) -> Iterator[Split]:
    """Read the data sets, the smallest first, and split them.

    Of a set at most 10,000 random rows are used. 70 % of the rows, anomalies among them, are to be
    fitted; columns are scaled to [0, 1] there.
    """
    folder = Path(session.options.data or "")
    files = sorted(folder.glob("*.npz"), key=lambda path: (path.stat().st_size, path.name))
    if not session.options.data or not files:
        raise NobodyError("give --data FOLDER with ADBench's data sets, one .npz file each")
    n_splits = session.options.rounds or (1 if session.options.quick else N_SPLITS)
    for path in files[: 3 if session.options.quick else None]:
        with np.load(path) as arrays:
            X, y = arrays["X"].astype(float), arrays["y"].astype(int)
        kept = np.random.RandomState(0).permutation(len(X))[:MOST_ROWS]
        X, y = (X, y) if len(X) <= MOST_ROWS else (X[kept], y[kept])
        for seed in range(n_splits):
            train, test, _, labels = train_test_split(
                X, y, test_size=0.3, stratify=y, random_state=seed
            )
            scaler = MinMaxScaler().fit(train)
            scaled = scaler.transform(train), scaler.transform(test)
            yield Split(path.stem, seed, *scaled, labels)


def judge(splits: Sequence[Split], makers: dict[str, Callable[[int], Any]]) -> Scores:
    """Return the scores of each detector on each data set; detectors take turns."""
    for make in makers.values():  # what is imported and compiled once is not measured
        make(0).scores(splits[0].train, splits[0].test)
    found: Scores = {name: defaultdict(list) for name in makers}
    for split in splits:
        for name, make in makers.items():
            found[name][split.name].append(judged(make(split.seed), split))
    return found


def judged(detector: Any, split: Split) -> Score:
    """Fit and score one split."""
    begin = time.perf_counter()
    scores = detector.scores(split.train, split.test)
    seconds = time.perf_counter() - begin
    auc = roc_auc_score(split.labels, scores)
    return Score(float(auc), float(average_precision_score(split.labels, scores)), seconds)


def means(sets: dict[str, list[Score]], what: str) -> Array:
    """Return the mean over splits for each data set."""
    return np.array([np.mean([getattr(score, what) for score in of]) for of in sets.values()])


def summary(scores: Scores) -> str:
    """Return the table of means over data sets."""
    ours = {what: means(scores[OURS], what) for what in ("auc", "seconds")}
    rows = []
    for name, sets in scores.items():
        auc, seconds = means(sets, "auc"), means(sets, "seconds")
        lead = ours["auc"] - auc
        error = lead.std(ddof=1) / np.sqrt(len(lead)) if len(lead) > 1 else np.nan
        rows.append([
            name, f"{auc.mean():.3f}", f"{means(sets, 'precision').mean():.3f}",
            "" if name == OURS else f"{lead.mean():+.3f} ± {error:.3f}",
            "" if name == OURS else f"{(lead > 0).sum()} of {len(lead)}",
            f"{seconds.mean():.2f}", f"{seconds.mean() / ours['seconds'].mean():.2f}",
        ])  # fmt: skip
    rows.sort(key=lambda row: row[1], reverse=True)
    header = ["", "mean ROC AUC", "mean average precision", "our lead in AUC", "sets we lead",
              "seconds per fit and scoring", "times our time"]  # fmt: skip
    return report.table(header, rows)


def of_sets(scores: Scores) -> str:
    """Return the table of data sets."""
    columns = [means(sets, "auc") for sets in scores.values()]
    rows = [
        [name, *(f"**{a:.3f}**" if a == max(of_set) else f"{a:.3f}" for a in of_set)]
        for name, *of_set in zip(scores[OURS], *columns, strict=True)
    ]
    return report.table(["set", *scores], rows)


def description(splits: Sequence[Split]) -> str:
    """Describe the benchmark."""
    n_sets, n_splits = len({s.name for s in splits}), len({s.seed for s in splits})
    return (
        f"{n_sets} sets, at most {MOST_ROWS:,} rows of each; {n_splits} random splits. Detectors "
        "are fitted without labels on 70 % of the rows, including anomalies, and evaluated on "
        "the other rows. Columns are scaled to [0, 1]. Detectors have their default settings and "
        "take turns in one process. Means are taken over sets. The lead is the mean difference "
        "over sets, with its standard error."
    )
