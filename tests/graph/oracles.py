"""Update rules, noises and penalties in plain NumPy: the oracles of the symbolic code.

Every rule is a generator: from a start, a function that gives the gradient, and the
learning rate of each step, to the parameter after each step. Nothing is shared with what
it checks.
"""

import numpy as np


def sgd(p, gradient, rates):
    for rate in rates:
        p = p - rate * gradient(p)
        yield p


def momentum(p, gradient, rates, momentum=0.9):
    v = np.zeros_like(p)
    for rate in rates:
        v = momentum * v - rate * gradient(p)
        p = p + v
        yield p


def nesterov(p, gradient, rates, momentum=0.9):
    """Sutskever's form: the gradient is that of the point the velocity leads to."""
    v = np.zeros_like(p)
    for rate in rates:
        v = momentum * v - rate * gradient(p + momentum * v)
        p = p + v
        yield p + momentum * v


def adagrad(p, gradient, rates, epsilon=1e-8):
    squares = []
    for rate in rates:
        g = gradient(p)
        squares.append(g**2)
        p = p - rate * g / (np.sqrt(np.sum(squares, axis=0)) + epsilon)
        yield p


def rmsprop(p, gradient, rates, decay=0.9, epsilon=1e-8):
    squares = []
    for rate in rates:
        g = gradient(p)
        squares.append(g**2)
        p = p - rate * g / (np.sqrt(running_mean(squares, decay)) + epsilon)
        yield p


def adadelta(p, gradient, rates, decay=0.95, epsilon=1e-6):
    squares, steps = [], [np.zeros_like(p)]
    for rate in rates:
        g = gradient(p)
        squares.append(g**2)
        typical_step = np.sqrt(running_mean(steps, decay) + epsilon)
        step = -g * typical_step / np.sqrt(running_mean(squares, decay) + epsilon)
        steps.append(step**2)
        p = p + rate * step
        yield p


def adam(p, gradient, rates, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """A running mean that is corrected for bias is the mean with its weights made one."""
    gradients = []
    for t, rate in enumerate(rates, start=1):
        gradients.append(gradient(p))
        squares = np.square(gradients)
        m = running_mean(gradients, beta1) / running_mean(np.ones(t), beta1)
        v = running_mean(squares, beta2) / running_mean(np.ones(t), beta2)
        p = p - rate * m / (np.sqrt(v) + epsilon)
        yield p


RULES = {
    "adadelta": adadelta,
    "adagrad": adagrad,
    "adam": adam,
    "momentum": momentum,
    "nesterov": nesterov,
    "rmsprop": rmsprop,
    "sgd": sgd,
}


def running_mean(values, decay):
    """Σ (1 − decay)·decay^age·value, over all that was seen."""
    ages = np.arange(len(values))[::-1]
    return np.tensordot((1 - decay) * decay**ages, np.asarray(values), axes=1)


def trajectory(name, p, gradient, rates, **settings):
    """All that a rule passes through, in float64: (steps, entries)."""
    return np.array(list(RULES[name](np.asarray(p, "float64"), gradient, rates, **settings)))


def l1(*params):
    return sum(np.abs(p).sum() for p in params)


def l2(*params):
    return sum(np.square(p).sum() for p in params)


def kl_sparsity(code, target):
    """Divergence of Bernoulli variables, which is infinite at 0 and 1."""
    m = code.mean(axis=0)
    return np.sum(target * np.log(target / m) + (1 - target) * np.log((1 - target) / (1 - m)))


def squared_jacobian(encode, x, step=1e-6):
    """‖∂encode/∂x‖² of each row, by central differences of one feature at a time."""
    total = np.zeros(len(x))
    for direction in np.eye(x.shape[1]):
        slope = (encode(x + step * direction) - encode(x - step * direction)) / (2 * step)
        total += np.square(slope).sum(axis=1)
    return total
