"""`autoenc report`: evaluate a model, as text or as an HTML page."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from autoenc.cli.info import describe_model
from autoenc.cli.inputs import SavedModel, load_model
from autoenc.cli.parsing import (
    add_data,
    add_image_shape,
    add_model,
    add_output,
    new_parser,
)
from autoenc.cli.terminal import say
from autoenc.plotting.tiles import square_side
from autoenc.tables import Table

EXAMPLES = """\
  autoenc report digits.safetensors mnist.pkl.gz:test
  autoenc report people.safetensors new.csv --train people.csv --p-values held_out.csv \\
      --label-column kind -o report.html
  autoenc report digits.safetensors -o report.html

The page is one file and needs no network. DATA should be rows that the model was not trained
on."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    parser = new_parser(
        commands, "report", "evaluate a model, and suggest what to try next", EXAMPLES
    )
    add_model(parser)
    add_data(parser, optional=True)
    add_output(parser, "an HTML page; by default, text is printed", required=False)
    parser.add_argument("--train", metavar="DATA", help="the data that the model was trained on")
    parser.add_argument(
        "--p-values", metavar="HELD_OUT", help="held-out data from which p-values are computed"
    )
    parser.add_argument("--title", help="title of the page; by default the name of the model file")
    parser.add_argument("--date", default="", help="date, or other text, below the title")
    add_image_shape(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Print or write the report."""
    saved = load_model(options.model)
    table = None if options.data is None else saved.read(options)
    if options.output is None:
        say(_text(saved, table, options))
        return 0
    if options.output.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{options.output}: a report is an HTML page; end its name in .html.")
    from autoenc.reports import write_report

    title = options.title or options.model.name
    write_report(
        options.output, _subject(saved, table, options), title=title, created=options.date
    )
    say(f"saved {options.output}")
    return 0


def _text(saved: SavedModel, table: Table | None, options: argparse.Namespace) -> str:
    from autoenc import analysis

    if table is None:
        return "\n".join(
            [*describe_model(saved.path), "give DATA for comparisons, units and advice"]
        )
    found = analysis.report(
        saved.estimator,
        table.values,
        X_train=_more_rows(saved, options, options.train),
        X_held_out=_more_rows(saved, options, options.p_values),
    )
    names = saved.columns or table.columns
    return str(found if names is None else replace(found, columns=list(names)))


def _subject(saved: SavedModel, table: Table | None, options: argparse.Namespace) -> Any:
    from autoenc.reports import Subject

    columns = saved.columns or (table.columns if table else None)
    shape = options.image_shape or saved.image_shape or (table.image_shape if table else None)
    side = square_side(saved.n_columns)
    if shape is None and columns is None and side is not None and side >= 8:
        shape = (side, side)
    subject = Subject(
        saved.estimator,
        columns=columns,
        image_shape=shape,
        train_rows=_more_rows(saved, options, options.train),
        held_out=_more_rows(saved, options, options.p_values),
        description=saved.description,
    )
    if table is None:
        return subject
    return replace(
        subject,
        rows=table.values,
        row_names=table.rows,
        labels=table.labels,
        data_name=str(options.data),
    )


def _more_rows(saved: SavedModel, options: argparse.Namespace, path: str | None) -> Any:
    if path is None:
        return None
    return saved.read(options, path).values
