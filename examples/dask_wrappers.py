"""Train on the blocks of a dask array one after the other, and use the model on all at once.

`Incremental` of dask-ml passes each block to `partial_fit`; the array need not fit into memory.
`ParallelPostFit` computes codes block by block, in the workers of a Dask cluster, with a model
from a file. Both send the estimator to the workers.

    pip install "autoenc[engines]"
    python examples/dask_wrappers.py --jobs 2
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dask.array as da
from dask.distributed import Client
from dask_ml.wrappers import Incremental, ParallelPostFit

from autoenc import AutoEncoder, load_mnist


def main(arguments: Sequence[str] | None = None) -> Any:
    """Train on blocks, save the model, load it, and return the codes that workers compute."""
    options = parse(arguments)
    with tempfile.TemporaryDirectory() as folder:
        rows = on_disk(load_mnist(sample=True).train.images, options.rows, Path(folder, "rows"))
        path = options.model or Path(folder, "model.safetensors")
        with cluster(options.jobs):
            model = trained(rows, options.epochs)
            model.save(path)
            codes = codes_of(rows, path).compute()
    costs = [record["cost"] for record in model.history_]
    print(
        f"{len(costs)} passes over blocks, cost {costs[0]:.2f} at first, {costs[-1]:.2f} at last"
    )
    print(f"{len(codes):,} codes of {codes.shape[1]} numbers")
    return codes


def cluster(jobs: int) -> Any:
    """Start processes on this machine, each with one thread.

    For another cluster, give `Client` its address.
    """
    return Client(n_workers=jobs, threads_per_worker=1, dashboard_address=None)


def on_disk(rows: Any, n_rows: int, folder: Path) -> da.Array:
    """Write blocks of rows to files, from which workers read them."""
    da.to_npy_stack(folder, da.from_array(rows, chunks=(n_rows, rows.shape[1])))
    return da.from_npy_stack(folder)


def trained(rows: da.Array, n_epochs: int) -> AutoEncoder:
    """Train a model on the blocks of an array, each of them `n_epochs` times."""
    wrapper = Incremental(AutoEncoder(50, random_state=0, verbose=False), random_state=0)
    for _ in range(n_epochs):
        wrapper.partial_fit(rows)
    model: AutoEncoder = wrapper.estimator_
    return model


def codes_of(rows: da.Array, path: Path) -> da.Array:
    """Return the codes of rows, which are computed when they are asked for.

    dask-ml assumes that codes are as wide as the rows; once computed, they have their own width.
    """
    return ParallelPostFit(AutoEncoder.load(path)).transform(rows)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--model", type=Path, help="file that the model is saved to")
    add("--epochs", type=int, default=3, help="passes over the array (%(default)s)")
    add("--rows", type=int, default=1000, help="rows of a block (%(default)s)")
    add("--jobs", type=int, default=2, help="worker processes (%(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
