"""Kill training runs at random moments, resume from their checkpoints, and compare the bytes.

    python -m torture.kills --runs 100

Every run trains with masks and one of several optimizers, schedules and rules for early stopping,
and writes a checkpoint after every block. It is killed once with ``kill -9``, at a random moment,
and then resumed until it is complete. Its parameters and costs must have the same bytes as those
of an uninterrupted run. One kind reads its rows from a file, in windows of a fifth of an epoch,
and is compared with a run that has the rows in memory.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pytensor.tensor as pt

from autoenc.graph import AutoEncoderLayer, adam, exponential_decay, masking, momentum, sgd
from autoenc.training import EpochPatience, Every, GeometricPatience, train

N_ROWS, N_VISIBLE = 1_010, 100


@dataclass(frozen=True)
class Kind:
    """A kind of training run.

    Attributes
    ----------
    name : str
    updates : callable
        Function of cost and parameters that returns updates.
    patience : callable
        Function that returns a rule for early stopping, or None.
    sizes : dict
        ``chunk`` and ``window`` of a run that reads its rows from a file.
    """

    name: str
    updates: Callable[..., Any]
    patience: Callable[[], Any]
    sizes: dict[str, Any] = field(default_factory=dict)


KINDS = (
    Kind("sgd", lambda cost, params: sgd(cost, params, 0.1), lambda: None),
    Kind(
        "momentum, geometric patience",
        lambda cost, params: momentum(cost, params, 0.05, 0.9),
        lambda: GeometricPatience(150),
    ),
    Kind(
        "adam with a schedule, patience in epochs",
        lambda cost, params: adam(cost, params, exponential_decay(0.01, 0.5, every=100)),
        lambda: EpochPatience(3),
    ),
    Kind(
        "sgd, rows from a file",
        lambda cost, params: sgd(cost, params, 0.1),
        lambda: None,
        {"chunk": 20, "window": 200},
    ),
)


def run(kind: Kind, backend: str, path: Path, file: Path | None) -> bytes:
    """Train, from the checkpoint if it exists; return parameters and costs as bytes.

    Parameters
    ----------
    kind : Kind
    backend : str
    path : Path
        Path of the checkpoint.
    file : Path, optional
        File from which rows are read during training.
    """
    rng = np.random.default_rng(0)
    rows = rng.uniform(size=(N_ROWS, N_VISIBLE)).astype("float32")
    if file is not None and not file.exists():
        np.save(file, rows)
    layer = AutoEncoderLayer(N_VISIBLE, 40, rng=rng)
    x = pt.matrix("x", dtype="float32")
    cost = layer.cross_entropy(x, masking(x, 0.3, 1)).mean()
    patience = kind.patience()
    history = train(
        cost,
        kind.updates(cost, layer.params),
        inputs=[x],
        data=rows if file is None else file,
        **kind.sizes,
        batch_size=20,
        block_size=7,
        n_epochs=40,
        backend=backend,
        validation=(layer.cross_entropy(x), rows[:100]) if patience else None,
        early_stopping=patience,
        checkpoint=path,
        every=Every(blocks=1),
        resume=True,
        progress=False,
    )
    parameters = b"".join(p.get_value().tobytes() for p in layer.params)
    return parameters + str([record["cost"] for record in history]).encode()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the requested number of runs; return 1 if a run ended with different bytes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--runs", type=int, default=100, help="number of runs of all kinds (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the moments (%(default)s)")
    parser.add_argument("--backend", default="c", choices=["c", "xla", "numba"])
    options = parser.parse_args(arguments)
    rng = random.Random(options.seed)
    started = time.monotonic()
    wrong = 0
    for k, kind in enumerate(KINDS):
        n = len(range(k, options.runs, len(KINDS)))
        same, gone_on = torment(kind, options.backend, n, rng)
        wrong += n - same
        print(f"{kind.name:<42}{same:>4} of {n} the same, {gone_on} from a checkpoint", flush=True)
    print(f"{options.runs} runs, {wrong} with different bytes, {time.monotonic() - started:.0f} s")
    return int(wrong > 0)


def torment(kind: Kind, backend: str, n: int, rng: random.Random) -> tuple[int, int]:
    """Kill `n` runs once each; count those that end with the same bytes, and those resumed."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{i}.ckpt") for i in range(n)]
        whole, seconds = _in_child(kind, backend, Path(folder, "whole.ckpt"))
        file = Path(folder, "rows.npy") if kind.sizes else None
        same = gone_on = 0
        for path in paths:
            _in_child(kind, backend, path, file, kill_after=rng.uniform(0, 1.1 * seconds))
            gone_on += path.exists()
            same += _in_child(kind, backend, path, file)[0] == whole
    return same, gone_on


def _in_child(
    kind: Kind,
    backend: str,
    path: Path,
    file: Path | None = None,
    kill_after: float | None = None,
) -> tuple[bytes, float]:
    """Train in a separate process; return its result and its duration."""
    # XLA's threads do not survive a fork.
    context: Any = multiprocessing.get_context("spawn" if backend == "xla" else "fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(there, kind.name, backend, path, file))
    process.start()
    there.close()
    here.recv()
    started = time.monotonic()
    if kill_after is not None:
        time.sleep(kill_after)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
    try:
        result = here.recv()
    except EOFError:
        result = b""
    process.join()
    return result, time.monotonic() - started


def _answer(there: Connection, name: str, backend: str, path: Path, file: Path | None) -> None:
    kind = next(kind for kind in KINDS if kind.name == name)
    there.send("begun")
    there.send(run(kind, backend, path, file))


if __name__ == "__main__":
    sys.exit(main())
