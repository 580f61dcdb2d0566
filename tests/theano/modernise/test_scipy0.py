"""Names that SciPy has dropped do what they did."""

import subprocess
import sys
import textwrap

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


def test_names_of_other_modules():
    from scipy import integrate, signal, stats

    windows = scipy0._LATER["scipy.signal"](signal)
    assert_array_equal(windows["gaussian"](3, 1.0), signal.windows.gaussian(3, 1.0))
    assert scipy0._LATER["scipy.integrate"](integrate)["simps"]([1.0, 1.0, 1.0]) == 2
    statistics = scipy0._LATER["scipy.stats"](stats)
    assert statistics["binom_test"](3, 3) == 0.25
    assert_array_equal(statistics["itemfreq"]([5, 7, 5]), [[5, 2], [7, 1]])


def test_names_are_restored_when_a_module_is_imported():
    text = """
        from scipy.signal import gaussian
        import scipy.integrate
        print(gaussian(3, 1.0)[1], scipy.integrate.trapz([1.0, 1.0]))
    """
    command = [sys.executable, "-m", "autoenc.theano", "-c", textwrap.dedent(text)]
    assert subprocess.run(command, capture_output=True, check=True).stdout.split() == [b"1.0"] * 2
