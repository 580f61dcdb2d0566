"""Costs of reconstructions, for each entry, and of classifications, for each row.

The caller computes the sum or mean over features and the mean over rows. Missing entries, weights
of rows and errors of columns therefore need no costs of their own.

>>> import pytensor.tensor as pt
>>> x = pt.constant([[1.0, 0.0]])
>>> cross_entropy_from_logits(x, pt.constant([[0.0, 0.0]])).sum(axis=-1).eval().round(4)
array([1.3863])
"""

import numpy as np
import pytensor.tensor as pt

from autoenc.graph.types import Expression


def cross_entropy_from_logits(x: Expression, a: Expression) -> Expression:
    """Compute the cross-entropy of x and sigmoid(a) for each entry.

    The value softplus(a) − x·a equals −[x·log z + (1 − x)·log(1 − z)] with z = sigmoid(a), and
    stays finite where z rounds to 0 or 1.

    Parameters
    ----------
    x : expression, any shape
        Targets in [0, 1].
    a : expression, shape of `x`
        Pre-activations of the output.

    Returns
    -------
    expression, shape of `x`
        Cross-entropy in nats.
    """
    return pt.softplus(a) - x * a


def cross_entropy(x: Expression, z: Expression) -> Expression:
    """Compute the cross-entropy −[x·log z + (1 − x)·log(1 − z)] of each entry.

    Use it for outputs that are not a sigmoid. For sigmoid outputs, `cross_entropy_from_logits` is
    numerically stable.

    Parameters
    ----------
    x : expression, any shape
        Targets in [0, 1].
    z : expression, shape of `x`
        Reconstructions in (0, 1).

    Returns
    -------
    expression, shape of `x`
        Cross-entropy in nats.
    """
    return -(x * pt.log(z) + (1 - x) * pt.log1p(-z))


def bernoulli_entropy(x: Expression) -> Expression:
    """Compute the entropy −[x·log x + (1 − x)·log(1 − x)] of each entry.

    It is the least cross-entropy that any reconstruction of x can have.

    Parameters
    ----------
    x : expression, any shape
        Probabilities in [0, 1]. The entropy is 0 at 0 and 1 and, to tolerate rounding, outside of
        this interval.

    Returns
    -------
    expression, shape of `x`
        Entropy in nats, between 0 and log 2.

    References
    ----------
    P. McCullagh, J. Nelder (1989). Generalized Linear Models, 2nd edition, section 4.4.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> bernoulli_entropy(pt.constant([0.0, 0.5, 1.0])).eval().round(4)
    array([0.    , 0.6931, 0.    ])
    """
    p = _limited(x)
    limits = np.finfo(p.dtype)
    # 0·log 0 is 0, but log 0 is not finite. These logarithms are, at both ends.
    log_p = pt.log(pt.maximum(p, limits.tiny))
    log_q = pt.log1p(-pt.minimum(p, 1 - limits.epsneg))
    # In this order, the entropy at the ends is 0 and not −0.
    return -(p * log_p) - (1 - p) * log_q


def bernoulli_deviance(x: Expression, z: Expression) -> Expression:
    """Compute the Bernoulli deviance x·log(x / z) + (1 − x)·log((1 − x) / (1 − z)) of each entry.

    It is the cross-entropy minus its minimum over z, which is the entropy of x. Use it for outputs
    that are not a sigmoid. For sigmoid outputs, `bernoulli_deviance_from_logits` is numerically
    stable.

    Parameters
    ----------
    x : expression, any shape
        Targets in [0, 1]. To tolerate rounding, other values are replaced by 0 or 1.
    z : expression, shape of `x`
        Reconstructions in (0, 1).

    Returns
    -------
    expression, shape of `x`
        Deviance in nats: 0 for a perfect reconstruction, positive for all others.

    References
    ----------
    P. McCullagh, J. Nelder (1989). Generalized Linear Models, 2nd edition, section 4.4.
    """
    # Rounding may leave a perfect reconstruction below 0.
    return pt.maximum(cross_entropy(x, z) - bernoulli_entropy(x), 0)


def bernoulli_deviance_from_logits(x: Expression, a: Expression) -> Expression:
    """Compute the Bernoulli deviance of x and sigmoid(a) for each entry.

    The deviance of 1 − x and −a is that of x and a, so the case a ≤ 0 suffices. With e = exp(a)
    and z = e / (1 + e), it is

        x·(log(x·(1 + e)) − a) + (1 − x)·log1p(e − x·(1 + e)),

    where e − x·(1 + e) = (1 + e)·(z − x) becomes 0, as the deviance does, if z approaches x.
    Subtracting an entropy from a cross-entropy would lose more digits and take one more logarithm.

    Parameters
    ----------
    x : expression, any shape
        Targets in [0, 1]. To tolerate rounding, other values are replaced by 0 or 1.
    a : expression, shape of `x`
        Pre-activations of the output.

    Returns
    -------
    expression, shape of `x`
        Deviance in nats: 0 for a perfect reconstruction, positive for all others.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> x = pt.constant([0.0, 0.5, 1.0])
    >>> bernoulli_deviance_from_logits(x, pt.zeros(3)).eval().round(4)
    array([0.6931, 0.    , 0.6931])
    """
    p, size = _limited(x), abs(a)
    p = pt.switch(pt.gt(a, 0), 1 - p, p)  # the target of −|a|
    e = pt.exp(-size)
    # At the ends of p, the factor of an infinite logarithm is 0. These logarithms are finite.
    limits = np.finfo(p.dtype)
    log_ratio = pt.log(pt.maximum(p + p * e, limits.tiny)) + size
    log_rest = pt.log1p(pt.maximum((1 - p) * e - p, limits.epsneg - 1))
    # Rounding may leave a perfect reconstruction below 0.
    return pt.maximum(p * log_ratio + (1 - p) * log_rest, 0)


def squared_error(x: Expression, z: Expression) -> Expression:
    """Compute the squared error (x − z)² of each entry.

    Parameters
    ----------
    x : expression, any shape
        Targets, any real values.
    z : expression, shape of `x`
        Reconstructions.

    Returns
    -------
    expression, shape of `x`
        Squared errors, in squared units of `x`.
    """
    return pt.sqr(x - z)


def negative_log_likelihood(p: Expression, y: Expression) -> Expression:
    """Compute the negative log-likelihood −log p[y] of the true class.

    If pre-activations are available, use the numerically stable
    `negative_log_likelihood_from_logits`.

    Parameters
    ----------
    p : expression, (rows, classes)
        Class probabilities.
    y : int expression, (rows,)
        True classes, numbered from 0. Check them before training: another number is an error in
        C, the nearest class on XLA, and undefined with Numba.

    Returns
    -------
    expression, (rows,)
        Negative log-likelihood in nats.
    """
    return -pt.log(_at(p, y))


def negative_log_likelihood_from_logits(a: Expression, y: Expression) -> Expression:
    """Compute the negative log-likelihood log Σ exp(a) − a[y] of the true class under softmax(a).

    Parameters
    ----------
    a : expression, (rows, classes)
        Pre-activations.
    y : int expression, (rows,)
        True classes, numbered from 0. Check them before training: another number is an error in
        C, the nearest class on XLA, and undefined with Numba.

    Returns
    -------
    expression, (rows,)
        Negative log-likelihood in nats.
    """
    shifted = a - a.max(axis=-1, keepdims=True)
    return pt.log(pt.exp(shifted).sum(axis=-1)) - _at(shifted, y)


def zero_one_loss(p: Expression, y: Expression) -> Expression:
    """Return 1 where the most probable class is not the true one, else 0.

    Parameters
    ----------
    p : expression, (rows, classes)
        Class probabilities, or anything that grows with them.
    y : int expression, (rows,)
        True classes, numbered from 0.

    Returns
    -------
    expression, (rows,)
        Dtype of p; its mean is the error rate.
    """
    return pt.neq(pt.argmax(p, axis=-1), y).astype(p.dtype)


def _limited(x: Expression) -> Expression:
    """Return x, limited to [0, 1].

    Compilers turn `switch` and `clip` into a branch for each entry, and then compute functions of
    it one by one. They compute this difference in vectors.
    """
    x = pt.as_tensor_variable(x)
    return pt.maximum(x, 0) - pt.maximum(x - 1, 0)


def _at(a: Expression, y: Expression) -> Expression:
    """Return entry y of each row of a."""
    # With plain numbers, arange would start from an int8, and JAX would count in int8.
    start, step = np.int64(0), np.int64(1)
    return a[pt.arange(start, y.shape[0], step), y]
