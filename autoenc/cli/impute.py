"""`autoenc impute`: fill in the empty cells of a table."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.cli.inputs import load_model
from autoenc.cli.parsing import add_data, add_model, add_output, new_parser, selection_of
from autoenc.cli.streams import is_read_in_parts
from autoenc.cli.terminal import say
from autoenc.tables import TableError
from autoenc.tables.holes import Fill, open_cells
from autoenc.tables.text import counted

EXAMPLES = """\
  autoenc impute people.safetensors people.csv -o filled.csv
  autoenc impute people.safetensors new.parquet -o filled.parquet

All other cells, and columns that the model does not know, are written as they were read. Numbers
that are filled into a column of integers are rounded."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    parser = new_parser(commands, "impute", "fill in the empty cells of a table", EXAMPLES)
    add_model(parser)
    add_data(parser)
    add_output(
        parser,
        "file of the table: .csv or .parquet; .npy, .npz or .idx if all columns are numbers",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="allow the output file to be DATA, which is overwritten",
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Write the table without holes."""
    if is_read_in_parts(options.data):
        raise TableError(
            f"{options.data}: is read in parts, but impute fills one table at a time; give a "
            "single file of csv, Parquet or arrays, such as each file of the folder."
        )
    saved = load_model(options.model)
    table = saved.read(options, holes=True)
    found = saved.estimator.impute(table.values)
    # The columns that were read: a model without names does not know that of an index.
    selection = selection_of(options, table.columns, saved.text_columns)
    path = Path(options.data)
    cells = open_cells(path, selection, options.output)
    positions, _ = selection.positions(cells.names, cells.n_columns, path)
    n = 0
    for position, given, filled in zip(
        positions, _columns(table.values), _columns(found), strict=True
    ):
        fill = Fill(given, filled)
        if fill.holes.any():
            cells.fill(position, fill)
        n += int(fill.holes.sum())
    cells.write(options.output)
    n_rows, n_cells = counted(len(table.values), "row"), counted(n, "cell")
    say(f"saved {options.output}: {n_rows}, {n_cells} filled in")
    return 0


def _columns(values: Any) -> Iterator[Any]:
    if isinstance(values, np.ndarray):
        yield from values.T
    else:
        yield from (values.iloc[:, i] for i in range(values.shape[1]))
