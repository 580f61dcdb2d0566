"""The operations of ``nnet.corr`` and ``nnet.corr3d``."""

from __future__ import annotations

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc.theano.tensor.nnet import corr, corr3d
from tests.theano.quick import function


@pytest.mark.parametrize("dtypes", [("float32", "float64"), ("float64", "float32")])
@pytest.mark.parametrize(("operation", "n_axes"), [(corr.CorrMM, 2), (corr3d.Corr3dMM, 3)])
def test_both_arrays_get_the_larger_dtype(operation, n_axes, dtypes):
    # In float32, the entry of the filter beyond 1 would be lost.
    image, filters = (T.TensorType(dtype, (False,) * (2 + n_axes))() for dtype in dtypes)
    result = operation()(image, filters)
    assert result.dtype == "float64"
    ones = np.ones((1, 1, *(3,) * n_axes))
    small = np.full((1, 1, *(1,) * n_axes), 1 + 2.0**-30)
    values = (ones, small) if dtypes[1] == "float64" else (ones * small, np.ones_like(small))
    compute = function([image, filters], result)
    found = compute(*(v.astype(d) for v, d in zip(values, dtypes, strict=True)))
    np.testing.assert_array_equal(found, np.full_like(ones, 1 + 2.0**-30))


@pytest.mark.parametrize(
    ("operation", "length", "expected"),
    # Each entry of the filters, and of the image, is a sum over the output's gradient.
    [
        (corr.CorrMM_gradWeights, 3, [[4, 4], [4, 4]]),
        (corr.CorrMM_gradInputs, 2, [[1, 2, 1], [2, 4, 2], [1, 2, 1]]),
    ],
)
def test_both_arrays_of_a_gradient_get_the_larger_dtype(operation, length, expected):
    first, second = T.ftensor4(), T.dtensor4()
    result = operation()(first, second, T.as_tensor_variable([len(expected)] * 2))
    found = function([first, second], result)(
        np.ones((1, 1, length, length), "float32"), np.full((1, 1, 2, 2), 1 + 2.0**-30)
    )
    assert found.dtype == "float64"
    np.testing.assert_array_equal(found[0, 0], np.array(expected) * (1 + 2.0**-30))
