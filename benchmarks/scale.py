"""Measure training on data larger than memory: reading, order, memory and devices.

    python -m benchmarks.scale all --folder /a/large/disk --gigabytes 2 20

Each measurement runs in its own process, so that its memory can be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 784
# Size of a narrow table, of which 100 million rows take 8 GB.
FEW_COLUMNS, FEW_UNITS = 20, 10
SIZES = (10**4, 10**5, 10**6, 10**7, 10**8)
# Number of rows that are written at a time.
ROWS_AT_A_TIME = 20_000


def main() -> None:
    """Run the requested measurements, and print a line of JSON for each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["all", *MEASUREMENTS])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--gigabytes", type=float, nargs="+", default=[2.0])
    parser.add_argument("--memory", default="2GB")
    parser.add_argument("--dtypes", nargs="+", default=["float32", "uint8", "float64"])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--figure", type=Path, help="file of the picture that `rows` draws")
    options = parser.parse_args()
    if options.what != "all":
        for found in MEASUREMENTS[options.what](options):
            print(json.dumps({"what": options.what, **found}), flush=True)
        return
    for name in MEASUREMENTS:
        if name == "grain" and find_spec("grain") is None:
            continue
        command = [sys.executable, "-m", "benchmarks.scale", name, *sys.argv[2:]]
        subprocess.run(command, check=True)


def order(options: Any) -> Iterator[dict[str, Any]]:
    """Measure the cost of the order of many rows, from the start and the middle of an epoch."""
    from autoenc.training.schedule import Order, default_chunk, default_window, epoch_blocks

    for n_rows in (10**5, 10**7, 10**9):
        window = default_window(COLUMNS)
        rows = Order(n_rows, default_chunk(window), window, seed=0, shuffle=True)
        for done in (0, n_rows // 2 // 100 * 100):
            tracemalloc.start()
            started = perf_counter()
            next(epoch_blocks(rows, 1, 100, 50, done))
            seconds, peak = perf_counter() - started, tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            yield {"rows": n_rows, "done": done, "seconds": seconds, "peak_bytes": peak}


def budget(options: Any) -> Iterator[dict[str, Any]]:
    """Measure the memory of training and scoring on files, each in a separate process."""
    for gigabytes in options.gigabytes:
        for dtype in options.dtypes:
            with File(options.folder, gigabytes, dtype) as path:
                for task in ("train", "validate", "score"):
                    yield _in_process(path, task, options.memory)


def _in_process(path: Path, task: str, memory: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.scale", "one"]
    environment = {**os.environ, "SCALE_TASK": json.dumps([str(path), task, memory])}
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(found.stdout)
    return answer


def one(options: Any) -> Iterator[dict[str, Any]]:
    """Train, validate or score on one file, in the process that is measured."""
    from autoenc import AutoEncoder
    from autoenc.models import write_results
    from autoenc.sources import open_source

    name, task, memory = json.loads(os.environ["SCALE_TASK"])
    path = Path(name)
    if task == "rows":
        yield _rows_of(path)
        return
    source = open_source(path)
    settings: dict[str, Any] = {
        "n_hidden": 10, "n_epochs": 1, "batch_size": 500, "random_state": 0, "verbose": False,
        "memory": memory, "cost": "squared_error", "output": "sigmoid", "scale": None,
    }  # fmt: skip
    if task == "validate":
        settings["validation_fraction"] = 0.1
    few = source[:20_000]
    small = AutoEncoder(**{**settings, "validation_fraction": None}).fit(few)
    small.transform(few)
    before = _memory()
    started = perf_counter()
    if task == "score":
        write_results(path.with_suffix(".errors.npy"), small.model_, path, "score_samples")
    else:
        AutoEncoder(**settings).fit(path)
    seconds = perf_counter() - started
    yield {
        "task": task,
        "dtype": str(source.dtype),
        "bytes": source.nbytes,
        "rows_per_second": len(source) / seconds,
        "before_bytes": before,
        "peak_bytes": _memory(),
    }


def reading(options: Any) -> Iterator[dict[str, Any]]:
    """Compare reading in shuffled order by windows with gathering rows from a memory map."""
    from autoenc.sources import open_source
    from autoenc.training.plan import make_plan
    from autoenc.training.windows import WindowReader

    with File(options.folder, options.gigabytes[0], "float32") as path:
        source = open_source(path)
        plan = make_plan(len(source), 500, 1, None, 0, True, 5_000, COLUMNS)
        rates: dict[str, list[float]] = {"windows": [], "memory map": []}
        for _ in range(options.turns):
            _drop(path)
            started = perf_counter()
            reader = WindowReader([source], ["float32"], plan, None)
            n_rows = sum(len(block.numbers) for block in reader.blocks(1, 0))
            rates["windows"].append(n_rows / (perf_counter() - started))
            _drop(path)
            mapped = np.load(path, mmap_mode="r")
            numbers = np.random.default_rng(0).permutation(len(mapped))[:5_000]
            started = perf_counter()
            mapped[numbers].sum()
            rates["memory map"].append(len(numbers) / (perf_counter() - started))
            del mapped  # mapped pages cannot be dropped
        for how, found in rates.items():
            yield {"how": how, "rows_per_second": median(found), "all": found}


def grain(options: Any) -> Iterator[dict[str, Any]]:
    """Compare the speed of blocks from windows with that of Grain, which must be installed.

    Grain shuffles row numbers, and reads each row separately.
    """
    import grain

    from autoenc.sources import open_source
    from autoenc.training.plan import make_plan
    from autoenc.training.windows import WindowReader

    rows = np.random.default_rng(0).random((200_000, COLUMNS), dtype="float32")
    plan = make_plan(len(rows), 500, 1, 10, 0, True, 5_000, COLUMNS)
    ahead = grain.ReadOptions(num_threads=2, prefetch_buffer_size=4)
    rates: dict[str, list[float]] = {"grain": [], "windows": []}
    for _ in range(options.turns):
        started = perf_counter()
        blocks = grain.MapDataset.source(rows).shuffle(seed=0).batch(5_000).to_iter_dataset(ahead)
        n_rows = sum(len(block) for block in blocks)
        rates["grain"].append(n_rows / (perf_counter() - started))
        started = perf_counter()
        reader = WindowReader([open_source(rows)], ["float32"], plan, None)
        n_rows = sum(len(block.numbers) for block in reader.blocks(1, 0))
        rates["windows"].append(n_rows / (perf_counter() - started))
    yield {"rows_per_second": {how: median(found) for how, found in rates.items()}}


def training(options: Any) -> Iterator[dict[str, Any]]:
    """Compare epochs from a file with epochs in memory, in turns, for a model of a given size."""
    rows = np.random.default_rng(0).random((200_000, COLUMNS), dtype="float32")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder, "rows.npy")
        np.save(path, rows)
        rates: dict[str, list[float]] = {"memory": [], "file": []}
        for _ in range(options.turns):
            rates["memory"].append(_epoch(rows))
            _drop(path)
            rates["file"].append(_epoch(path))
    ratios = [a / b for a, b in zip(rates["file"], rates["memory"], strict=True)]
    yield {"rows_per_second": {k: median(v) for k, v in rates.items()}, "ratio": median(ratios)}


def _epoch(data: Any) -> float:
    import pytensor.tensor as pt

    from autoenc.graph import AutoEncoderLayer, sgd
    from autoenc.training import train

    layer = AutoEncoderLayer(COLUMNS, 500, rng=np.random.default_rng(0))
    x = pt.matrix("x")
    cost = layer.cross_entropy(x).mean()
    settings: dict[str, Any] = {"batch_size": 20, "n_epochs": 1, "progress": False}
    history = train(cost, sgd(cost, layer.params, 0.01), inputs=[x], data=data, **settings)
    return float(history[0]["rows_per_second"])


def rows(options: Any) -> Iterator[dict[str, Any]]:
    """Measure the time per row, and that until the first block, for data of increasing size."""
    found = []
    for n_rows in SIZES:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            path = Path(folder, "rows.npy")
            _write(path, n_rows, "float32", FEW_COLUMNS)
            command = [sys.executable, "-m", "benchmarks.scale", "one"]
            environment = {**os.environ, "SCALE_TASK": json.dumps([str(path), "rows", "2GB"])}
            # Small data is measured more often.
            for _ in range(options.turns if n_rows < 10**7 else 1):
                result = subprocess.run(command, env=environment, capture_output=True, check=True)
                found.append({"rows": n_rows, **json.loads(result.stdout)})
                yield found[-1]
    if options.figure:
        _draw(found).savefig(options.figure, dpi=100)


def _rows_of(path: Path) -> dict[str, Any]:
    """Train for an epoch on a file, and time its blocks."""
    import pytensor.tensor as pt

    from autoenc.graph import AutoEncoderLayer, sgd
    from autoenc.training import train

    layer = AutoEncoderLayer(FEW_COLUMNS, FEW_UNITS, rng=np.random.default_rng(0))
    x = pt.matrix("x")
    cost = layer.cross_entropy(x).mean()
    updates = sgd(cost, layer.params, 0.01)
    settings: dict[str, Any] = {"batch_size": 20, "n_epochs": 1, "progress": False}
    # Exclude the time to compile and load, which would dominate if there are few rows.
    few = np.zeros((10**4, FEW_COLUMNS), dtype="float32")
    started = perf_counter()
    train(cost, updates, inputs=[x], data=few, **settings)
    compiled = perf_counter()
    history = train(cost, updates, inputs=[x], data=path, **settings)
    whole = perf_counter() - compiled
    n_rows = len(np.load(path, mmap_mode="r"))
    return {
        "seconds_to_compile": compiled - started,
        "seconds_per_row": 1 / history[0]["rows_per_second"],
        "seconds_per_row_with_checks": whole / n_rows,
    }


def _draw(found: list[dict[str, Any]]) -> Figure:
    """Plot the time per row against the number of rows."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.5), layout="constrained")
    ax = figure.subplots()
    for name, label in (
        ("seconds_per_row", "training"),
        ("seconds_per_row_with_checks", "with the pass that checks the data"),
    ):
        times = [median(f[name] for f in found if f["rows"] == n) * 1e6 for n in SIZES]
        ax.plot(SIZES, times, marker="o", label=label)
    ax.set(xscale="log", xlabel="rows", ylabel="µs per row", ylim=(0, None))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return figure


def shares(options: Any) -> Iterator[dict[str, Any]]:
    """Measure the part of a file that each of several processes reads."""
    for gigabytes in options.gigabytes:
        with File(options.folder, gigabytes, "float32") as path:
            for n in (1, 2, 4):
                program = str(Path(__file__).with_name("shares.py"))
                command = [sys.executable, "-m", "autoenc", "launch", "-n", str(n), program]
                run = subprocess.run([*command, str(path)], stdout=subprocess.PIPE, check=True)
                yield json.loads(run.stdout.splitlines()[-1])


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _drop(path: Path) -> None:
    """Remove a file from the system's cache."""
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(handle)


class File:
    """A file of a given number of gigabytes, which is removed at the end."""

    def __init__(self, folder: Path, gigabytes: float, dtype: str) -> None:
        self._folder = tempfile.TemporaryDirectory(dir=folder)
        self.path = Path(self._folder.name, "rows.npy")
        n_rows = int(gigabytes * 10**9) // (COLUMNS * np.dtype(dtype).itemsize)
        _write(self.path, n_rows, dtype)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


def _write(path: Path, n_rows: int, dtype: str, n_columns: int = COLUMNS) -> None:
    array = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=(n_rows, n_columns))
    del array
    generator = np.random.default_rng(0)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - n_rows * n_columns * np.dtype(dtype).itemsize)
        for first in range(0, n_rows, ROWS_AT_A_TIME):
            n = min(ROWS_AT_A_TIME, n_rows - first)
            part = generator.integers(0, 2, (n, n_columns), dtype="uint8")
            file.write(part.astype(dtype).data)
    _drop(path)


MEASUREMENTS: dict[str, Callable[[Any], Iterator[dict[str, Any]]]] = {
    "order": order,
    "budget": budget,
    "reading": reading,
    "grain": grain,
    "training": training,
    "rows": rows,
    "shares": shares,
}

if __name__ == "__main__":
    if "SCALE_TASK" in os.environ:
        print(json.dumps(next(one(None))))
    else:
        main()
