"""The work every competitor does: the same model, start, data and step.

Tied autoencoder, sigmoid code and sigmoid output, cross-entropy summed over the features and
meaned over the minibatch, plain SGD, float32, rows in file order.

NumPy only, and Python 3.8: Theano's worker imports it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from benchmarks.worker import Task

N_VISIBLE = 784
N_HIDDEN = 500
LEARNING_RATE = 0.1


def start() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return W (784, 500), hidden_bias (500,) and visible_bias (784,) at the start."""
    bound = 4 * np.sqrt(6 / (N_HIDDEN + N_VISIBLE))
    rng = np.random.RandomState(123)
    W = rng.uniform(-bound, bound, (N_VISIBLE, N_HIDDEN)).astype(np.float32)
    return W, np.zeros(N_HIDDEN, np.float32), np.zeros(N_VISIBLE, np.float32)


def images(task: Task) -> npt.NDArray[np.float32]:
    """Load the rows of ``task``, cut to whole minibatches: (rows, 784), float32."""
    rows: npt.NDArray[np.float32] = np.load(task.data)
    return rows[: len(rows) - len(rows) % task.batch_size]
