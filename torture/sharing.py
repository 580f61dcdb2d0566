"""Share fitted models among threads and processes, and split rows into batches at random.

    python -m torture.sharing --backends c xla numba --threads 64 --calls 10000 --splits 10000

Codes and scores of a row must have the same bytes in every thread, in every batch, beside any
other rows, and in a child process created by fork, which may instead raise an error that states
the remedy. All threads start at once, with a model for which nothing is compiled yet.
"""

from __future__ import annotations

import argparse
import multiprocessing
import pickle
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import numpy as np

from autoenc import AutoEncoder
from autoenc.backends import BACKENDS, BackendError

Array = np.ndarray[Any, Any]
ROWS = np.random.default_rng(0).random((200, 20))
METHODS = ("transform", "score_samples", "reconstruct")
# Time limit in seconds for a child, which compiles nothing.
PATIENCE = 60


class Shared(NamedTuple):
    """A pickled fitted model, and the results of its methods for all rows."""

    pickled: bytes
    expected: dict[str, Array]

    def is_right(self, model: Any, method: str, rows: Array) -> bool:
        """Return whether a method gives the expected bytes for the rows with these numbers."""
        found = getattr(model, method)(ROWS[rows])
        return bool(found.tobytes() == self.expected[method][rows].tobytes())


def shared(backend: str, dtype: str) -> Shared:
    """Fit a model, and compute the expected results."""
    model = AutoEncoder(
        8, n_epochs=1, random_state=0, verbose=False, backend=backend, dtype=dtype
    ).fit(ROWS)
    expected = {method: getattr(model, method)(ROWS) for method in METHODS}
    return Shared(pickle.dumps(model), expected)


def in_threads(found: Shared, n_threads: int, n_calls: int, seed: int = 0) -> list[str]:
    """Call methods from threads that start at once; return the violations."""
    model = pickle.loads(found.pickled)
    together = threading.Barrier(n_threads)
    wrong: list[str] = []

    def work(number: int) -> None:
        rng = np.random.default_rng([seed, number])
        together.wait()
        try:
            for _ in range(n_calls):
                method = METHODS[rng.integers(3)]
                rows = rng.integers(200, size=rng.integers(1, 40))
                if not found.is_right(model, method, rows):
                    wrong.append(f"{method} of {len(rows)} rows has different bytes")
        # Any exception is a violation.
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(n_threads)]
    with _frequent_switches():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return wrong


@contextmanager
def _frequent_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def in_splits(found: Shared, n_splits: int, seed: int = 0) -> list[str]:
    """Permute and split rows at random; return the violations."""
    model = pickle.loads(found.pickled)
    rng = np.random.default_rng(seed)
    wrong = []
    for number in range(n_splits):
        method, order = METHODS[number % 3], rng.permutation(200)
        cuts = np.sort(rng.choice(199, size=rng.integers(8), replace=False) + 1)
        for rows in np.split(order, cuts):
            if not found.is_right(model, method, rows):
                wrong.append(f"split {number}, {method} of {len(rows)} rows has different bytes")
    return wrong


def in_a_child(found: Shared) -> list[str]:
    """Use a model in a child of fork after its use in the parent; return the violations."""
    model = pickle.loads(found.pickled)
    model.score_samples(ROWS)
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(found, model, there))
    with warnings.catch_warnings():
        # JAX warns of every fork, even if only C computes in the child.
        warnings.simplefilter("ignore")
        child.start()
    there.close()
    try:
        return list(here.recv()) if here.poll(PATIENCE) else ["a child of fork hangs"]
    except EOFError:
        return ["a child of fork ends without an answer"]
    finally:
        child.kill()
        child.join()


def _answer(found: Shared, model: Any, answer: Connection) -> None:
    everything = np.arange(200)
    try:
        wrong = [
            f"{method} in a child of fork has different bytes"
            for method in METHODS
            if not found.is_right(model, method, everything)
        ]
    except BackendError as error:
        wrong = [] if "multiprocessing's 'spawn' method" in str(error) else [str(error)]
    # Any other exception is a violation.
    except Exception as error:
        wrong = [f"{type(error).__name__}: {error}"]
    answer.send(wrong)


def main(arguments: Sequence[str] | None = None) -> int:
    """Share models, print the outcomes, and return 1 after a violation."""
    parser = argparse.ArgumentParser(
        prog="python -m torture.sharing", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--backends", nargs="+", default=list(BACKENDS), choices=BACKENDS)
    parser.add_argument("--dtypes", nargs="+", default=["float32", "float64"])
    parser.add_argument("--threads", type=int, default=64, help="(%(default)s)")
    parser.add_argument(
        "--calls", type=int, default=10_000, help="number of calls of each thread (%(default)s)"
    )
    parser.add_argument("--splits", type=int, default=10_000, help="(%(default)s)")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    ways: dict[str, Callable[[Shared], list[str]]] = {
        f"{options.threads} threads, {options.calls:,} calls each": lambda found: in_threads(
            found, options.threads, options.calls
        ),
        f"{options.splits:,} splits": lambda found: in_splits(found, options.splits),
        "a child of fork": in_a_child,
    }
    n_wrong = 0
    for backend in options.backends:
        for dtype in options.dtypes:
            found = shared(backend, dtype)
            for name, way in ways.items():
                start = time.monotonic()
                wrong = way(found)
                n_wrong += len(wrong)
                for text in sorted(set(wrong))[:10]:
                    print("VIOLATION", text)
                seconds = time.monotonic() - start
                print(
                    f"{backend:5} {dtype}  {name}: {len(wrong)} violations, {seconds:.0f} s",
                    flush=True,
                )
    return 1 if n_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
