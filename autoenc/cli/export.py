"""`autoenc export`: models for where there is no autoenc."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from autoenc.cli.models import SavedModel, load_model, note
from autoenc.cli.parsing import add_model, add_output, new_parser
from autoenc.files import atomic_write

EXAMPLES = """\
  autoenc export people.safetensors -o people.onnx
  autoenc export people.safetensors -o codes.onnx --part transform
  autoenc export people.safetensors -o folder   (the model, and a reader that needs only NumPy)

An ONNX graph takes rows as the data has them: what `--scale` did in training is within it,
and reconstructions are in the scale of the data."""
PARTS = ("reconstruct", "transform", "score")


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    parser = new_parser(commands, "export", "take a model to where there is no autoenc", EXAMPLES)
    add_model(parser)
    add_output(parser, "a file that ends in .onnx; or a folder, for NumPy's reader")
    parser.add_argument(
        "--part",
        choices=PARTS,
        default="reconstruct",
        help="which function an ONNX graph has (default: %(default)s)",
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Write the exported model."""
    saved = load_model(options.model)
    if options.output.suffix.lower() == ".onnx":
        _export_onnx(saved, options.output, options.part)
        print(f"saved {options.output}")
    elif options.output.suffix:
        raise ValueError(
            f"{options.output}: cannot tell what to export; end the name in .onnx, or give a "
            "folder for NumPy's reader."
        )
    else:
        print(f"saved {_export_reader(saved, options.output)} and {saved.path.name} beside it")
    return 0


def _export_onnx(saved: SavedModel, path: Path, part: str) -> None:
    from autoenc.cli.scaled_onnx import with_scaling
    from autoenc.export import to_onnx
    from autoenc.tables import import_extra

    import_extra("onnx", "onnx", "an ONNX graph")
    graph = to_onnx(saved.estimator, part="score_samples" if part == "score" else part)
    if saved.preparation.scaling is not None:
        graph = with_scaling(graph, saved.preparation.scaling)
    with atomic_write(path) as temporary:
        temporary.write_bytes(graph.SerializeToString())


def _export_reader(saved: SavedModel, folder: Path) -> Path:
    from autoenc.export import copy_numpy_reader

    reader = copy_numpy_reader(folder)
    target = folder / saved.path.name
    if not target.exists() or not target.samefile(saved.path):
        with atomic_write(target) as temporary:
            shutil.copyfile(saved.path, temporary)
    if saved.preparation.scaling is not None:
        note(
            "the reader takes scaled rows, (value - offset) * factor, with the numbers that the "
            "model file has under table, scaling"
        )
    return reader
