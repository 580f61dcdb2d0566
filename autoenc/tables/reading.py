"""Read a table from a file or folder."""

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
    header: bool | None = None,
    max_bytes: int | None = None,
    resize: tuple[int, int] | None = None,
    grey: bool = False,
    sep: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    mixed: bool = False,
    text: Sequence[str] = (),
) -> Table:
    r"""Read a table.

    Parameters
    ----------
    path : path
        One of

        - ``.csv`` or ``.tsv``, gzipped or not; the first line has the names of the columns
          (see `header`);
        - ``.parquet``;
        - ``.npy``, mapped into memory if it is a matrix of float32 or float64;
        - ``.npz``: its only array, or the one called ``values``, or the one named after a
          colon, as in ``mnist.npz:x_train``;
        - IDX, gzipped or not: ``.idx``, or a name that ends as those of MNIST do;
        - ``.pkl``, gzipped or not: an array, a pair of images and labels, or three such pairs,
          selected by ``:train`` (the default), ``:valid`` or ``:test``. Nothing in it is
          executed;
        - a folder of images of one size, grey or in colour, in PNG, JPEG, BMP, GIF, TIFF, PGM,
          PPM or WebP format. Images in subfolders take the name of the subfolder as their label.

        Bytes of images are divided by 256, as `autoenc.load_mnist` does. Images are rotated as
        their EXIF data says, and transparent pixels are shown on white.
    columns : sequence of str, optional
        Columns to read, in this order; their positions from 0 if the file has no names. By
        default all, but for a first column without a name whose integers number the rows.
    drop : sequence of str, default ()
        Columns to leave out.
    label_column : str, optional
        Column of labels. It is returned separately from the numbers.
    expected : sequence of str, optional
        Columns that a model was trained on. If the file has names, its columns are matched by
        name and brought into this order.
    allow_missing : bool, default False
        Whether cells may be empty or NaN. Otherwise they are an error.
    header : bool, optional
        Whether the first line of a csv file has the names of the columns. By default it has,
        unless all of its cells are numbers or empty and are not the `expected` names. Where
        both are possible, `Table.notes` says what was assumed.
    max_bytes : int, optional
        The most memory that the table may take. By default half of what is free.
    resize : tuple of int, optional
        Height and width, >= 1, that the images of a folder are resized to, whatever their
        proportions. By default all must have one size.
    grey : bool, default False
        Whether the colours of images become grey levels: 0.299 R + 0.587 G + 0.114 B.
    sep, decimal, encoding : str, optional
        How a csv file is written: what is between its cells, its decimal mark, and its character
        encoding. By default the separator is the most frequent of comma, semicolon, tab and bar
        in the first line, or spaces and tabs where they separate as many cells, some of them
        columns of numbers, in all of the first lines; a decimal comma is recognised where the
        separator is another; and text is UTF-8, UTF-16 or, if it is neither, Windows-1252, a
        superset of latin-1.
    mixed : bool, default False
        Whether columns may have other values than numbers: text, booleans, dates. `Table.values`
        is then a frame of pandas, if there are such columns. A column of which nine values in
        ten are numbers is one of numbers, and the others are refused. Numbers with leading zeros,
        such as postal codes, are text, unless the column is one of `expected` and not of `text`.
    text : sequence of str, default ()
        Of these columns of a csv file, all values are text, even if they can be read as numbers.

    Returns
    -------
    Table
        Values, and what the file says about rows and columns.

    Raises
    ------
    FileNotFoundError
        If `path` does not exist.
    ValueError
        If `resize` is not a height and a width of at least 1.
    TableError, autoenc.datasets.DatasetFormatError
        If the file is empty, ragged, damaged, too large, or not a regular file, or a cell is
        not a finite number.
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
    if resize is not None and (len(resize) != 2 or min(resize) < 1):
        raise ValueError(f"resize is {resize}; expected (height, width), each at least 1.")
    selection = Selection(
        _tuple(columns),
        tuple(drop),
        label_column,
        _tuple(expected),
        allow_missing,
        header,
        max_bytes,
        resize,
        grey,
        sep,
        decimal,
        encoding,
        mixed,
        tuple(text),
    )
    return read_selection(path, selection)


def read_selection(path: str | os.PathLike[str], selection: Selection) -> Table:
    """Read what is selected of a table; see `read_table`."""
    path, part = split_part(Path(path))
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file or folder.")
    if not (path.is_file() or path.is_dir()):
        raise TableError(f"{path}: not a regular file; copy the data to a file first.")
    found = format_of(path)
    if part is not None and found not in _WITH_PARTS:
        raise TableError(f"{path}: has no part {part!r}; only .npz and .pkl have parts.")
    if path.is_file() and path.stat().st_size == 0:
        raise TableError(f"{path}: the file is empty; expected {known_formats()}.")
    if found != "folder" and (selection.size is not None or selection.grey):
        raise TableError(
            f"{path}: is no folder of images, which alone can be resized or made grey."
        )
    return _READERS[found](path, selection, part)


def _tuple(names: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def split_part(path: Path) -> tuple[Path, str | None]:
    """Return the path and the part after a colon, unless a file has the whole name."""
    name, colon, part = str(path).rpartition(":")
    if not colon or path.exists() or not Path(name).exists():
        return path, None
    return Path(name), part
