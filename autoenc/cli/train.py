"""`autoenc train`: from data to a model file."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.cli.models import CLASSES, Preparation, save_model
from autoenc.cli.parsing import add_data, add_output, new_parser, read_data
from autoenc.cli.settings import add_settings, new_estimator
from autoenc.tables import MinMax, Table

INTERRUPTED = 130
# From the option to the setting of the model; bringing columns to [0, 1] is done before it.
MODEL_SCALES = {"auto": "auto", "standard": "standard", "minmax": None, "none": None}
SCALES = tuple(MODEL_SCALES)

EXAMPLES = """\
  autoenc train mnist.pkl.gz -o digits.safetensors --hidden 500 --corruption 0.3 --epochs 15
  autoenc train people.csv -o people.safetensors --drop name --scale minmax --hidden 8
  autoenc train faces/ -o faces.safetensors --model stack --hidden 500,100
  autoenc train sensors.parquet -o sensors.safetensors --model autoencoder --optimizer adam \\
      --validation-fraction 0.1 --patience 5 --epochs 200

  autoenc train mnist.pkl.gz -o digits.safetensors --checkpoint digits.ckpt --resume

Ctrl-C ends the training, and the model is saved as far as it has come (exit status 130)."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    parser = new_parser(commands, "train", "train a model and save it", EXAMPLES)
    add_data(parser)
    add_output(parser, "the model file, such as model.safetensors")
    parser.add_argument(
        "--force", action="store_true", help="replace a model that is there already"
    )
    parser.add_argument(
        "--model",
        choices=CLASSES,
        default="denoising",
        help="kind of model (default: %(default)s)",
    )
    parser.add_argument(
        "--scale",
        choices=SCALES,
        default="auto",
        help="standard: each column to mean 0 and standard deviation 1; minmax: to [0, 1]; auto: "
        "standard where values are not in [0, 1] and no cost is given. The model file keeps how, "
        "and the other commands do the same (default: %(default)s)",
    )
    parser.add_argument(
        "--validation", metavar="DATA", help="data for the validation cost, not trained on"
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="where to write, after every epoch, what to go on from",
    )
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    parser.add_argument("--quiet", action="store_true", help="show no progress bar")
    add_settings(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Train and save."""
    from autoenc import estimators

    _check_output(options.output, force=options.force)
    if options.resume and options.checkpoint is None:
        raise ValueError("--resume needs --checkpoint FILE, to go on from.")
    estimator = new_estimator(getattr(estimators, CLASSES[options.model]), options)
    if estimator.early_stopping and not (options.validation or estimator.validation_fraction):
        raise ValueError("--patience needs --validation DATA or --validation-fraction P.")
    estimator.set_params(scale=MODEL_SCALES[options.scale])
    missing = getattr(estimator, "missing", "refuse") == "mask"
    table = read_data(options, allow_missing=missing)
    scaling = MinMax.fit(table.values) if options.scale == "minmax" else None
    preparation = Preparation(table.columns, table.image_shape, scaling)
    rows = preparation.apply(table.values)
    if estimator.cost == "cross_entropy":
        _check_unit_interval(options.data, table, rows)
    validation = None
    if options.validation is not None:
        others = read_data(options, options.validation, table.columns, allow_missing=missing)
        validation = preparation.apply(others.values)
    try:
        estimator.fit(
            rows, validation=validation, checkpoint=options.checkpoint, resume=options.resume
        )
    except SystemExit:  # after SIGTERM, too, what was learned is kept
        save_model(options.output, estimator, preparation)
        raise
    save_model(options.output, estimator, preparation)
    print(_outcome(options.output, estimator))
    return 0 if _is_finished(estimator) else INTERRUPTED


def _check_output(path: Path, *, force: bool) -> None:
    """Find out before the training whether its result can be written."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; expected the name of a model file.")
    if path.exists() and not force:
        raise FileExistsError(f"{path} is there already; --force replaces it.")
    try:
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.absolute().parent):
            pass
    except OSError as error:
        raise OSError(f"{path}: cannot be written there ({error.strerror}).") from error


def _check_unit_interval(path: str, table: Table, rows: np.ndarray[Any, Any]) -> None:
    """Refuse what cross-entropy cannot take, and name the ways out."""
    beyond = (rows < 0) | (rows > 1)
    if not beyond.any():
        return
    row, column = np.unravel_index(int(np.argmax(beyond)), rows.shape)
    raise ValueError(
        f"{path}: {rows[row, column]:g} at row {row} (from 0), column "
        f"{table.column_names[column]!r}, is outside [0, 1], where cross-entropy has its values; "
        "add --scale minmax, or leave --cost out."
    )


def _outcome(path: Path, estimator: Any) -> str:
    history = estimator.history_
    name = type(estimator).__name__
    if not history:
        return f"saved {path}: {name}, stopped before its first epoch was over"
    stopped = "" if _is_finished(estimator) else ", where it was stopped"
    return (
        f"saved {path}: {name}, cost {history[-1]['cost']:.6g} after epoch "
        f"{history[-1]['epoch']}{stopped}"
    )


def _is_finished(estimator: Any) -> bool:
    """Whether each layer was trained for all its epochs, or stopped by itself."""
    histories = [layer.history_ for layer in getattr(estimator, "layers_", [estimator])]
    return all(
        len(history) == estimator.n_epochs
        if not (history and history[-1].get("stopped_early"))
        else True
        for history in histories
    )
