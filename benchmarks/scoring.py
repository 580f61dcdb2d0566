"""Compare how fast this checkout and another one apply fitted models.

    python -m benchmarks.scoring ../old --threads 1

The checkouts take turns in separate processes. The program prints a table of microseconds per call
and of ratios: 2 means twice as fast as the other checkout. `--threads` also limits the processors
that a process may use. On a busy machine, use `--processor-time`, which measures the processor
time of the process itself.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).resolve()
BACKENDS = ("c", "xla", "numba")
DTYPES = ("float32", "float64")
MODELS = ("784-500", "30-8")
METHODS = ("transform", "reconstruct", "score_samples")
N_ROWS = (1, 100, 1_000, 10_000)
N_FITTED = 200
# Duration of a turn, in seconds.
TURN_SECONDS = 0.1
PAUSE_SECONDS = 0.02


class Worker:
    """A checkout in a separate process, which holds a fitted model and waits for commands."""

    def __init__(
        self, checkout: Path, setting: tuple[str, str, str], clock: str, threads: str
    ) -> None:
        limits = {f"{n}_NUM_THREADS": threads for n in ("OMP", "OPENBLAS", "MKL")}
        environment = limits if threads else {}
        self._log = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 - see close
        self._process = subprocess.Popen(
            # The path must not contain the folder of this checkout's package.
            [sys.executable, "-P", str(HERE), "--worker", clock, threads, *setting],
            cwd=checkout, env={**os.environ, **environment, "PYTHONPATH": str(checkout)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True,
        )  # fmt: skip

    def seconds(self, method: str, n_rows: int) -> float:
        """Return the median time of a call in one turn."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([method, n_rows]), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            self._log.seek(0)
            raise RuntimeError(f"a worker ended:\n{self._log.read()}")
        return float(answer)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            assert stream is not None
            stream.close()


def work(clock: str, threads: str, backend: str, dtype: str, model: str) -> None:
    """Answer each line of the input with the seconds per call, in the checkout on the path."""
    if threads:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-int(threads) :])
    import numpy as np

    from autoenc import AutoEncoder

    now = getattr(time, clock)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    columns, units = map(int, model.split("-"))
    rows = np.random.default_rng(0).uniform(size=(max(N_ROWS), columns)).astype(dtype)
    estimator = AutoEncoder(
        units, n_epochs=1, dtype=dtype, backend=backend, device="cpu", cost="cross_entropy",
        learning_rate=0.01, random_state=0, verbose=False,
    ).fit(rows[:N_FITTED])  # fmt: skip
    for line in sys.stdin:
        method, n_rows = json.loads(line)
        apply, some = getattr(estimator, method), rows[:n_rows]
        apply(some)  # compiles, and fills the caches for the following calls
        taken: list[float] = []
        while sum(taken) < TURN_SECONDS:
            started = now()
            apply(some)
            taken.append(now() - started)
        print(median(taken), file=answers, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all selected settings, and print the table."""
    if sys.argv[1:2] == ["--worker"]:
        work(*sys.argv[2:])
        return
    from benchmarks import report

    options = parse(arguments)
    header = [
        "", "method", *(f"{n:,} {'row' if n == 1 else 'rows'}, µs" for n in options.rows),
        *(f"÷, {n:,}" for n in options.rows),
    ]  # fmt: skip
    lines = []
    for setting in product(options.backends, options.dtypes, options.models):
        with workers(options, setting) as pair:
            for method in METHODS:
                found = [measure(pair, method, n, options.rounds) for n in options.rows]
                times = [f"{median(ours) * 1e6:,.0f}" for ours, _ in found]
                lines.append([" ".join(setting), method, *times, *map(ratio, found)])
                print(*lines[-1], file=sys.stderr)
    print(report.table(header, lines))


@contextmanager
def workers(options: argparse.Namespace, setting: tuple[str, str, str]) -> Iterator[list[Worker]]:
    """Start this checkout and the other."""
    threads = str(options.threads or "")
    clock = "process_time" if options.processor_time else "perf_counter"
    with ExitStack() as stack:
        pair = []
        for checkout in (HERE.parent.parent, options.checkout.resolve()):
            pair.append(Worker(checkout, setting, clock, threads))
            stack.callback(pair[-1].close)
        yield pair


def measure(
    pair: list[Worker], method: str, n_rows: int, rounds: int
) -> tuple[list[float], list[float]]:
    """Return the seconds of each round, of this checkout and of the other."""
    seconds: tuple[list[float], list[float]] = [], []
    for turn in range(rounds):
        for k in (0, 1) if turn % 2 else (1, 0):
            time.sleep(PAUSE_SECONDS)  # threads of the other process may spin
            seconds[k].append(pair[k].seconds(method, n_rows))
    return seconds


def ratio(found: tuple[list[float], list[float]]) -> str:
    """Return the speed of this checkout divided by that of the other."""
    return f"{median(other / ours for ours, other in zip(*found, strict=True)):.2f}"


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scoring", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("checkout", type=Path, help="folder of the other checkout")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each; 7 by default")
    parser.add_argument(
        "--threads", type=int, help="number of threads; by default that of the environment"
    )
    parser.add_argument("--processor-time", action="store_true", help="for busy machines")
    for name, of, kind in (
        ("backends", BACKENDS, str), ("dtypes", DTYPES, str), ("models", MODELS, str),
        ("rows", N_ROWS, int),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", nargs="+", type=kind, choices=of, default=of)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
