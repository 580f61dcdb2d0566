"""Operations of ``nnet`` that scripts construct themselves: ``SoftmaxWithBias()(x, b)``."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.scalar.math import Sigmoid, Softplus
from pytensor.tensor.elemwise import Elemwise

from autoenc.theano.ops import cross_entropy, rows, softmax

Variable = Any

ScalarSigmoid, ScalarSoftplus = Sigmoid, Softplus
scalar_sigmoid, scalar_softplus = pt.sigmoid.scalar_op, pt.softplus.scalar_op
sigmoid_inplace = Elemwise(scalar_sigmoid, {0: 0}, name="sigmoid_inplace")


class _Operation:
    """Operation without parameters: instances of a class are equal, and keywords are ignored."""

    def __init__(self, **_: Any) -> None:
        pass

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(type(self))


class SoftmaxWithBias(_Operation):
    """Operation of `softmax_with_bias`."""

    def __call__(self, x: Any, b: Any) -> Variable:
        """Return the softmax of the rows of x + b."""
        return softmax.softmax_with_bias(x, b)


class SoftmaxGrad(_Operation):
    """Operation of `softmax_grad`."""

    def __call__(self, dy: Any, sm: Any) -> Variable:
        """Return the gradient with respect to a softmax's input."""
        return softmax.softmax_grad(dy, sm)


class CrossentropySoftmaxArgmax1HotWithBias(_Operation):
    """Operation of `crossentropy_softmax_argmax_1hot_with_bias`."""

    def __call__(self, x: Any, b: Any, y_idx: Any) -> list[Variable]:
        """Return cross-entropy, softmax and most probable class of the rows of x + b."""
        return cross_entropy.crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx)


class CrossentropySoftmax1HotWithBiasDx(_Operation):
    """Operation of `crossentropy_softmax_1hot_with_bias_dx`."""

    def __call__(self, dy: Any, sm: Any, y_idx: Any) -> Variable:
        """Return the gradient of the cross-entropy with respect to the rows of x + b."""
        return cross_entropy.crossentropy_softmax_1hot_with_bias_dx(dy, sm, y_idx)


class CrossentropyCategorical1Hot(_Operation):
    """Operation of `crossentropy_categorical_1hot`."""

    def __call__(self, coding_dist: Any, true_one_of_n: Any) -> Variable:
        """Return −log of the probability of each row's class."""
        return cross_entropy.crossentropy_categorical_1hot(coding_dist, true_one_of_n)


class CrossentropyCategorical1HotGrad(_Operation):
    """Operation of `crossentropy_categorical_1hot_grad`."""

    def __call__(self, g_y: Any, coding_dist: Any, true_one_of_n: Any) -> Variable:
        """Return the gradient with respect to the probabilities."""
        gradient = cross_entropy.crossentropy_categorical_1hot_grad
        return gradient(g_y, coding_dist, true_one_of_n)


class Prepend_scalar_constant_to_each_row(_Operation):  # noqa: N801 - Theano's name
    """Operation that prepends a column with a constant value to a matrix.

    Parameters
    ----------
    val : float, default=0
    """

    def __init__(self, val: float = 0) -> None:
        self.val = val

    __hash__ = _Operation.__hash__

    def __call__(self, mat: Any) -> Variable:
        """Return the matrix with the column."""
        return rows.prepend_scalar_to_each_row(self.val, mat)


class Prepend_scalar_to_each_row(_Operation):  # noqa: N801 - Theano's name
    """Operation of `prepend_scalar_to_each_row`."""

    def __call__(self, val: Any, mat: Any) -> Variable:
        """Return the matrix, preceded by a column with the value."""
        return rows.prepend_scalar_to_each_row(val, mat)
