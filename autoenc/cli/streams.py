"""Rows that commands read in parts: files of formats for large data, and folders of arrays."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.cli.parsing import selection_of
from autoenc.cli.terminal import say
from autoenc.sources import (
    ARRAYS,
    IN_PARTS,
    Source,
    SourceError,
    UndecidedError,
    open_source,
    stored_columns,
)
from autoenc.tables import Table, TableError
from autoenc.tables.image_files import SUFFIXES
from autoenc.tables.memory import Budget
from autoenc.tables.table_reading import split_part
from autoenc.tables.text import counted


def is_read_in_parts(path: str, *, budget: bool = False) -> bool:
    """Return whether the data of a path are read in parts. A folder with images is not.

    Parameters
    ----------
    path : str
        A file or folder, with the name of an array after a colon if there are several.
    budget : bool, default False
        Whether the memory is limited. Files of arrays and Parquet files are then read in parts,
        too.

    Examples
    --------
    >>> [is_read_in_parts(name) for name in ("rows.h5", "rows.zarr", "rows.npy", "rows.csv")]
    [True, True, False, False]
    >>> is_read_in_parts("rows.npy", budget=True)
    True
    """
    file, _ = split_part(Path(path))
    suffix = file.suffix.lower()
    if suffix in IN_PARTS:
        return True
    if file.is_dir():
        suffixes = {inner.suffix.lower() for inner in file.rglob("*")}
        return bool(suffixes & set(ARRAYS)) and not suffixes & set(SUFFIXES)
    return budget and suffix in ARRAYS


def read_stream(
    options: argparse.Namespace, path: str | None = None, expected: tuple[str, ...] | None = None
) -> Table:
    """Open the data of a path; see `read_data`, which loads them.

    Parameters
    ----------
    options : Namespace
        Options that `add_data` adds.
    path : str, optional
        A path instead of that of the data.
    expected : tuple of str, optional
        Columns that the model expects.

    Returns
    -------
    Table
        Its values are a `Source`.

    Raises
    ------
    TableError
        If the rows cannot be read in parts, or columns without names are selected.
    """
    path = options.data if path is None else path
    file, part = split_part(Path(path))
    selection = selection_of(options, expected, ())
    try:
        names = stored_columns(file)
        if names is None and not selection.is_whole(None):
            raise TableError(
                f"{path}: its columns have no names, and all of them are read; leave out "
                "--columns, --drop and --label-column."
            )
        columns = None if names is None else selection.chosen(names, path)
        source = open_source(file, key=part, columns=columns)
    except UndecidedError as error:
        raise TableError(
            f"{path}: has the arrays {', '.join(error.names) or '(none)'}; name one of them after "
            f"a colon, as in {file}:{error.names[0] if error.names else 'name'}."
        ) from error
    except SourceError as error:
        raise TableError(str(error)) from error
    return Table(source, None if source.names is None else tuple(source.names))


def loaded(source: Source) -> np.ndarray[Any, Any]:
    """Load all rows of a source.

    Raises
    ------
    TableError
        If they take more than half of the free memory.
    """
    Budget.of(source.name, None).check(source.nbytes)
    return source[:]


def write_in_parts(
    path: Path, estimator: Any, source: Source, what: str, names: Sequence[str] | None
) -> None:
    """Write codes or reconstructions part by part; see `autoenc.models.write_results`."""
    from autoenc.models import write_results

    if path.suffix not in (".npy", ".parquet"):
        raise TableError(
            f"{path} ends in {path.suffix!r}, but {source.name} is read in parts, and its results "
            "are written in parts: end the name in .npy or .parquet."
        )
    write_results(path, estimator.model_, source, what, names=names)
    say(f"saved {path}: {counted(len(source), 'row')}")
