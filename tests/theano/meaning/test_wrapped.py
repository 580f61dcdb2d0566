"""Functions of arrays as operations."""

import warnings

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano


@pytest.mark.parametrize("n", [0, 1])
def test_a_function_of_arrays_is_an_operation(n):
    seen = []

    def infer_shape(node, shapes):
        seen.append(node)
        (shape,) = shapes
        return [shape]

    with warnings.catch_warnings():
        warnings.simplefilter("error")

        @theano.as_op([T.dvector], [T.dvector], infer_shape if n else None)
        def doubled(x):
            return x * 2

        x = T.dvector("x")
        f = theano.function([x], [doubled(x), doubled(x).shape[0]])
    values, length = f([1.0, 2.0])
    np.testing.assert_array_equal(values, [2, 4])
    assert length == 2
    assert bool(seen) == bool(n)


def test_types_are_checked():
    with pytest.raises(TypeError, match="itypes has to be a list"):
        theano.as_op([3], [T.dvector])
