"""Options that several commands have in common."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autoenc.cli.terminal import note
from autoenc.tables import Selection, Table, known_formats
from autoenc.tables.table_reading import read_selection

HEADERS = {"auto": None, "yes": True, "no": False}


def new_parser(commands: Any, name: str, purpose: str, examples: str) -> argparse.ArgumentParser:
    """Add a command. Its help ends with examples."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=purpose,
        description=f"{purpose[0].upper()}{purpose[1:]}.",
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the argument of the model file."""
    parser.add_argument(
        "model",
        type=Path,
        metavar="MODEL",
        help="a model file, saved by `autoenc train` or by `save` in Python",
    )


def add_data(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """Add the arguments of the data file and its columns."""
    parser.add_argument(
        "data",
        metavar="DATA",
        nargs="?" if optional else None,
        help=f"{known_formats()}; FILE:NAME selects an array of an .npz, or a part of a .pkl. "
        "HDF5 files, Zarr stores and folders of .npy, .npz or Parquet files are read in parts",
    )
    parser.add_argument(
        "--columns",
        type=names,
        metavar="A,B",
        help="columns to use, by name, or by position from 0 if they have no names; by default "
        "those of the model, else all",
    )
    parser.add_argument(
        "--drop", type=names, default=(), metavar="A,B", help="columns to leave out"
    )
    parser.add_argument(
        "--label-column", metavar="A", help="column of labels; it is not part of the rows"
    )
    parser.add_argument(
        "--header",
        choices=HEADERS,
        default="auto",
        help="whether the first line of a csv file contains the column names; auto: yes, unless "
        "all its cells are numbers (default: %(default)s)",
    )
    parser.add_argument(
        "--resize",
        type=image_size,
        metavar="HxW",
        help="height and width to which the images of a folder are resized; by default all must "
        "have the same size",
    )
    parser.add_argument("--grey", action="store_true", help="convert colour images to grey levels")
    parser.add_argument(
        "--sep",
        type=separator,
        metavar="CHAR",
        help="cell separator of a csv file, such as ';' or tab; detected by default",
    )
    parser.add_argument(
        "--decimal",
        choices=(".", ","),
        help="decimal mark of a csv file; by default a point, or a comma if all numbers fit it",
    )
    parser.add_argument(
        "--encoding",
        metavar="NAME",
        help="encoding of a csv file, such as latin-1 or utf-16; detected by default",
    )


def add_output(parser: argparse.ArgumentParser, what: str, *, required: bool = True) -> None:
    """Add the option of the output file."""
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", required=required, help=what)


def add_image_shape(parser: argparse.ArgumentParser) -> None:
    """Add the option of the image shape."""
    parser.add_argument(
        "--image-shape",
        type=image_shape,
        metavar="HxW",
        help="shape of the image in each row, such as 28x28, or 32x32x3 in colour; by default "
        "that of the training data, or a square",
    )


def read_data(
    options: argparse.Namespace,
    path: str | None = None,
    expected: tuple[str, ...] | None = None,
    *,
    allow_missing: bool = False,
    mixed: bool = False,
    text: Sequence[str] = (),
) -> Table:
    """Read the data file, or another one with the same columns.

    Parameters
    ----------
    options : Namespace
        Options that `add_data` adds.
    path : str, optional
        A file to read instead of the data file.
    expected : tuple of str, optional
        Columns that the model expects.
    allow_missing : bool, default False
        Whether cells may be empty.
    mixed : bool, default False
        Whether columns may have other values than numbers.
    text : sequence of str, default ()
        Columns of which all values are text.

    Returns
    -------
    Table
        The table. Assumptions that were made while reading it are printed as notes.
    """
    selection = selection_of(options, expected, text)
    selection = replace(selection, allow_missing=allow_missing, mixed=mixed)
    table = read_selection(options.data if path is None else path, selection)
    for remark in table.notes:
        note(remark)
    return table


def selection_of(
    options: argparse.Namespace, expected: tuple[str, ...] | None, text: Sequence[str]
) -> Selection:
    """Return the selection of columns, and the file format, from the options of `add_data`."""
    return Selection(
        columns=options.columns,
        drop=tuple(options.drop),
        label_column=options.label_column,
        expected=expected,
        header=HEADERS[options.header],
        size=options.resize,
        grey=options.grey,
        separator=options.sep,
        decimal=options.decimal,
        encoding=options.encoding,
        text=tuple(text),
    )


def names(text: str) -> tuple[str, ...]:
    """Split names at commas, as csv does: a name with a comma is written in quotes.

    >>> names('age, "income, net"')
    ('age', 'income, net')
    """
    (cells,) = list(csv.reader([text], skipinitialspace=True)) or [[""]]
    found = tuple(cell.strip() for cell in cells)
    for name in found:
        if found.count(name) > 1:
            raise argparse.ArgumentTypeError(f"{name!r} is given {found.count(name)} times")
    return found


def quoted_names(found: Sequence[str]) -> str:
    """Join names as `names` splits them, for a message.

    >>> quoted_names(["age", "income, net"])
    'age,"income, net"'
    """
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(found)
    return out.getvalue()


def separator(text: str) -> str:
    r"""Return a separator of cells; a tab is written as tab or \t.

    >>> separator("tab"), separator(";")
    ('\t', ';')
    """
    found = {"tab": "\t", "\\t": "\t", "space": " "}.get(text, text)
    if len(found) != 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not one character, such as ';' or tab")
    return found


def image_shape(text: str) -> tuple[int, ...]:
    """Convert a text such as 28x28 or 32x32x3 to a shape."""
    try:
        shape = tuple(int(size) for size in text.lower().split("x"))
    except ValueError:
        shape = ()
    if len(shape) not in (2, 3) or min(shape) < 1 or shape[2:] not in ((), (3,)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a shape such as 28x28 or 32x32x3")
    return shape


def image_size(text: str) -> tuple[int, ...]:
    """Convert a text such as 64x48 to height and width."""
    shape = image_shape(text)
    if len(shape) != 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a height and a width such as 64x48")
    return shape
