"""`autoenc train`: train a model and save it."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.cli.inputs import DETECTORS, TRAINED, know_columns
from autoenc.cli.options import add_settings, new_estimator, settings_of
from autoenc.cli.outputs import check_output, save_or_rescue
from autoenc.cli.parsing import add_data, add_output, new_parser, quoted_names, read_data
from autoenc.cli.streams import is_read_in_parts, read_stream
from autoenc.cli.terminal import note, say
from autoenc.cli.together import add_processes, joined
from autoenc.cli.training_memory import check_memory, parameter_bytes
from autoenc.distributed import INTERRUPTED
from autoenc.processes import Processes
from autoenc.rows.blocks import parts
from autoenc.rows.scaling import ColumnScaling
from autoenc.sources import Source, summarize
from autoenc.tables import MissingExtraError, Table, TableError, import_extra
from autoenc.tables.selection import listed

# The setting of the model for each option; columns are scaled to [0, 1] before they reach it.
MODEL_SCALES = {"auto": "auto", "standard": "standard", "minmax": None, "none": None}
SCALES = tuple(MODEL_SCALES)

EXAMPLES = """\
  autoenc train mnist.pkl.gz -o digits.safetensors --hidden 500 --corruption 0.3 --epochs 15
  autoenc train people.csv -o people.safetensors --drop name --scale minmax --hidden 8
  autoenc train people.csv -o strange.safetensors --model detector
  autoenc train faces/ -o faces.safetensors --model deep --hidden 500,100
  autoenc train sensors.parquet -o sensors.safetensors --model autoencoder --optimizer adam \\
      --validation-fraction 0.1 --patience 5 --epochs 200
  autoenc train mnist.pkl.gz -o digits.safetensors --checkpoint digits.ckpt --resume
  autoenc train rows.h5:X -o rows.safetensors --memory 2GB

Ctrl-C stops training and saves the model trained so far (exit status 130)."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    parser = new_parser(commands, "train", "train a model and save it", EXAMPLES)
    add_data(parser)
    add_output(parser, "the model file, such as model.safetensors")
    parser.add_argument("--force", action="store_true", help="overwrite an existing model file")
    parser.add_argument(
        "--model",
        choices=TRAINED,
        default="denoising",
        help="kind of model; a detector finds anomalous rows, and scales the columns itself "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--scale",
        choices=SCALES,
        default="auto",
        help="standard: each column to mean 0 and standard deviation 1; minmax: to [0, 1]; auto: "
        "standard if values are outside [0, 1] and no cost is given. The model file stores the "
        "scale, and the other commands apply it (default: %(default)s)",
    )
    parser.add_argument(
        "--validation", metavar="DATA", help="data for the validation cost; not trained on"
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="file to write after every epoch, from which --resume continues",
    )
    parser.add_argument("--resume", action="store_true", help="resume from the checkpoint")
    parser.add_argument("--quiet", action="store_true", help="show no progress bar")
    add_processes(parser)
    add_settings(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Train and save, alone or with other processes."""
    with joined(options) as (together, processes):
        return _run(together, processes)


def _run(options: argparse.Namespace, processes: Processes) -> int:
    from autoenc import estimators

    processes.from_first(lambda: check_output(options.output, force=options.force))
    if options.resume and options.checkpoint is None:
        raise ValueError("--resume needs --checkpoint FILE, the file to resume from.")
    estimator = new_estimator(getattr(estimators, TRAINED[options.model]), options)
    settings = settings_of(estimator)
    held_out = options.validation or settings["validation_fraction"]
    if settings["early_stopping"] and not held_out:
        raise ValueError("--patience needs --validation DATA or --validation-fraction P.")
    if options.model not in DETECTORS:
        estimator.set_params(scale=MODEL_SCALES[options.scale])
    elif options.scale != "auto":
        raise ValueError("a detector scales columns by itself; leave --scale out.")
    table, rows, validation, scaling = _read(options, estimator)
    # Rows that are read in parts take only the budget.
    n_rows = 0 if isinstance(rows, Source) and not settings["memory"] else len(rows)
    check_memory(estimator, n_rows, rows.shape[1])
    n_bytes = parameter_bytes(estimator, rows.shape[1])
    processes.from_first(
        lambda: check_output(options.output, force=options.force, n_bytes=n_bytes)
    )
    try:
        estimator.fit(
            rows, validation=validation, checkpoint=options.checkpoint, resume=options.resume
        )
    except SystemExit:  # SIGTERM must not lose the trained model
        # A detector cannot be used before it is calibrated.
        if estimator.__sklearn_is_fitted__():
            know_columns(estimator, table, scaling)
            _save(options.output, estimator, processes)
        raise
    know_columns(estimator, table, scaling)
    _save(options.output, estimator, processes)
    say(_outcome(options.output, estimator))
    return 0 if _is_finished(estimator) else INTERRUPTED


def _save(path: Path, estimator: Any, processes: Processes) -> None:
    if processes.rank == 0:
        save_or_rescue(path, estimator)


def _read(
    options: argparse.Namespace, estimator: Any
) -> tuple[Table, Any, Any, ColumnScaling | None]:
    """Read a table; return it with rows to train on and for validation, and their scaling."""
    settings = settings_of(estimator)
    how = {"allow_missing": settings["missing"] != "refuse", "mixed": True}
    # A range is that of all training rows, which are loaded for it if the format allows that.
    budget = settings["memory"] is not None and options.scale != "minmax"
    table = _open(options, options.data, None, budget=budget)
    if table is not None:
        return _read_in_parts(options, estimator, table)
    table = read_data(options, **how)
    if not isinstance(table.values, np.ndarray):
        _refuse_options_of_numbers(options, settings, table.values)
    own, held_out = table.values, None
    if options.validation is not None:
        others = read_data(
            options, options.validation, table.columns, **how, text=_text_columns(own)
        )
        held_out = others.values
    elif options.scale == "minmax" and settings["validation_fraction"]:
        # Hold rows out before computing the range, which must be that of the training rows.
        own, held_out = _hold_out(table.values, estimator)
    _mask_if_missing(estimator, own, held_out)
    scaling = ColumnScaling.minmax(own) if options.scale == "minmax" else None
    rows = _scaled(own, scaling)
    if settings.get("cost") == "cross_entropy":
        _check_unit_interval(options.data, table, rows)
    validation = None if held_out is None else _named(_scaled(held_out, scaling), table)
    return table, _named(rows, table), validation, scaling


def _open(
    options: argparse.Namespace, path: str, expected: tuple[str, ...] | None, *, budget: bool
) -> Table | None:
    """Open a table that is read in parts; return None if it has to be loaded."""
    if not is_read_in_parts(path, budget=budget):
        return None
    try:
        return read_stream(options, path, expected)
    except TableError:
        if is_read_in_parts(path):
            raise
        return None  # such as a Parquet file with words, of which a budget bounds only the blocks


def _read_in_parts(
    options: argparse.Namespace, estimator: Any, table: Table
) -> tuple[Table, Any, Any, ColumnScaling | None]:
    """Read the validation rows of a table that stays in its file; return the same as `_read`."""
    if options.scale == "minmax":
        raise ValueError(
            f"{options.data} is read in parts, and --scale minmax needs all rows at once; use "
            "--scale standard."
        )
    held_out = None
    if options.validation is not None:
        others = _open(options, options.validation, table.columns, budget=True)
        if others is None:
            others = read_data(options, options.validation, table.columns, allow_missing=True)
        held_out = others.values
    _mask_if_missing(estimator, table.values, held_out)
    return table, table.values, held_out, None


def _text_columns(values: Any) -> tuple[str, ...]:
    """Return the names of the columns of a frame that are text."""
    if isinstance(values, np.ndarray):
        return ()
    return tuple(name for name in values if values[name].dtype in (object, "category"))


def _refuse_options_of_numbers(
    options: argparse.Namespace, settings: dict[str, Any], frame: Any
) -> None:
    """Refuse options that work only if all columns are numbers."""
    given = [] if options.scale in ("auto", "standard") else [f"--scale {options.scale}"]
    if settings.get("cost", "auto") != "auto":
        given.append(f"--cost {settings['cost']}")
    if not given:
        return
    others = [name for name in frame if frame[name].dtype.kind != "f"]
    noun, are = ("column", "is") if len(others) == 1 else ("columns", "are")
    need, them = ("needs", "it") if len(given) == 1 else ("need", "them")
    raise ValueError(
        f"{options.data}: {noun} {listed(others)} {are} not numbers, which {' and '.join(given)} "
        f"{need}; leave {them} out, so that each column is treated by its kind, or leave out the "
        f"{noun} (--drop {quoted_names(others)})."
    )


def _mask_if_missing(estimator: Any, *tables: Any) -> None:
    """Mask missing numbers in code and cost, and print a note.

    For columns of different kinds, the estimator does so itself.
    """
    n = sum(map(_n_missing, tables))
    if n and settings_of(estimator)["missing"] == "auto":
        estimator.set_params(missing="mask")
        are = "cell is empty and" if n == 1 else "cells are empty and"
        note(f"{n:,} {are} left out of code and cost, as --missing mask does")


def _n_missing(values: Any) -> int:
    """Return the number of missing numbers; 0 for a frame of different kinds."""
    if isinstance(values, Source):
        return summarize(values).n_nan
    if isinstance(values, np.ndarray):
        return sum(int(np.isnan(part).sum()) for part in parts(values))
    return 0


def _scaled(values: np.ndarray[Any, Any], scaling: ColumnScaling | None) -> np.ndarray[Any, Any]:
    """Return scaled rows; print a note if values were clipped."""
    if scaling is None:
        return values
    if n_outside := int(scaling.outside(values).sum()):
        note(scaling.clipped(n_outside, values.size))
    return scaling.forward(values)


def _hold_out(values: np.ndarray[Any, Any], estimator: Any) -> tuple[Any, Any]:
    """Return the rows to train on and the rows to hold out, in place of the estimator."""
    from autoenc.rows.held_out import hold_out

    seed = int(np.random.default_rng(estimator.random_state).integers(2**31))
    own, others = hold_out(len(values), settings_of(estimator)["validation_fraction"], seed)
    estimator.set_params(validation_fraction=None)
    return values[np.asarray(own)], values[np.asarray(others)]


def _named(rows: np.ndarray[Any, Any], table: Table) -> Any:
    """Return rows with the names of their columns, which the model then keeps."""
    if table.columns is None or not isinstance(rows, np.ndarray):
        return rows
    try:
        pandas = import_extra("pandas", "tables", "names of columns")
    except MissingExtraError:  # the names of an .npz need no pandas; the model file stores them
        return rows
    return pandas.DataFrame(rows, columns=list(table.columns), copy=False)


def _check_unit_interval(path: str, table: Table, rows: np.ndarray[Any, Any]) -> None:
    """Refuse values outside [0, 1], which cross-entropy cannot take."""
    beyond = (rows < 0) | (rows > 1)
    if not beyond.any():
        return
    row, column = np.unravel_index(int(np.argmax(beyond)), rows.shape)
    raise ValueError(
        f"{path}: {rows[row, column]:g} at row {row} (from 0), column "
        f"{table.column_names[column]!r}, is outside [0, 1], the range of cross-entropy; "
        "add --scale minmax, or leave --cost out."
    )


def _outcome(path: Path, estimator: Any) -> str:
    history = estimator.history_
    name = type(estimator).__name__
    if math.isnan(history[-1]["cost"]):
        return f"saved {path}: {name}, stopped before the first minibatch of an epoch"
    stopped = "" if _is_finished(estimator) else " (stopped early by the user)"
    return (
        f"saved {path}: {name}, cost {history[-1]['cost']:.6g} after epoch "
        f"{history[-1]['epoch']}{stopped}"
    )


def _is_finished(estimator: Any) -> bool:
    """Return whether each layer was trained for all epochs, or until its early stopping."""
    # Only a stack leaves the number of epochs to its layers.
    alone = hasattr(estimator, "n_epochs") or hasattr(estimator, "n_epochs_")
    layers = [estimator] if alone else estimator.layers_
    return all(
        len(layer.history_) == _n_epochs(layer) and not _is_part(layer.history_[-1])
        for layer in layers
        if not layer.history_[-1].get("stopped_early")
    )


def _is_part(record: dict[str, Any]) -> bool:
    """Return whether the record describes a part of an epoch, or none of its minibatches."""
    return bool(record.get("interrupted")) or math.isnan(record["cost"])


def _n_epochs(layer: Any) -> int:
    """Return the number of epochs that a model was to be trained for."""
    if hasattr(layer, "n_epochs_"):
        return int(layer.n_epochs_)
    n_epochs: int = {**settings_of(layer), **getattr(layer, "chosen_", {})}["n_epochs"]
    return n_epochs
