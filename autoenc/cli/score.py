"""`autoenc score`: compute the reconstruction error of each row, and its p-value."""

from __future__ import annotations

import argparse
import csv
import sys
from typing import Any

import numpy as np

from autoenc.cli.models import SavedModel, load_model
from autoenc.cli.parsing import add_data, add_model, add_output, new_parser
from autoenc.cli.terminal import say
from autoenc.tables import Table, write_table
from autoenc.tables.text import plain

EXAMPLES = """\
  autoenc score people.safetensors new.csv
  autoenc score people.safetensors new.csv --p-values held_out.csv -o scores.csv
  autoenc score people.safetensors new.csv --p-values held_out.csv --top 10

The error of a row says how far its reconstruction is from it: the mean squared error or, of
values in [0, 1], the Bernoulli deviance, which is 0 for a perfect reconstruction. That of a
detector is how rare its values are, beside the mean of the training data. The larger, the more
unusual the row. The p-value is the share of held-out rows, counting the row itself, with an
error at least as large: among rows like the held-out ones, at most 5 in 100 have a p-value below
0.05. The held-out rows must not be rows that the model was trained on. A row without any value
has neither: nan."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    parser = new_parser(
        commands, "score", "compute the reconstruction error of each row", EXAMPLES
    )
    add_model(parser)
    add_data(parser)
    parser.add_argument(
        "--p-values",
        metavar="HELD_OUT",
        help="data without anomalies, not trained on, to calibrate p-values with",
    )
    parser.add_argument(
        "--top", type=int, metavar="N", help="print only the N largest errors, in order"
    )
    add_output(parser, "file to write; by default csv is printed", required=False)
    return parser


def run(options: argparse.Namespace) -> int:
    """Print or write errors."""
    from autoenc.analysis.fitted import row_errors

    saved = load_model(options.model, detectors=True)
    if options.top is not None and options.top < 1:
        raise ValueError(f"--top is {options.top}; expected a number of at least 1.")
    table = saved.read(options)
    errors = row_errors(saved.estimator, table.values)
    scores = {"error": errors}
    if options.p_values is not None:
        scores["p_value"] = _p_values(saved, options, errors)
    order = np.arange(len(errors))
    if options.top is not None:
        # Rows without observed values have no error, and come last.
        order = np.argsort(-errors, kind="stable")[: options.top]
    rows = [table.row_names[i] for i in order]
    chosen = np.column_stack([column[order] for column in scores.values()])
    if options.output is None:
        _print(rows, list(scores), chosen, table, order)
        return 0
    write_table(options.output, chosen, list(scores), rows=rows)
    say(f"saved {options.output}: {len(rows):,} rows, mean error {np.nanmean(errors):.6g}")
    return 0


def _p_values(
    saved: SavedModel, options: argparse.Namespace, errors: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    from autoenc.analysis import AnomalyDetector

    held_out = saved.read(options, options.p_values)
    detector = AnomalyDetector(saved.estimator, contamination=None)
    return detector.fit(held_out.values).p_values_of(errors)


def _print(
    rows: list[str],
    names: list[str],
    values: np.ndarray[Any, Any],
    table: Table,
    order: np.ndarray[Any, Any],
) -> None:
    """Print csv, with the labels if there are any."""
    labelled = [] if table.labels is None else ["label"]
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["row", *names, *labelled])
    for i, row in enumerate(rows):
        label = [] if table.labels is None else [plain(str(table.labels[order[i]]), keep="")]
        out.writerow([plain(row, keep=""), *(f"{value:.6g}" for value in values[i]), *label])
