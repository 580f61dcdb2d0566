"""Any arrays become a split as documented, or are refused with the path."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from autoenc.datasets import DatasetFormatError
from autoenc.datasets.splits import make_split

PATH = Path("somewhere.npz")
SIZES = st.integers(0, 4)


@given(data=st.data(), n=SIZES, square=st.booleans(), start=SIZES, stop=SIZES)
def test_bytes_become_their_256th(data, n, square, start, stop):
    shape = (n, 28, 28) if square else (n, 784)
    images = data.draw(npst.arrays(np.uint8, shape, elements=st.integers(0, 255)))
    labels = data.draw(npst.arrays(npst.integer_dtypes(), n, elements=st.integers(0, 9)))
    split = make_split(images, labels, PATH, slice(start, stop))
    expected = images.reshape(n, 784)[start:stop] / 256
    assert split.images.dtype == np.float32
    assert split.images.flags.c_contiguous
    assert split.images.flags.writeable
    np.testing.assert_array_equal(split.images, expected)
    assert split.labels.dtype == np.int64
    np.testing.assert_array_equal(split.labels, labels[start:stop])


@given(data=st.data(), value=st.floats(width=32))
def test_a_pixel_out_of_range_is_refused(data, value):
    images = np.zeros((2, 784), np.float32)
    images[data.draw(st.integers(0, 1)), data.draw(st.integers(0, 783))] = value
    labels = np.zeros(2, int)
    if 0 <= value <= 1:
        np.testing.assert_array_equal(make_split(images, labels, PATH).images, images)
    else:
        with pytest.raises(DatasetFormatError, match=r"somewhere\.npz: pixels lie in"):
            make_split(images, labels, PATH)


@given(labels=npst.arrays(np.int64, 3, elements=st.integers(-12, 12)))
def test_a_label_that_is_no_digit_is_refused(labels):
    images = np.zeros((3, 784), np.uint8)
    if set(labels.tolist()) <= set(range(10)):
        assert make_split(images, labels, PATH).labels.tolist() == labels.tolist()
    else:
        with pytest.raises(DatasetFormatError, match=r"somewhere\.npz: labels lie in"):
            make_split(images, labels, PATH)


@given(
    images=npst.arrays(npst.scalar_dtypes(), npst.array_shapes(max_dims=3, max_side=3)),
    labels=npst.arrays(npst.scalar_dtypes(), npst.array_shapes(max_dims=2, max_side=3)),
)
def test_what_are_no_images_is_refused(images, labels):
    with pytest.raises(DatasetFormatError, match=r"somewhere\.npz: images have shape"):
        make_split(images, labels, PATH)
