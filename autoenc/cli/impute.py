"""`autoenc impute`: fill in the empty cells of a table."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from autoenc.cli.models import SavedModel, in_frame, load_model
from autoenc.cli.parsing import add_data, add_model, add_output, new_parser, read_data
from autoenc.cli.terminal import say
from autoenc.tables import Table, TableError, write_table

EXAMPLES = """\
  autoenc impute people.safetensors people.csv -o filled.csv
  autoenc impute people.safetensors new.parquet -o filled.parquet

All other cells, and columns that the model does not know, are written as they were read. Whole
numbers stay whole."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    parser = new_parser(commands, "impute", "fill in the empty cells of a table", EXAMPLES)
    add_model(parser)
    add_data(parser)
    add_output(parser, "file of the table: .csv or .parquet; .npy, .npz or .idx of numbers alone")
    return parser


def run(options: argparse.Namespace) -> int:
    """Write the table without holes."""
    saved = load_model(options.model)
    table = read_data(options, allow_missing=True, mixed=True, text=saved.text_columns)
    filled, n = _filled(saved, table, options.data)
    write_table(
        options.output, filled, table.columns, rows=table.rows, image_shape=table.image_shape
    )
    say(f"saved {options.output}: {len(filled):,} rows, {n:,} cells filled in")
    return 0


def _filled(saved: SavedModel, table: Table, path: str) -> tuple[Any, int]:
    """Return a table without holes in the columns of the model, and how many there were."""
    values, names = table.values, saved.columns
    if names is None or table.columns is None:
        found = saved.estimator.impute(values)
        return found, int(np.isnan(values).sum())
    frame = in_frame(values, table.columns) if isinstance(values, np.ndarray) else values
    missing = [name for name in names if name not in frame]
    if missing:
        raise TableError(
            f"{path}: there is no column {missing[0]!r}; the model was trained on a column of "
            "this name."
        )
    own = frame[list(names)]
    found = saved.estimator.impute(own)
    if isinstance(found, np.ndarray):
        found = in_frame(found, names)
    columns = {name: _whole(own[name], found[name]) for name in names}
    return frame.assign(**columns), int(own.isna().to_numpy().sum())


def _whole(given: Any, filled: Any) -> Any:
    """Return filled numbers, rounded and as integers if all that were given are whole."""
    if given.dtype.kind != "f":
        return filled
    known = given.dropna()
    is_whole = bool((known == np.rint(known)).all()) and bool((known.abs() < 2**53).all())
    return filled.round().astype("int64") if is_whole and len(known) else filled
