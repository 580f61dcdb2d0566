"""Names that SciPy has dropped do what they did."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from autoenc.theano.modernise import scipy0


def test_bytescale_spreads_entries_over_bytes():
    assert_array_equal(scipy0.bytescale(np.array([0.0, 0.5, 1.0])), [0, 128, 255])
    assert_array_equal(scipy0.bytescale(np.array([1.0, 2.0]), cmin=0.0, cmax=4.0), [64, 128])
    assert_array_equal(scipy0.bytescale(np.full(3, 7.0)), [0, 0, 0])
    bytes_ = np.array([3, 9], dtype=np.uint8)
    assert scipy0.bytescale(bytes_) is bytes_


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3), (4, 6, 4)])
def test_pictures_come_back_from_files(tmp_path, shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    scipy0.imsave(tmp_path / "picture.png", pixels)
    assert_array_equal(scipy0.imread(tmp_path / "picture.png"), pixels)


def test_channels_may_come_first():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 7), dtype=np.uint8)
    assert_array_equal(scipy0.fromimage(scipy0.toimage(pixels)), pixels.transpose(1, 2, 0))


@pytest.mark.parametrize(("size", "shape"), [((2, 3), (2, 3)), (0.5, (4, 5)), (200, (16, 20))])
def test_size_is_rows_and_columns_or_a_fraction_or_percent(size, shape):
    resized = scipy0.imresize(np.arange(80, dtype=np.uint8).reshape(8, 10), size)
    assert (resized.shape, resized.dtype) == (shape, np.uint8)


def test_enlarging_by_the_nearest_pixel_repeats_it():
    pixels = np.array([[0, 255], [255, 0]], dtype=np.uint8)
    resized = scipy0.imresize(pixels, (4, 4), interp="nearest")
    assert_array_equal(resized, pixels.repeat(2, 0).repeat(2, 1))
    with pytest.raises(ValueError, match="interp must be one of"):
        scipy0.imresize(pixels, (4, 4), interp="linear")


def test_shape_without_channels_is_refused():
    with pytest.raises(ValueError, match="suitable array shape"):
        scipy0.toimage(np.zeros((5, 6, 7)))
