"""Theano itself, as its tutorials write it: one call a minibatch, a slice of a shared data set.

Runs under the old Python that Theano needs, so it keeps to Python 3.8.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import theano
from theano import tensor

from benchmarks import work
from benchmarks.worker import Task, serve


def cost_and_updates(x: Any) -> tuple[Any, list[tuple[Any, Any]]]:
    """Return the tutorial's cost of ``x`` and its updates; Theano stabilises ``log(sigmoid)``."""
    parameters = [theano.shared(value, borrow=True) for value in work.start()]
    W, hidden_bias, visible_bias = parameters
    y = tensor.nnet.sigmoid(tensor.dot(x, W) + hidden_bias)
    z = tensor.nnet.sigmoid(tensor.dot(y, W.T) + visible_bias)
    cost = tensor.mean(-tensor.sum(x * tensor.log(z) + (1 - x) * tensor.log(1 - z), axis=1))
    rate = np.float32(work.LEARNING_RATE)
    gradients = tensor.grad(cost, parameters)
    return cost, [(p, p - rate * g) for p, g in zip(parameters, gradients)]  # noqa: B905


def compiled_step(data: Any, batch_size: int) -> Any:
    """Compile the update of minibatch ``index`` of the shared ``data``."""
    index, x = tensor.lscalar("index"), tensor.matrix("x")
    cost, updates = cost_and_updates(x)
    minibatch = data[index * batch_size : (index + 1) * batch_size]
    return theano.function([index], cost, updates=updates, givens={x: minibatch})


def main(task: Task) -> None:
    """Train when told to; the first turn compiles."""
    data = theano.shared(work.images(task), borrow=True)
    n_minibatches = len(data.get_value(borrow=True)) // task.batch_size
    step = None

    def turn() -> float:
        nonlocal step
        step = step or compiled_step(data, task.batch_size)
        return float(np.mean([step(index) for index in range(n_minibatches)]))

    serve(turn, {"Theano": theano.__version__})


if __name__ == "__main__":
    main(Task.from_command_line())
