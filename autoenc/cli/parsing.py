"""What the parsers of several commands share."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

from autoenc.tables import Table, known_formats, read_table


def new_parser(commands: Any, name: str, purpose: str, examples: str) -> argparse.ArgumentParser:
    """Add a command with its purpose and, as its help ends, examples."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=purpose,
        description=f"{purpose[0].upper()}{purpose[1:]}.",
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the model file."""
    parser.add_argument("model", type=Path, metavar="MODEL", help="what `autoenc train` saved")


def add_data(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """Add the data file and which of its columns are taken."""
    parser.add_argument(
        "data",
        metavar="DATA",
        nargs="?" if optional else None,
        help=f"{known_formats()}; FILE:NAME is one array of an .npz, or part of a .pkl",
    )
    parser.add_argument(
        "--columns",
        type=names,
        metavar="A,B",
        help="columns to take; by default those of the model, else all",
    )
    parser.add_argument(
        "--drop", type=names, default=(), metavar="A,B", help="columns to leave out"
    )
    parser.add_argument(
        "--label-column", metavar="A", help="a column to leave out that says what a row is"
    )


def add_output(parser: argparse.ArgumentParser, what: str, *, required: bool = True) -> None:
    """Add where to write."""
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", required=required, help=what)


def add_image_shape(parser: argparse.ArgumentParser) -> None:
    """Add what image a row is."""
    parser.add_argument(
        "--image-shape",
        type=image_shape,
        metavar="HxW",
        help="the image that a row is, such as 28x28, or 32x32x3 in colour; by default what the "
        "model's data was, or a square",
    )


def read_data(
    options: argparse.Namespace,
    path: str | None = None,
    expected: tuple[str, ...] | None = None,
    *,
    allow_missing: bool = False,
) -> Table:
    """Read the data file, or another one of the same form.

    Parameters
    ----------
    options : Namespace
        With what `add_data` adds.
    path : str, optional
        In place of the data file.
    expected : tuple of str, optional
        Columns of a model.
    allow_missing : bool
        Whether cells may be empty.
    """
    return read_table(
        options.data if path is None else path,
        columns=options.columns,
        drop=options.drop,
        label_column=options.label_column,
        expected=expected,
        allow_missing=allow_missing,
    )


def names(text: str) -> tuple[str, ...]:
    """Split names at commas, as csv does: a name that has one itself stands in quotes.

    >>> names('age, "income, net"')
    ('age', 'income, net')
    """
    (cells,) = list(csv.reader([text], skipinitialspace=True)) or [[""]]
    found = tuple(cell.strip() for cell in cells)
    for name in found:
        if found.count(name) > 1:
            raise argparse.ArgumentTypeError(f"{name!r} is there {found.count(name)} times")
    return found


def image_shape(text: str) -> tuple[int, ...]:
    """Read a shape such as 28x28 or 32x32x3."""
    try:
        shape = tuple(int(size) for size in text.lower().split("x"))
    except ValueError:
        shape = ()
    if len(shape) not in (2, 3) or min(shape) < 1 or shape[2:] not in ((), (3,)):
        raise argparse.ArgumentTypeError(f"{text!r} is no shape such as 28x28 or 32x32x3")
    return shape
