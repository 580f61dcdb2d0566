"""Only the products of blocks of rows with W that a method of a model needs, computed by NumPy.

The results are not comparable with those of the competitors.
"""

from __future__ import annotations

import numpy as np

from benchmarks import work
from benchmarks.worker import Task, serve

BLOCK = 8192


def main(task: Task) -> None:
    """Multiply on command; an epoch is one pass over all rows."""
    rows = np.load(task.data, mmap_mode="r")
    W = work.start(task)[0]
    method = task.options["method"]
    code = np.empty((BLOCK, task.n_hidden), np.float32)
    output = np.empty((BLOCK, task.n_visible), np.float32)

    def turn() -> None:
        width = {"transform": task.n_hidden, "reconstruct": task.n_visible}.get(method)
        result = np.empty((len(rows), width), np.float32) if width else None
        for first in range(0, len(rows), BLOCK):
            block = rows[first : first + BLOCK]
            n = len(block)
            into = output[:n] if result is None else result[first : first + n]
            if method == "transform":
                np.matmul(block, W, out=into)
            else:
                np.matmul(np.matmul(block, W, out=code[:n]), W.T, out=into)

    serve(turn, {"NumPy": np.__version__})


if __name__ == "__main__":
    main(Task.from_command_line())
