"""`autoenc transform`: compute the code of each row."""

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
  autoenc transform people.safetensors people.csv -o codes.csv
  autoenc transform digits.safetensors mnist.pkl.gz:test -o codes.npy"""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    parser = new_parser(commands, "transform", "write the code of each row", EXAMPLES)
    add_model(parser)
    add_data(parser)
    add_output(parser, "file of the codes: .csv, .parquet, .npy, .npz or .idx")
    return parser


def run(options: argparse.Namespace) -> int:
    """Write codes."""
    saved = load_model(options.model)
    table = saved.read(options, in_parts=True)
    names = saved.estimator.get_feature_names_out()
    if isinstance(table.values, Source):
        write_in_parts(options.output, saved.estimator, table.values, "transform", names)
        return 0
    codes = saved.estimator.transform(table.values)
    write_table(options.output, codes, names, rows=table.rows)
    n_rows, n_columns = codes.shape
    say(f"saved {options.output}: {counted(n_rows, 'row')}, {counted(n_columns, 'column')}")
    return 0
