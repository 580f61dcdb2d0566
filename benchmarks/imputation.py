"""Comparison of imputers on tables with categories, from which entries were removed.

The folder given by --data has the csv files of the package ISLP, from its folder ISLP/data
(https://pypi.org/project/ISLP).
"""

from __future__ import annotations

import time
import warnings
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - makes the next import work
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer

from autoenc import DenoisingAutoEncoder
from autoenc.graph import exponential_decay
from autoenc.rows.kinds import encoding_of
from benchmarks import report
from benchmarks.session import NobodyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from autoenc.rows.encoding import Encoding
    from benchmarks.session import Session

    Array = np.ndarray[Any, Any]
    Results = dict[str, list["Result"]]

OPTIONS = ("rounds",)
# All tables of the package that have categories and independent rows.
TABLES = (
    "Bikeshare", "BrainCancer", "Carseats", "College", "Credit", "Default", "Hitters", "OJ",
    "Publication", "Wage",
)  # fmt: skip
LEVELS = (0.1, 0.2, 0.3, 0.4)
MOST_ROWS = 1_500
OURS = "autoenc DenoisingAutoEncoder"
MEAN = "mean and mode"
N_EPOCHS, BATCH_SIZE = 500, 20


@dataclass(frozen=True)
class Holed:
    """A table from which entries were removed, and the numbers of the complete table."""

    name: str
    level: float
    seed: int
    frame: Any
    encoding: Encoding
    truth: Array
    removed: Array


@dataclass(frozen=True)
class Result:
    """Result of an imputer on a table.

    Attributes
    ----------
    numbers : float
        Root mean squared error divided by the standard deviation of the column, mean over columns.
    categories : float
        Fraction of the removed values that are filled in wrongly, mean over columns.
    columns : array, (columns,)
        Error of each column.
    seconds : float
    """

    name: str
    level: float
    seed: int
    numbers: float
    categories: float
    columns: Array
    seconds: float


def ours(holed: Holed) -> Array:
    """Train a denoising autoencoder on the table with missing entries, and fill these in."""
    n_steps = -(-len(holed.frame) // BATCH_SIZE) * N_EPOCHS
    model = DenoisingAutoEncoder(
        128, activation="relu", init="uniform", corruption=0.3, tied=False, optimizer="adam",
        learning_rate=exponential_decay(0.003, 0.05, n_steps), n_epochs=N_EPOCHS,
        batch_size=BATCH_SIZE, random_state=holed.seed, verbose=False,
    )  # fmt: skip
    filled = model.fit(holed.frame).impute(holed.frame)
    return holed.encoding.encode(filled)[0]


def of_sklearn(make: Callable[[], Any], holed: Holed, *, without_first: bool = False) -> Array:
    """Fill in entries of one-hot encoded categories and of numbers, standardised.

    The first value of each category is omitted, because the others determine it.
    """
    x = holed.encoding.encode(holed.frame)[0]
    mean, scale = np.nanmean(x, axis=0), np.nanstd(x, axis=0)
    scale[scale == 0] = 1
    kept = np.ones(x.shape[1], bool)
    firsts = [
        part for size, part in zip(holed.encoding.sizes, holed.encoding.slices, strict=True)
        if size > 1 and without_first
    ]  # fmt: skip
    kept[[part.start for part in firsts]] = False
    filled = x.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = make().fit_transform(((x - mean) / scale)[:, kept])
    filled[:, kept] = found * scale[kept] + mean[kept]
    for part in firsts:
        filled[:, part.start] = 1 - filled[:, part.start + 1 : part.stop].sum(axis=1)
    return filled


# Imputers by their names in the table.
IMPUTERS: dict[str, Callable[[Holed], Array]] = {
    OURS: ours,
    MEAN: partial(of_sklearn, partial(SimpleImputer, keep_empty_features=True)),
    "scikit-learn IterativeImputer, one-hot": partial(
        of_sklearn, partial(IterativeImputer, random_state=0, keep_empty_features=True)
    ),
    "scikit-learn IterativeImputer, one-hot without the first": partial(
        of_sklearn,
        partial(IterativeImputer, random_state=0, keep_empty_features=True),
        without_first=True,
    ),
    "scikit-learn KNNImputer, one-hot": partial(
        of_sklearn, partial(KNNImputer, keep_empty_features=True)
    ),
}


def run(session: Session) -> report.Outcome:
    """Fill in the missing entries of every table with every imputer."""
    session.versions |= {"scikit-learn": version("scikit-learn")}
    tables = list(read_tables(session))
    n_rounds = session.options.rounds or 1
    levels = LEVELS[:1] if session.options.quick else LEVELS
    found: Results = defaultdict(list)
    for name, frame in tables:
        for level in levels:
            for seed in range(n_rounds):
                holed = with_holes(name, frame, level, seed)
                for imputer, fill in IMPUTERS.items():
                    found[imputer].append(judged(fill, holed))
    text = f"{description(len(tables), levels, n_rounds)}\n\n{summary(found)}"
    for level in levels:
        of_level = {n: [r for r in of if r.level == level] for n, of in found.items()}
        text += f"\n\n### {level:.0%} missing\n\n{summary(of_level)}"
    raw = [
        {"imputer": imputer, **{k: v for k, v in vars(result).items() if k != "columns"}}
        for imputer, results in found.items()
        for result in results
    ]
    return report.Outcome("Imputation", f"{text}\n\n### Each table\n\n{of_tables(found)}", raw)


def read_tables(session: Session) -> Iterator[tuple[str, Any]]:
    """Read the tables, at most 1,500 random rows of each."""
    import pandas as pd

    folder = Path(session.options.data or "")
    files = [folder / f"{name}.csv" for name in TABLES]
    if not session.options.data or not any(file.exists() for file in files):
        raise NobodyError("give --data FOLDER with the csv files of the package ISLP")
    for file in [file for file in files if file.exists()][: 2 if session.options.quick else None]:
        frame = pd.read_csv(file)
        frame = frame.drop(columns=[name for name in frame if name.startswith("Unnamed")])
        yield file.stem, frame.sample(min(len(frame), MOST_ROWS), random_state=0)


def with_holes(name: str, frame: Any, level: float, seed: int) -> Holed:
    """Remove entries at random."""
    encoding = encoding_of(frame)
    frame = frame[list(encoding.names)].reset_index(drop=True)
    truth, _ = encoding.encode(frame)
    holes = np.random.default_rng(seed).random(frame.shape) < level
    removed = holes & ~encoding.missing(truth)
    return Holed(name, level, seed, frame.mask(holes), encoding, truth, removed)


def judged(fill: Callable[[Holed], Array], holed: Holed) -> Result:
    """Fill in missing entries, and compare them with the removed values."""
    begin = time.perf_counter()
    filled = fill(holed)
    seconds = time.perf_counter() - begin
    errors, is_category = errors_of(holed, filled), np.array(holed.encoding.sizes) > 0
    numbers, categories = np.nanmean(errors[~is_category]), np.nanmean(errors[is_category])
    return Result(
        holed.name, holed.level, holed.seed, float(numbers), float(categories), errors, seconds
    )  # fmt: skip


def errors_of(holed: Holed, filled: Array) -> Array:
    """Return the error of each column on its removed entries; NaN if there are none."""
    errors = np.full(len(holed.encoding.columns), np.nan)
    pairs = zip(holed.encoding.sizes, holed.encoding.slices, strict=True)
    for column, (size, part) in enumerate(pairs):
        rows = holed.removed[:, column]
        x, z = holed.truth[rows][:, part], filled[rows][:, part]
        if not len(x):
            continue
        if size:
            errors[column] = (x.argmax(axis=1) != z.argmax(axis=1)).mean()
        else:
            deviation = np.nanstd(holed.truth[:, part]) or 1
            errors[column] = np.sqrt(np.square(x - z).mean()) / deviation
    return errors


def relative(results: Sequence[Result], means: Sequence[Result]) -> Array:
    """Return errors divided by those of mean and mode: the mean over columns for each result."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = [
            r.columns / np.where(m.columns > 0, m.columns, np.nan)
            for r, m in zip(results, means, strict=True)
        ]
    return np.array([np.nanmean(ratio) for ratio in ratios])


def summary(found: Results) -> str:
    """Return the table of means over tables, levels and seeds."""
    rows = []
    own = relative(found[OURS], found[MEAN])
    for name, results in found.items():
        ratio = relative(results, found[MEAN])
        rows.append([
            name, f"{ratio.mean():.3f}",
            *(f"{np.mean([getattr(r, what) for r in results]):.3f}"
              for what in ("numbers", "categories")),
            "" if name == OURS else f"{(own < ratio).sum()} of {len(own)}",
            f"{np.mean([r.seconds for r in results]):.2f}",
        ])  # fmt: skip
    rows.sort(key=lambda row: row[1])
    header = ["", "error over that of mean and mode", "numbers: RMSE over deviation",
              "categories: part wrong", "times ours is less", "seconds"]  # fmt: skip
    return report.table(header, rows)


def of_tables(found: Results) -> str:
    """Return a table with a row for each data table: errors divided by those of mean and mode."""
    names = list(dict.fromkeys(result.name for result in found[OURS]))
    of_imputers = [relative(results, found[MEAN]) for results in found.values()]
    rows = []
    for name in names:
        chosen = [result.name == name for result in found[OURS]]
        means = [ratios[chosen].mean() for ratios in of_imputers]
        rows.append([name, *(f"**{m:.3f}**" if m == min(means) else f"{m:.3f}" for m in means)])
    return report.table(["table", *found], rows)


def description(n_tables: int, levels: Sequence[float], n_rounds: int) -> str:
    """Describe the benchmark."""
    return (
        f"{n_tables} tables of the package ISLP with categories, at most {MOST_ROWS:,} rows of "
        "each; "
        f"{', '.join(f'{level:.0%}' for level in levels)} of the entries removed at random, "
        f"{n_rounds} time{'s' * (n_rounds > 1)}. "
        "Imputers are fitted on the table with missing entries and evaluated on the removed "
        "entries. The error of a column is its root mean squared error divided by its standard "
        "deviation, or the fraction of its values that are filled in wrongly. The first figure "
        "is the ratio of this error to that of imputation by mean and mode, as the mean over "
        "columns. Each imputer has one configuration. Ours has 128 relu units, masking of 0.3, "
        f"untied weights, and Adam for {N_EPOCHS} epochs at a rate that decreases from 0.003 by a "
        "factor of 20. Those of scikit-learn have their default settings, on standardised "
        "columns."
    )
