"""Theano, in the style of its tutorials: one call per minibatch, a slice of a shared data set.

The module is valid Python 3.8, because Theano needs an old Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import theano
from theano import tensor
from theano.sandbox.rng_mrg import MRG_RandomStreams

from benchmarks import work
from benchmarks.worker import Task, serve


def masked(x: Any, corruption: float) -> Any:
    """Set entries to zero at random, with the faster of Theano's generators."""
    if not corruption:
        return x
    draw = MRG_RandomStreams(work.NOISE_SEED).uniform(x.shape, dtype="float32")
    return x * (draw >= np.float32(corruption))


def cost_and_updates(x: Any, task: Task) -> tuple[Any, list[tuple[Any, Any]]]:
    """Return the tutorials' cost of ``x`` and its updates; Theano stabilises ``log(sigmoid)``."""
    parameters = [theano.shared(value, borrow=True) for value in work.start(task)]
    W, hidden_bias, visible_bias = parameters
    corrupted = masked(x, work.corruption(task))
    y = tensor.nnet.sigmoid(tensor.dot(corrupted, W) + hidden_bias)
    z = tensor.nnet.sigmoid(tensor.dot(y, W.T) + visible_bias)
    cost = tensor.mean(-tensor.sum(x * tensor.log(z) + (1 - x) * tensor.log(1 - z), axis=1))
    rate = np.float32(work.LEARNING_RATE)
    gradients = tensor.grad(cost, parameters)
    return cost, [(p, p - rate * g) for p, g in zip(parameters, gradients)]  # noqa: B905


def compiled_step(data: Any, task: Task) -> Any:
    """Compile the update of minibatch ``index`` of the shared ``data``."""
    index, x = tensor.lscalar("index"), tensor.matrix("x")
    cost, updates = cost_and_updates(x, task)
    minibatch = data[index * task.batch_size : (index + 1) * task.batch_size]
    return theano.function([index], cost, updates=updates, givens={x: minibatch})


def main(task: Task) -> None:
    """Train on command; the first epoch includes compilation."""
    data = theano.shared(work.rows(task), borrow=True)
    n_minibatches = len(data.get_value(borrow=True)) // task.batch_size
    step = None

    def turn() -> float:
        nonlocal step
        step = step or compiled_step(data, task)
        return float(np.mean([step(index) for index in range(n_minibatches)]))

    serve(turn, {"Theano": theano.__version__})


if __name__ == "__main__":
    main(Task.from_command_line())
