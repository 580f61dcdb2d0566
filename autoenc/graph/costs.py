"""What is minimised. Every cost is per row: the mean over rows is the caller's.

>>> import pytensor.tensor as pt
>>> x = pt.constant([[1.0, 0.0]])
>>> cross_entropy_from_logits(x, pt.constant([[0.0, 0.0]])).eval().round(4)
array([1.3863])
"""

import numpy as np
import pytensor.tensor as pt

from autoenc.graph.types import Expression


def cross_entropy_from_logits(x: Expression, a: Expression) -> Expression:
    """Cross-entropy of x and sigmoid(a), summed over features.

    The sum over features of softplus(a) − x·a, which is the same as
    −[x·log z + (1 − x)·log(1 − z)] with z = sigmoid(a), and stays finite when
    z rounds to 0 or 1.

    Parameters
    ----------
    x : expression, (rows, features)
        Targets in [0, 1].
    a : expression, (rows, features)
        Pre-activations of the output.

    Returns
    -------
    expression, (rows,)
        In nats.
    """
    return (pt.softplus(a) - x * a).sum(axis=-1)


def cross_entropy(x: Expression, z: Expression) -> Expression:
    """Cross-entropy −Σ [x·log z + (1 − x)·log(1 − z)] over features.

    For outputs that are not a sigmoid; `cross_entropy_from_logits` is the
    stable form for those that are.

    Parameters
    ----------
    x : expression, (rows, features)
        Targets in [0, 1].
    z : expression, (rows, features)
        Reconstructions in (0, 1).

    Returns
    -------
    expression, (rows,)
        In nats.
    """
    return -(x * pt.log(z) + (1 - x) * pt.log1p(-z)).sum(axis=-1)


def squared_error(x: Expression, z: Expression) -> Expression:
    """Mean of (x − z)² over features.

    The mean over rows of this is the mean squared error over all entries.

    Parameters
    ----------
    x : expression, (rows, features)
        Targets, any real values.
    z : expression, (rows, features)
        Reconstructions.

    Returns
    -------
    expression, (rows,)
        In squared units of x.
    """
    return pt.sqr(x - z).mean(axis=-1)


def negative_log_likelihood(p: Expression, y: Expression) -> Expression:
    """Negative log-likelihood −log p[y] of the right class.

    `negative_log_likelihood_from_logits` is the stable form where there are
    pre-activations.

    Parameters
    ----------
    p : expression, (rows, classes)
        Class probabilities.
    y : int expression, (rows,)
        Right classes, from 0.

    Returns
    -------
    expression, (rows,)
        In nats.
    """
    return -pt.log(_at(p, y))


def negative_log_likelihood_from_logits(a: Expression, y: Expression) -> Expression:
    """Negative log-likelihood log Σ exp(a) − a[y] of the right class under softmax(a).

    Parameters
    ----------
    a : expression, (rows, classes)
        Pre-activations.
    y : int expression, (rows,)
        Right classes, from 0.

    Returns
    -------
    expression, (rows,)
        In nats.
    """
    shifted = a - a.max(axis=-1, keepdims=True)
    return pt.log(pt.exp(shifted).sum(axis=-1)) - _at(shifted, y)


def zero_one_loss(p: Expression, y: Expression) -> Expression:
    """1 where the most probable class is not the right one, else 0.

    Parameters
    ----------
    p : expression, (rows, classes)
        Class probabilities, or anything that grows with them.
    y : int expression, (rows,)
        Right classes, from 0.

    Returns
    -------
    expression, (rows,)
        Dtype of p; its mean is the error rate.
    """
    return pt.neq(pt.argmax(p, axis=-1), y).astype(p.dtype)


def _at(a: Expression, y: Expression) -> Expression:
    """Entry y of each row of a."""
    # With plain numbers arange would start from an int8, which JAX counts on in.
    start, step = np.int64(0), np.int64(1)
    return a[pt.arange(start, y.shape[0], step), y]
