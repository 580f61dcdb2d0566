import numpy as np
from sklearn import datasets

from autoenc.datasets import Split, load_digits


def test_digits_are_scikit_learns_with_pixels_in_0_to_1():
    digits = load_digits()
    assert isinstance(digits, Split)
    images, labels = digits
    assert images.dtype == np.float32
    assert images.shape == (1797, 64)
    assert (images.min(), images.max()) == (0, 1)
    original = datasets.load_digits()
    np.testing.assert_array_equal(images * 16, original.data)
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels, original.target)


def test_digits_may_be_changed():
    for array in load_digits():
        assert array.flags.c_contiguous
        array[:] = 0
    assert load_digits().images.any()
