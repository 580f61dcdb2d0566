"""From a path to a table."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from autoenc.tables.arrays import read_idx_table, read_npy, read_npz_table, read_pickled
from autoenc.tables.folders import read_folder
from autoenc.tables.formats import format_of, known_formats
from autoenc.tables.frames import read_csv, read_parquet
from autoenc.tables.selection import Selection
from autoenc.tables.table import Table, TableError

_READERS: dict[str, Callable[[Path, Selection, str | None], Table]] = {
    "csv": read_csv,
    "parquet": read_parquet,
    "npy": read_npy,
    "npz": read_npz_table,
    "idx": read_idx_table,
    "pickle": read_pickled,
    "folder": read_folder,
}
# Formats that hold several tables, one of which is chosen by name.
_WITH_PARTS = ("npz", "pickle")


def read_table(
    path: str | os.PathLike[str],
    *,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] = (),
    label_column: str | None = None,
    expected: Sequence[str] | None = None,
    allow_missing: bool = False,
) -> Table:
    r"""Read a table of numbers.

    Parameters
    ----------
    path : path
        One of

        - ``.csv`` or ``.tsv``, gzipped or not, with the names of the columns in its first line
          unless there are only numbers in it; read a part at a time;
        - ``.parquet``;
        - ``.npy``, mapped into memory where it is a matrix of floats;
        - ``.npz``: its only array, or that called ``values``, or one that is named after a
          colon, as in ``mnist.npz:x_train``;
        - IDX, gzipped or not: ``.idx``, or a name that ends as those of MNIST do;
        - ``.pkl``, gzipped or not: an array, images and their labels, or three such pairs, of
          which ``:train``, the first, ``:valid`` or ``:test`` is taken; nothing in it is run;
        - a folder of images of one size, grey or in colour. Images in folders of their own
          have the names of these as labels.

        Bytes of images are divided by 256, as `autoenc.load_mnist` does.
    columns : sequence of str, optional
        Columns to take, in this order; by position from 0 where they have no names.
    drop : sequence of str
        Columns to leave out.
    label_column : str, optional
        The column that says what each row is; it is kept apart.
    expected : sequence of str, optional
        Columns to take, in this order, from a file that has names, where neither `columns` nor
        `drop` says otherwise: those that a model was trained on.
    allow_missing : bool
        Whether cells may be empty, or NaN; else they are refused.

    Returns
    -------
    Table

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`.
    TableError, autoenc.datasets.DatasetFormatError
        If it is empty, ragged or damaged, or a cell is not a finite number; says which.
    MissingExtraError
        If pandas or pyarrow is needed and not installed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "people.csv")
    ...     _ = path.write_text("name,age,height\nAda,36,1.65\nAlan,41,1.78\n")
    ...     read_table(path, label_column="name").values
    array([[36.  ,  1.65],
           [41.  ,  1.78]])
    """
    path, part = _split(Path(path))
    if not path.exists():
        raise FileNotFoundError(f"there is no file or folder at {path}.")
    found = format_of(path)
    if part is not None and found not in _WITH_PARTS:
        raise TableError(f"{path}: has no part {part!r}; only .npz and .pkl have parts.")
    if path.is_file() and path.stat().st_size == 0:
        raise TableError(f"{path}: the file is empty; expected {known_formats()}.")
    selection = Selection(
        _tuple(columns), tuple(drop), label_column, _tuple(expected), allow_missing
    )
    return _READERS[found](path, selection, part)


def _tuple(names: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def _split(path: Path) -> tuple[Path, str | None]:
    """Path and the part named after a colon, unless there is a file of the whole name."""
    name, colon, part = str(path).rpartition(":")
    if not colon or path.exists() or not Path(name).exists():
        return path, None
    return Path(name), part
