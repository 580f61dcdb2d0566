"""Score the rows of a dask array block by block, with a model from a file.

Nothing but the file of the model and the blocks goes to the workers, and only the error of each
row comes back. A worker loads the model once.

    python examples/scoring_blocks.py --scheduler processes --output errors.npy
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np

from autoenc import AutoEncoder, load_mnist
from autoenc.files import atomic_write


@cache
def model_from(path: str) -> AutoEncoder:
    """Load a model, once in each process."""
    return AutoEncoder.load(path)


def errors_of(block: Any, path: str) -> Any:
    """Compute the errors of the rows of a block."""
    return model_from(path).score_samples(block)


def scored(rows: da.Array, path: str) -> da.Array:
    """Return the errors of rows, which are computed when they are asked for."""
    blocks = rows.rechunk({1: -1})  # a block has whole rows
    return blocks.map_blocks(errors_of, path, dtype="float32", drop_axis=1)


def main(arguments: Sequence[str] | None = None) -> Any:
    """Fit a model, score the test digits by blocks, and return their errors."""
    options = parse(arguments)
    digits = load_mnist(sample=True)
    with tempfile.TemporaryDirectory() as folder:
        path = str(options.model or Path(folder, "model.safetensors"))
        if options.model is None:
            model = AutoEncoder(50, n_epochs=options.epochs, random_state=0, verbose=False)
            model.fit(digits.train.images).save(path)
        rows = da.from_array(digits.test.images, chunks=(options.rows, 300))
        errors = scored(rows, path).compute(scheduler=options.scheduler)
    print(f"{len(errors):,} rows in {rows.numblocks[0]} blocks, mean error {errors.mean():.4f}")
    if options.output is not None:
        with atomic_write(options.output) as temporary, temporary.open("wb") as file:
            np.lib.format.write_array(file, errors)
    return errors


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--model", type=Path, help="file of an autoencoder; by default one is fitted")
    add("--epochs", type=int, default=5, help="epochs of the fit (%(default)s)")
    add("--rows", type=int, default=300, help="rows of a block (%(default)s)")
    add("--scheduler", choices=["threads", "processes", "synchronous"], default="threads")
    add("--output", type=Path, help="file of the errors, .npy")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
