"""Cross-entropies of Bernoulli and categorical distributions."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.raise_op import CheckAndRaise
from pytensor.tensor import special
from pytensor.tensor.type import discrete_dtypes

from autoenc.theano.ops.softmax import biased

Variable = Any

_within_rows = CheckAndRaise(ValueError, "y_i value out of bounds")
_rows = CheckAndRaise(ValueError, "y_idx must have same number of rows as x")


def binary_crossentropy(output: Any, target: Any) -> Variable:
    """Return −target·log(output) − (1 − target)·log(1 − output), elementwise."""
    return -(target * pt.log(output) + (1.0 - target) * pt.log(1.0 - output))


def sigmoid_binary_crossentropy(output: Any, target: Any) -> Variable:
    """Return the elementwise cross-entropy of sigmoid(output), without overflow."""
    output = pt.as_tensor_variable(output)
    # Formulas with |x| have no gradient at 0, where the cross-entropy has one.
    return pt.softplus(output) - output * target


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Variable:
    """Return the cross-entropy of each distribution with the true one.

    Parameters
    ----------
    coding_dist : tensor, (..., classes)
        Probabilities.
    true_dist : tensor, (..., classes), or integer vector
        Probabilities, or the class of each row.

    Raises
    ------
    TypeError
        If the numbers of dimensions do not match.
    """
    coding_dist = pt.as_tensor_variable(coding_dist)
    true_dist = pt.as_tensor_variable(true_dist)
    if true_dist.ndim == coding_dist.ndim:
        return -pt.sum(true_dist * pt.log(coding_dist), axis=coding_dist.ndim - 1)
    if true_dist.ndim == coding_dist.ndim - 1:
        return crossentropy_categorical_1hot(coding_dist, true_dist)
    raise TypeError("rank mismatch between coding and true distributions")


def crossentropy_categorical_1hot(coding_dist: Any, true_one_of_n: Any) -> Variable:
    """Return −log of the probability of each row's class.

    Parameters
    ----------
    coding_dist : matrix, (rows, classes)
    true_one_of_n : integer vector, (rows,)

    Raises
    ------
    TypeError
        If the arguments are not a matrix and an integer vector.

    Notes
    -----
    If the probabilities are a softmax, the function raises ValueError for classes that do not
    exist, and if there is not one class for each row. Otherwise, classes below 0 count from the
    last one. Theano's fused operation made the same difference.
    """
    coding, classes = pt.as_tensor_variable(coding_dist), pt.as_tensor_variable(true_one_of_n)
    if coding.type.ndim != 2:
        raise TypeError("matrix required for argument: coding_dist")
    if classes.type.ndim != 1 or classes.type.dtype not in discrete_dtypes:
        raise TypeError(
            f"integer vector required for argument: true_one_of_n (got type: {classes.type})"
        )
    owner = coding.owner
    if owner is None or not isinstance(owner.op, special.Softmax):
        return -pt.log(_of_classes(coding, classes))
    log_softmax = special.log_softmax(owner.inputs[0], axis=-1)  # without overflow
    return -_of_classes(log_softmax, checked(classes, classes, coding))


def _of_classes(x: Variable, classes: Variable) -> Variable:
    return x[pt.arange(classes.shape[0]), classes]


def checked(result: Any, classes: Any, x: Any) -> Variable:
    """Return a result; at run time, check that there is a class of x for each of its rows.

    Parameters
    ----------
    result : tensor
        The result.
    classes : integer vector, (rows,)
        The classes.
    x : matrix, (rows, classes)
        An array with a column for each class.

    Returns
    -------
    tensor
        The result, after the check.
    """
    within = pt.all(pt.ge(classes, 0) & pt.lt(classes, x.shape[1]))
    return _within_rows(_rows(result, pt.eq(x.shape[0], classes.shape[0])), within)


def is_checked(result: Any) -> bool:
    """Return whether `checked` returned a tensor.

    Parameters
    ----------
    result : tensor

    Returns
    -------
    bool
    """
    return result.owner is not None and result.owner.op == _within_rows


def crossentropy_categorical_1hot_grad(g_y: Any, coding_dist: Any, true_one_of_n: Any) -> Variable:
    """Return the gradient with respect to the probabilities."""
    coding, classes = pt.as_tensor_variable(coding_dist), pt.as_tensor_variable(true_one_of_n)
    place = pt.zeros_like(coding)[pt.arange(classes.shape[0]), classes]
    return pt.set_subtensor(place, -g_y / _of_classes(coding, classes))


def crossentropy_softmax_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> list[Variable]:
    """Return cross-entropy, softmax and most probable class of the rows of x + b.

    Parameters
    ----------
    x : matrix, (rows, classes)
    b : vector, (classes,)
    y_idx : integer vector, (rows,)
        Class of each row.

    Raises
    ------
    ValueError
        If the arguments have other types or, at run time, if a class is out of range or there is
        not one class for each row.
    """
    activation, classes = biased(x, b), _classes(y_idx)
    log_softmax = special.log_softmax(activation, axis=-1)
    cost = -_of_classes(log_softmax, checked(classes, classes, activation))
    best = pt.cast(pt.argmax(activation, axis=1), classes.dtype)
    # In Theano, each of the results depended on the classes.
    others = special.softmax(activation, axis=-1), best
    return [cost, *(checked(result, classes, activation) for result in others)]


def _classes(y_idx: Any) -> Variable:
    classes = pt.as_tensor_variable(y_idx)
    if classes.type.ndim != 1 or classes.type.dtype not in discrete_dtypes:
        raise ValueError(f"y_idx must be 1-d tensor of [u]ints, got {classes.type}")
    return classes


def crossentropy_softmax_1hot_with_bias(x: Any, b: Any, y_idx: Any) -> list[Variable]:
    """Return cross-entropy and softmax of the rows of x + b."""
    return crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx)[:2]


def crossentropy_softmax_1hot(x: Any, y_idx: Any) -> list[Variable]:
    """Return cross-entropy and softmax of the rows of x."""
    return crossentropy_softmax_1hot_with_bias(x, _no_bias(x), y_idx)


def _no_bias(x: Variable) -> Variable:
    return pt.zeros_like(x[0, :])


def crossentropy_softmax_max_and_argmax_1hot_with_bias(
    x: Any, b: Any, y_idx: Any
) -> list[Variable]:
    """Return cross-entropy, softmax, highest probability and its class of the rows of x + b."""
    cost, probabilities = crossentropy_softmax_1hot_with_bias(x, b, y_idx)
    best = pt.max(probabilities, axis=-1), pt.argmax(probabilities, axis=-1)
    return [cost, probabilities, *best]


def crossentropy_softmax_max_and_argmax_1hot(x: Any, y_idx: Any) -> list[Variable]:
    """Return cross-entropy, softmax, highest probability and its class of the rows of x."""
    return crossentropy_softmax_max_and_argmax_1hot_with_bias(x, _no_bias(x), y_idx)


def crossentropy_softmax_1hot_with_bias_dx(dy: Any, sm: Any, y_idx: Any) -> Variable:
    """Return the gradient of the cross-entropy with respect to the rows of x + b.

    Parameters
    ----------
    dy : scalar or vector
        Gradient of the cost with respect to each row's cross-entropy.
    sm : matrix, (rows, classes)
        Softmax.
    y_idx : integer vector, (rows,)
    """
    sm = pt.as_tensor_variable(sm)
    classes = _classes(y_idx)
    classes = checked(classes, classes, sm)
    one_hot = pt.eq(pt.arange(sm.shape[1]).dimshuffle("x", 0), classes.dimshuffle(0, "x"))
    dy = pt.as_tensor_variable(dy)
    each = dy.dimshuffle(0, "x") if dy.ndim else dy
    return each * (sm - pt.cast(one_hot, sm.dtype))
