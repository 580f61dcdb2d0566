"""`autoenc transform`: compute the code of each row."""

from __future__ import annotations

import argparse
from typing import Any

from autoenc.cli.models import load_model
from autoenc.cli.parsing import add_data, add_model, add_output, new_parser
from autoenc.cli.terminal import say
from autoenc.tables import write_table

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
    table = saved.read(options)
    codes = saved.estimator.transform(table.values)
    write_table(options.output, codes, saved.estimator.get_feature_names_out(), rows=table.rows)
    say(f"saved {options.output}: {codes.shape[0]:,} rows, {codes.shape[1]:,} columns")
    return 0
