"""Two-level softmax for many classes."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor import special

Variable = Any


def h_softmax(
    x: Any,
    batch_size: Any,
    n_outputs: Any,
    n_classes: Any,
    n_outputs_per_class: Any,
    W1: Any,
    b1: Any,
    W2: Any,
    b2: Any,
    target: Any = None,
) -> Variable:
    """Return the probability of each output, or only of the target outputs.

    Outputs are divided into classes of equal size. One softmax determines the class, and a
    softmax of this class determines the output.

    Parameters
    ----------
    x : matrix, (batch_size, features)
    batch_size, n_outputs, n_classes, n_outputs_per_class : int
        The product of the last two must be at least n_outputs.
    W1 : matrix, (features, n_classes)
    b1 : vector, (n_classes,)
    W2 : tensor, (n_classes, features, n_outputs_per_class)
    b2 : matrix, (n_classes, n_outputs_per_class)
    target : integer vector, optional
        Output of each row whose probability is returned.

    Returns
    -------
    matrix, (batch_size, n_outputs), or vector, (batch_size,)
    """
    class_probs = special.softmax(pt.dot(x, W1) + b1, axis=-1)
    if target is None:
        within = special.softmax(pt.tensordot(x, W2, (1, 1)) + b2, axis=-1)
        probabilities = class_probs.dimshuffle(0, 1, "x") * within
        return probabilities.reshape((batch_size, -1))[:, :n_outputs]
    target = pt.as_tensor_variable(target).flatten()
    classes, outputs = target // n_outputs_per_class, target % n_outputs_per_class
    activation = (x.dimshuffle(0, 1, "x") * W2[classes]).sum(axis=1) + b2[classes]
    rows = pt.arange(batch_size)
    within = special.softmax(activation, axis=-1)[rows, outputs]
    return class_probs[rows, classes] * within
