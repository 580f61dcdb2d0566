"""`autoenc export`: write a model for use without autoenc."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from autoenc.cli.inputs import DETECTORS, SavedModel, load_model
from autoenc.cli.parsing import add_model, add_output, new_parser
from autoenc.cli.terminal import say
from autoenc.files import atomic_write

EXAMPLES = """\
  autoenc export people.safetensors -o people.onnx
  autoenc export people.safetensors -o codes.onnx --part transform
  autoenc export people.safetensors -o folder   (the model, and a reader that needs only NumPy)

The ONNX graph and the reader take rows in the units of the data, as the commands do: the model
scales them itself."""
# Method of the estimator for each part.
AUTOENCODER_PARTS = {
    "reconstruct": "reconstruct",
    "transform": "transform",
    "score": "score_samples",
}
CLASSIFIER_PARTS = {"predict_proba": "predict_proba", "predict": "predict"}
PARTS = AUTOENCODER_PARTS | CLASSIFIER_PARTS


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    parser = new_parser(commands, "export", "write a model for use without autoenc", EXAMPLES)
    add_model(parser)
    add_output(
        parser, "a file that ends in .onnx; or a folder, for the reader that needs only NumPy"
    )
    parser.add_argument(
        "--part",
        choices=PARTS,
        help="function that the ONNX graph computes (default: reconstruct, or predict_proba of a "
        "classifier that was trained in Python)",
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Write the exported model."""
    saved = load_model(options.model, classifiers=True, detectors=True)
    if options.output.suffix.lower() == ".onnx":
        _export_onnx(saved, options.output, options.part)
        say(f"saved {options.output}")
    elif options.output.suffix:
        raise ValueError(
            f"{options.output}: unknown kind of export; end the name in .onnx, or give a folder "
            "for the reader that needs only NumPy."
        )
    else:
        say(f"saved {_export_reader(saved, options.output)} and {saved.path.name} beside it")
    return 0


def _export_onnx(saved: SavedModel, path: Path, part: str | None) -> None:
    from autoenc.export import to_onnx
    from autoenc.tables import import_extra

    import_extra("onnx", "onnx", "an ONNX graph")
    if type(saved.estimator).__name__ in DETECTORS.values():
        raise ValueError(
            f"{saved.path}: a detector has no ONNX graph; give a folder instead of {path} for the "
            "reader that needs only NumPy, which scores rows as the detector does."
        )
    known = CLASSIFIER_PARTS if hasattr(saved.estimator, "predict_proba") else AUTOENCODER_PARTS
    if part not in (None, *known):
        raise ValueError(
            f"{saved.path}: a {type(saved.estimator).__name__} has no part {part}; expected "
            f"--part {' or '.join(known)}."
        )
    to_onnx(saved.estimator, path, part=part and PARTS[part])


def _export_reader(saved: SavedModel, folder: Path) -> Path:
    from autoenc.export import copy_numpy_reader

    reader = copy_numpy_reader(folder)
    target = folder / saved.path.name
    if not target.exists() or not target.samefile(saved.path):
        with atomic_write(target) as temporary:
            shutil.copyfile(saved.path, temporary)
    return reader
