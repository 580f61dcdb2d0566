"""`autoenc plot`: plot a model."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

from autoenc import plotting
from autoenc.cli.inputs import SavedModel, load_model
from autoenc.cli.parsing import (
    add_data,
    add_image_shape,
    add_model,
    add_output,
    new_parser,
)
from autoenc.cli.terminal import say
from autoenc.plotting.tiles import ImageShape, square_side
from autoenc.tables import Table

EXAMPLES = """\
  autoenc plot filters digits.safetensors -o filters.png -k 100
  autoenc plot loss digits.safetensors -o loss.pdf
  autoenc plot reconstructions digits.safetensors mnist.pkl.gz:test -o again.png
  autoenc plot codes people.safetensors people.csv --label-column kind -o codes.svg"""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    parser = new_parser(commands, "plot", "plot a model", EXAMPLES)
    parser.add_argument("what", choices=_PLOTS, help="reconstructions and codes need DATA")
    add_model(parser)
    add_data(parser, optional=True)
    add_output(parser, "file of the picture: .png, .pdf, .svg, ...")
    parser.add_argument("-k", type=int, metavar="N", help="number of filters or reconstructions")
    add_image_shape(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Draw and save."""
    if options.what in _WITH_DATA and options.data is None:
        raise ValueError(f"plot {options.what} needs DATA: autoenc plot {options.what} MODEL DATA")
    saved = load_model(options.model)
    _PLOTS[options.what](saved, options)
    say(f"saved {options.output}")
    return 0


def _plot_filters(saved: SavedModel, options: argparse.Namespace) -> None:
    layer = getattr(saved.estimator, "layers_", [saved.estimator])[0]
    plotting.plot_filters(layer.W_.T, _shape(saved, options), path=options.output, **_k(options))


def _plot_reconstructions(saved: SavedModel, options: argparse.Namespace) -> None:
    table = saved.read(options)
    rows = table.values[: options.k or 10]
    again = saved.estimator.reconstruct(rows)
    plotting.plot_reconstructions(
        rows, again, _shape(saved, options, table), path=options.output, **_k(options)
    )


def _plot_loss(saved: SavedModel, options: argparse.Namespace) -> None:
    if not saved.estimator.history_:
        raise ValueError(
            f"{saved.path}: the model has no history; training ended in the first epoch."
        )
    saved.estimator.plot_loss(options.output)


def _plot_codes(saved: SavedModel, options: argparse.Namespace) -> None:
    table = saved.read(options)
    codes = saved.estimator.transform(table.values)
    plotting.plot_codes(codes, table.labels, path=options.output)


_PLOTS: dict[str, Callable[[SavedModel, argparse.Namespace], None]] = {
    "filters": _plot_filters,
    "reconstructions": _plot_reconstructions,
    "loss": _plot_loss,
    "codes": _plot_codes,
}
_WITH_DATA = ("reconstructions", "codes")


def _k(options: argparse.Namespace) -> dict[str, Any]:
    return {} if options.k is None else {"k": options.k}


def _shape(
    saved: SavedModel, options: argparse.Namespace, table: Table | None = None
) -> ImageShape:
    """Return height, width and, in colour, 3, of the image that a row is.

    Raises
    ------
    ValueError
        If the rows are not known to be images.
    """
    own = table.image_shape if table else None
    shape = options.image_shape or saved.image_shape or own
    side = square_side(saved.n_columns)
    if shape is None and saved.columns is None and side is not None:
        shape = (side, side)
    if shape is None or np.prod(shape) != saved.n_columns:
        raise ValueError(
            f"rows of {saved.n_columns} columns are not known to be images of "
            f"{'any shape' if shape is None else shape}; if they are images, give --image-shape "
            "HxW or HxWx3. `autoenc report` plots other rows, too."
        )
    height, width, *colours = map(int, shape)
    return (height, width, 3) if colours else (height, width)
