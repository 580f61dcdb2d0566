"""`autoenc reconstruct`: compute the reconstruction of each row."""

from __future__ import annotations

import argparse
from typing import Any

from autoenc.cli.inputs import load_model
from autoenc.cli.parsing import add_data, add_model, add_output, new_parser
from autoenc.cli.streams import write_in_parts
from autoenc.cli.terminal import say
from autoenc.sources import Source
from autoenc.tables import write_table
from autoenc.tables.text import counted

EXAMPLES = """\
  autoenc reconstruct people.safetensors people.csv -o people_again.csv
  autoenc reconstruct faces.safetensors faces/ -o faces_again   (a folder of images)"""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    parser = new_parser(
        commands,
        "reconstruct",
        "write the reconstruction of each row, in the units of the data",
        EXAMPLES,
    )
    add_model(parser)
    add_data(parser)
    add_output(
        parser,
        "file of the reconstructions: .csv, .parquet, .npy, .npz or .idx; without a suffix, a "
        "folder of images",
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Write reconstructions."""
    saved = load_model(options.model)
    table = saved.read(options, in_parts=True)
    if isinstance(table.values, Source):
        names = table.columns or saved.columns
        write_in_parts(options.output, saved.estimator, table.values, "reconstruct", names)
        return 0
    values = saved.estimator.reconstruct(table.values)
    write_table(
        options.output,
        values,
        table.columns or saved.columns,
        rows=table.rows,
        image_shape=table.image_shape or saved.image_shape,
    )
    n_rows, n_columns = values.shape
    say(f"saved {options.output}: {counted(n_rows, 'row')}, {counted(n_columns, 'column')}")
    return 0
