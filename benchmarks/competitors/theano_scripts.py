"""Training functions that are typical of scripts for Theano, called once for each minibatch.

The same file runs directly under Theano, and under autoenc through `theano_door`. It is valid
Python 3.8, because Theano needs an old Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import theano
import theano.tensor as T  # noqa: N812
from theano.tensor.nnet import conv2d
from theano.tensor.shared_randomstreams import RandomStreams
from theano.tensor.signal import pool

from benchmarks import work
from benchmarks.worker import Task, serve

FLOAT = theano.config.floatX


def shared(array: Any) -> Any:
    """Return a shared variable in floatX."""
    return theano.shared(np.asarray(array, dtype=FLOAT), borrow=True)


def weights(rng: Any, *shape: int) -> Any:
    """Return weights drawn uniformly, as a shared variable."""
    bound = 4 * np.sqrt(6.0 / (shape[0] + shape[-1]))
    return shared(rng.uniform(-bound, bound, shape))


def zeros(n: int) -> Any:
    """Return a bias as a shared variable."""
    return shared(np.zeros(n))


def descent(cost: Any, params: Any, rate: float, **more: Any) -> Any:
    """Return the updates of gradient descent."""
    gradients = T.grad(cost, params, **more)
    return [(p, p - rate * g) for p, g in zip(params, gradients)]  # noqa: B905 - Python 3.8


def classified(x: Any, y: Any, n_in: int) -> Any:
    """Return the cost of a softmax layer of ten classes, and its parameters."""
    W, b = shared(np.zeros((n_in, 10))), zeros(10)
    p = T.nnet.softmax(T.dot(x, W) + b)
    return -T.mean(T.log(p)[T.arange(y.shape[0]), y]), [W, b]


def logistic(x: Any, y: Any, rng: Any, task: Task) -> Any:
    """Return the cost and updates of softmax regression."""
    cost, params = classified(x, y, task.n_visible)
    return cost, descent(cost, params, 0.13)


def perceptron(x: Any, y: Any, rng: Any, task: Task) -> Any:
    """Return the cost and updates of one hidden layer of tanh, with weight decay."""
    W, b = weights(rng, task.n_visible, task.n_hidden), zeros(task.n_hidden)
    cost, params = classified(T.tanh(T.dot(x, W) + b), y, task.n_hidden)
    cost = cost + 0.0001 * ((W**2).sum() + (params[0] ** 2).sum())
    return cost, descent(cost, [W, b, *params], 0.01)


def reconstruction(x: Any, corrupted: Any, W: Any, b: Any, b_prime: Any) -> Any:
    """Return the cross-entropy of a tied autoencoder, and its code."""
    code = T.nnet.sigmoid(T.dot(corrupted, W) + b)
    z = T.nnet.sigmoid(T.dot(code, W.T) + b_prime)
    return T.mean(-T.sum(x * T.log(z) + (1 - x) * T.log(1 - z), axis=1)), code


def tied(x: Any, y: Any, rng: Any, task: Task) -> Any:
    """Return the cost and updates of a tied autoencoder."""
    params = [weights(rng, task.n_visible, task.n_hidden)]
    params += [zeros(task.n_hidden), zeros(task.n_visible)]
    cost, _ = reconstruction(x, x, *params)
    return cost, descent(cost, params, 0.1)


def denoising(x: Any, y: Any, rng: Any, task: Task) -> Any:
    """Return the cost and updates of a denoising autoencoder, 30 % masked."""
    params = [weights(rng, task.n_visible, task.n_hidden)]
    params += [zeros(task.n_hidden), zeros(task.n_visible)]
    stream = RandomStreams(rng.randint(2**30))
    mask = stream.binomial(size=x.shape, n=1, p=0.7, dtype=FLOAT)
    cost, _ = reconstruction(x, mask * x, *params)
    return cost, descent(cost, params, 0.1)


def stacked(x: Any, y: Any, rng: Any, task: Task) -> Any:
    """Return the cost and updates of fine-tuning three hidden layers."""
    params: list[Any] = []
    hidden, n_in, n_out = x, task.n_visible, task.n_hidden
    for _ in range(3):
        W, b = weights(rng, n_in, n_out), zeros(n_out)
        hidden = T.nnet.sigmoid(T.dot(hidden, W) + b)
        params, n_in = [*params, W, b], n_out
    cost, top = classified(hidden, y, task.n_hidden)
    return cost, descent(cost, params + top, 0.1)


def boltzmann(x: Any, y: Any, rng: Any, task: Task) -> Any:
    """Return the monitored cost and updates of a Boltzmann machine, contrastive divergence 5."""
    W = weights(rng, task.n_visible, task.n_hidden)
    hidden_bias, visible_bias = zeros(task.n_hidden), zeros(task.n_visible)
    stream = RandomStreams(rng.randint(2**30))

    def hidden_given(v: Any) -> Any:
        mean = T.nnet.sigmoid(T.dot(v, W) + hidden_bias)
        return stream.binomial(size=mean.shape, n=1, p=mean, dtype=FLOAT)

    def gibbs(h: Any) -> Any:
        before = T.dot(h, W.T) + visible_bias
        mean = T.nnet.sigmoid(before)
        v = stream.binomial(size=mean.shape, n=1, p=mean, dtype=FLOAT)
        return [before, v, hidden_given(v)]

    def energy(v: Any) -> Any:
        inside = T.dot(v, W) + hidden_bias
        return -T.dot(v, visible_bias) - T.sum(T.log(1 + T.exp(inside)), axis=1)

    start = hidden_given(x)
    (before, chain, _), updates = theano.scan(gibbs, outputs_info=[None, None, start], n_steps=5)
    end = chain[-1]
    params = [W, hidden_bias, visible_bias]
    cost = T.mean(energy(x)) - T.mean(energy(end))
    for variable, value in descent(cost, params, 0.01, consider_constant=[end]):
        updates[variable] = T.cast(value, FLOAT)
    z = T.nnet.sigmoid(before[-1])
    return T.mean(-T.sum(x * T.log(z) + (1 - x) * T.log(1 - z), axis=1)), updates


def convolutional(x: Any, y: Any, rng: Any, task: Task) -> Any:
    """Return the cost and updates of two layers of convolution and pooling."""
    image, params = x.reshape((task.batch_size, 1, 28, 28)), []
    for shape in ((20, 1, 5, 5), (50, 20, 5, 5)):
        W, b = shared(rng.uniform(-0.1, 0.1, shape)), zeros(shape[0])
        pooled = pool.pool_2d(conv2d(image, W), (2, 2), ignore_border=True)
        image = T.tanh(pooled + b.dimshuffle("x", 0, "x", "x"))
        params += [W, b]
    W, b = weights(rng, 800, task.n_hidden), zeros(task.n_hidden)
    hidden = T.tanh(T.dot(image.flatten(2), W) + b)
    cost, top = classified(hidden, y, task.n_hidden)
    return cost, descent(cost, [*params, W, b, *top], 0.1)


SCRIPTS = {
    function.__name__: function
    for function in (
        logistic,
        perceptron,
        tied,
        denoising,
        stacked,
        boltzmann,
        convolutional,
    )
}


def compiled_step(task: Task) -> Any:
    """Compile the update of minibatch ``index`` of the shared data."""
    rows = work.rows(task)
    # The classes do not affect the time. A class is the column of the largest entry.
    data, labels = shared(rows), shared(rows.argmax(axis=1) % 10)
    x, y, index = T.matrix("x"), T.ivector("y"), T.lscalar("index")
    make = SCRIPTS[task.options["script"]]
    cost, updates = make(x, y, np.random.RandomState(123), task)
    part = slice(index * task.batch_size, (index + 1) * task.batch_size)
    givens = {x: data[part], y: T.cast(labels, "int32")[part]}
    # Autoencoders do not use the labels.
    return theano.function([index], cost, updates=updates, givens=givens, on_unused_input="ignore")


def main(task: Task) -> None:
    """Train on command; the first epoch includes compilation."""
    n_minibatches, step = work.n_minibatches(task), None

    def turn() -> float:
        nonlocal step
        step = step or compiled_step(task)
        return float(np.mean([step(index) for index in range(n_minibatches)]))

    serve(turn, {"Theano": theano.__version__})


if __name__ == "__main__":
    main(Task.from_command_line())
