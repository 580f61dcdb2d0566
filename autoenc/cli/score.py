"""`autoenc score`: compute the reconstruction error of each row, and its p-value."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.cli.inputs import SavedModel, in_frame, load_model
from autoenc.cli.parsing import add_data, add_model, add_output, new_parser
from autoenc.cli.terminal import say
from autoenc.sources import Source
from autoenc.tables import Table, write_table
from autoenc.tables.formats import format_of
from autoenc.tables.text import counted, plain

EXAMPLES = """\
  autoenc score people.safetensors new.csv
  autoenc score people.safetensors new.csv --p-values held_out.csv -o scores.csv
  autoenc score people.safetensors new.csv --p-values held_out.csv --top 10 --why 3

The error of a row measures how far the row is from its reconstruction: it is the mean squared
error or, for values in [0, 1], the Bernoulli deviance, which is 0 for a perfect reconstruction.
For a detector, it measures how rare the values of the row are, relative to the mean of the
training data. The larger the error, the more unusual the row; --why names the columns that
contribute most to it. The p-value is the fraction of held-out rows, counting the row itself, with
an error at least as large: among rows like the held-out ones, on average at most 5 in 100 have a
p-value of 0.05 or less. The held-out rows must not be rows that the model was trained on. For a
row without any value, both are nan."""


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
        help="data without anomalies, not used in training, from which p-values are computed",
    )
    parser.add_argument(
        "--top",
        type=int,
        metavar="N",
        help="keep only the N rows with the largest errors, in descending order",
    )
    parser.add_argument(
        "--why",
        type=int,
        metavar="N",
        help="print beside each error the N columns that contribute most to it, and their values",
    )
    add_output(parser, "file to write; by default, and with -, csv is printed", required=False)
    return parser


def run(options: argparse.Namespace) -> int:
    """Print or write errors."""
    from autoenc.analysis.access import row_errors

    saved = load_model(options.model, detectors=True)
    for name in ("top", "why"):
        given = getattr(options, name)
        if given is not None and given < 1:
            raise ValueError(f"--{name} is {given}; expected a number of at least 1.")
    table = saved.read(options, in_parts=True)
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
    why = None if options.why is None else _reasons(saved, table, order, options.why)
    if options.output in (None, Path("-")):
        _print(rows, list(scores), chosen, why, table, order)
        return 0
    texts = _texts(why, table, order)
    if why is None and format_of(options.output) not in ("csv", "parquet"):
        texts = {}  # other formats have numbers only
    if texts:
        write_table(options.output, in_frame(chosen, list(scores)).assign(**texts), rows=rows)
    else:
        write_table(options.output, chosen, list(scores), rows=rows)
    mean = np.nanmean(errors[order])
    say(f"saved {options.output}: {counted(len(rows), 'row')}, mean error {mean:.6g}")
    return 0


def _texts(why: list[str] | None, table: Table, order: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Return reasons and labels, if there are any, by the names of their columns."""
    texts = {} if why is None else {"why": why}
    if table.labels is not None:
        texts["label"] = [str(table.labels[i]) for i in order]
    return texts


def _p_values(
    saved: SavedModel, options: argparse.Namespace, errors: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    from autoenc.analysis import AnomalyDetector

    held_out = saved.read(options, options.p_values, in_parts=True)
    detector = AnomalyDetector(saved.estimator, contamination=None)
    return detector.fit(held_out.values).p_values_of(errors)


def _reasons(saved: SavedModel, table: Table, order: np.ndarray[Any, Any], n: int) -> list[str]:
    """Name the columns that add most to the errors of some rows, with their values."""
    from autoenc.analysis.access import column_errors

    values, names = table.values, saved.columns or table.column_names
    is_matrix = isinstance(values, np.ndarray | Source)
    chosen = values[order] if is_matrix else values.iloc[order]
    shares = column_errors(saved.estimator, chosen)
    columns = [chosen[:, k] if is_matrix else chosen[name] for k, name in enumerate(names)]
    cells = [np.asarray(column, object) for column in columns]
    found = []
    for row, own in enumerate(shares):
        best = [k for k in np.argsort(-own, kind="stable")[:n] if own[k] > 0]
        found.append("; ".join(f"{names[k]}={_shown(cells[k][row])}" for k in best))
    return found


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _print(
    rows: list[str],
    names: list[str],
    values: np.ndarray[Any, Any],
    why: list[str] | None,
    table: Table,
    order: np.ndarray[Any, Any],
) -> None:
    """Print csv, with reasons and labels if there are any."""
    texts = _texts(why, table, order)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["row", *names, *texts])
    for i, row in enumerate(rows):
        own = [plain(column[i], keep="") for column in texts.values()]
        out.writerow([plain(row, keep=""), *(f"{value:.6g}" for value in values[i]), *own])
