"""The common work of all competitors: the same model, initial parameters, data and step.

Tied autoencoder, sigmoid code and sigmoid output, cross-entropy summed over the features and
averaged over the minibatch, plain SGD, float32, rows in file order. With corruption, the input is
masked anew in every minibatch, by each competitor's own generator.

The module uses only NumPy and is valid Python 3.8, because Theano's worker imports it, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from benchmarks.worker import Task

LEARNING_RATE = 0.1
NOISE_SEED = 456


class Work(NamedTuple):
    """A model and its training data; all rows are used if ``n_rows`` is None."""

    n_visible: int
    n_hidden: int
    data: str
    n_rows: int | None = None

    @property
    def name(self) -> str:
        """Name for ``--works``."""
        return f"{self.n_visible}-{self.n_hidden}"


WORKS = {
    work.name: work
    for work in (
        Work(784, 500, "MNIST images"),
        Work(784, 2000, "MNIST images", 10_000),
        Work(100, 64, "rows of a synthetic table"),
    )
}


def start(
    task: Task,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the initial W (n_visible, n_hidden), hidden_bias and visible_bias."""
    bound = 4 * np.sqrt(6 / (task.n_hidden + task.n_visible))
    rng = np.random.RandomState(123)
    W = rng.uniform(-bound, bound, (task.n_visible, task.n_hidden)).astype(np.float32)
    return W, np.zeros(task.n_hidden, np.float32), np.zeros(task.n_visible, np.float32)


def rows(task: Task) -> npt.NDArray[np.float32]:
    """Load the rows of ``task``, cut to whole minibatches: (rows, n_visible), float32."""
    found: npt.NDArray[np.float32] = np.load(task.data)
    return found[: len(found) - len(found) % task.batch_size]


def minibatches(task: Task) -> npt.NDArray[np.float32]:
    """Load the rows of ``task`` as (minibatches, batch_size, n_visible)."""
    return rows(task).reshape(-1, task.batch_size, task.n_visible)


def n_minibatches(task: Task) -> int:
    """Return the number of minibatches of an epoch."""
    return len(np.load(task.data, mmap_mode="r")) // task.batch_size


def corruption(task: Task) -> float:
    """Return the fraction of the input that is masked."""
    return float(task.options.get("corruption", 0))
