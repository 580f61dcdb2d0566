"""Read a table from a file or folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from autoenc.tables.array_files import read_idx_table, read_npy, read_npz_table, read_pickled
from autoenc.tables.formats import FOLDER, format_of, known_formats
from autoenc.tables.frame_files import read_csv, read_parquet
from autoenc.tables.image_folders import read_folder
from autoenc.tables.selection import Selection
from autoenc.tables.table import Table, TableError

_READERS: dict[str, Callable[[Path, Selection, str | None], Table]] = {
    "csv": read_csv,
    "parquet": read_parquet,
    "npy": read_npy,
    "npz": read_npz_table,
    "idx": read_idx_table,
    "pickle": read_pickled,
    FOLDER: read_folder,
}
# Formats that contain several tables, one of which is selected by name.
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

        - ``.csv`` or ``.tsv``, gzipped or not; the first line contains the names of the columns
          (see `header`);
        - ``.parquet``;
        - ``.npy``, mapped into memory if it is a matrix of float32 or float64;
        - ``.npz``: its only array, or the one called ``values``, or the one named after a
          colon, as in ``mnist.npz:x_train``;
        - IDX, gzipped or not: ``.idx``, or a name that ends like those of the MNIST files;
        - ``.pkl``, gzipped or not: an array, a pair of images and labels, or three such pairs,
          selected by ``:train`` (the default), ``:valid`` or ``:test``. Nothing in it is executed;
        - a folder of images of one size, grey or in colour, in PNG, JPEG, BMP, GIF, TIFF, PGM,
          PPM or WebP format. The label of an image in a subfolder is the name of the subfolder.

        Bytes of images are divided by 256, as `autoenc.load_mnist` does. Images are rotated as
        their EXIF data says, and transparent pixels are shown on white.
    columns : sequence of str, optional
        Columns to read, in this order, or their positions from 0 if the file has no names. By
        default all columns are read, except an unnamed first column whose integers number the
        rows.
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
        Whether the first line of a csv file contains the names of the columns. By default it does,
        unless all of its cells are numbers or empty and differ from the `expected` names. If both
        are possible, `Table.notes` states the assumption.
    max_bytes : int, optional
        The most memory that the table may take. By default half of the free memory.
    resize : tuple of int, optional
        Height and width, >= 1, to which the images of a folder are resized, regardless of their
        proportions. By default all images must have the same size.
    grey : bool, default False
        Whether to convert the colours of images to grey levels, 0.299 R + 0.587 G + 0.114 B.
    sep, decimal, encoding : str, optional
        Format of a csv file: its separator, its decimal mark and its character encoding. By
        default, the separator is the most frequent of comma, semicolon, tab and ``|`` in the first
        line. Spaces and tabs are the separator if they separate the same number of cells in all of
        the first lines, and some of these columns contain numbers. A decimal comma is recognised
        if the separator is not the comma; points in such numbers separate thousands. A file in
        which other columns have decimal points is refused. In numbers such as 1,234.5 and
        1,234,567, commas separate thousands. Empty lines are not rows. Text is read as UTF-8,
        UTF-16 or, if it is neither, as Windows-1252, a superset of latin-1.
    mixed : bool, default False
        Whether columns may have values other than numbers: text, booleans, dates. If there are
        such columns, `Table.values` is a pandas data frame. If nine in ten values of a column are
        numbers, the column is treated as numeric, and its other values are refused. Numbers with
        leading zeros, such as postal codes, are text, unless the column is in `expected` and not
        in `text`.
    text : sequence of str, default ()
        Columns of a csv file of which all values are text, even if they can be read as numbers.

    Returns
    -------
    Table
        Values, and the metadata of rows and columns in the file.

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
        columns=_tuple(columns),
        drop=tuple(drop),
        label_column=label_column,
        expected=_tuple(expected),
        allow_missing=allow_missing,
        header=header,
        max_bytes=max_bytes,
        size=resize,
        grey=grey,
        separator=sep,
        decimal=decimal,
        encoding=encoding,
        mixed=mixed,
        text=tuple(text),
    )
    return read_selection(path, selection)


def read_selection(path: str | os.PathLike[str], selection: Selection) -> Table:
    """Read the selected part of a table; see `read_table`."""
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
    if found != FOLDER and (selection.size is not None or selection.grey):
        raise TableError(
            f"{path}: is not a folder of images; only such folders can be resized or made grey."
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
