"""Bilinear upsampling of images, as a transposed convolution."""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor import config

from autoenc.theano.ops.conv import conv2d, conv2d_grad_wrt_inputs

Variable = Any


def bilinear_kernel_1D(ratio: Any, normalize: bool = True) -> Variable:  # noqa: N802 - Theano's
    """Return a triangular kernel of 2 ratio - 1 entries, with maximum 1 (normalized) or ratio."""
    rising = pt.arange(1, ratio + 1, dtype=config.floatX)
    kernel = pt.concatenate([rising, rising[-2::-1]])
    return kernel / pt.cast(ratio, config.floatX) if normalize else kernel


def bilinear_kernel_2D(ratio: Any, normalize: bool = True) -> Variable:  # noqa: N802 - Theano's
    """Return the product of triangular kernels along rows and columns."""
    vertical, horizontal = ratio if isinstance(ratio, tuple) else (ratio, ratio)
    columns = bilinear_kernel_1D(horizontal, normalize).dimshuffle("x", 0)
    return columns * bilinear_kernel_1D(vertical, normalize).dimshuffle(0, "x")


def bilinear_upsampling(
    input: Any,  # noqa: A002 - Theano's name
    ratio: int | None = None,
    frac_ratio: Any = None,
    batch_size: int | None = None,
    num_input_channels: int | None = None,
    use_1D_kernel: bool = True,
) -> Variable:
    """Enlarge images by linear interpolation.

    Parameters
    ----------
    input : tensor, (n, channels, rows, columns)
    ratio : int, optional
        Factor by which images are enlarged.
    frac_ratio : pair of int, or pair of pairs, optional
        Factor as a fraction (p, q), for both axes or for each of them.
    batch_size, num_input_channels : int, optional
        Lengths of the shape, if they are known.
    use_1D_kernel : bool, default True
        Whether to interpolate along one axis after the other.

    Raises
    ------
    ValueError
        If not exactly one of `ratio` and `frac_ratio` is given, or a fraction with a 1D kernel.
    """
    if ratio and frac_ratio:
        raise ValueError("can't use ratio and frac_ratio together")
    if not (ratio or frac_ratio):
        raise ValueError("No ratio (or frac_ratio) provided")
    if frac_ratio:
        if use_1D_kernel:
            raise ValueError(
                "For fractional ratios 1D kernel method not implemented. You may want to pass "
                "use_1D_kernel as False"
            )
        return frac_bilinear_upsampling(input, frac_ratio)
    x = pt.as_tensor_variable(input)
    known = batch_size, num_input_channels
    n = None if None in known else int(np.prod(known))  # type: ignore[arg-type]
    rows, columns = x.shape[2], x.shape[3]
    bordered = _bordered(x.reshape((-1, 1, rows, columns)))
    enlarge = _enlarged_by_axis if use_1D_kernel else _enlarged
    enlarged = enlarge(bordered, int(ratio or 1), n, rows, columns)
    return enlarged.reshape((x.shape[0], x.shape[1], rows * ratio, columns * ratio))


def _bordered(x: Variable) -> Variable:
    """Repeat the first and last rows and columns."""
    x = pt.concatenate((x[:, :, :1, :], x, x[:, :, -1:, :]), axis=2)
    return pt.concatenate((x[:, :, :, :1], x, x[:, :, :, -1:]), axis=3)


def _pad(ratio: int) -> int:
    return 2 * ratio - (ratio - 1) // 2 - 1


def _enlarged_by_axis(x: Variable, ratio: int, n: Any, rows: Variable, columns: Variable) -> Any:
    kernel = bilinear_kernel_1D(ratio)
    tall = conv2d_grad_wrt_inputs(
        x,
        kernel[np.newaxis, np.newaxis, :, np.newaxis],
        input_shape=(n, 1, rows * ratio, columns + 2),
        filter_shape=(1, 1, None, 1),
        border_mode=(_pad(ratio), 0),
        subsample=(ratio, 1),
    )
    return conv2d_grad_wrt_inputs(
        tall,
        kernel[np.newaxis, np.newaxis, np.newaxis, :],
        input_shape=(n, 1, rows * ratio, columns * ratio),
        filter_shape=(1, 1, 1, None),
        border_mode=(0, _pad(ratio)),
        subsample=(1, ratio),
    )


def _enlarged(x: Variable, ratio: int, n: Any, rows: Variable, columns: Variable) -> Any:
    return conv2d_grad_wrt_inputs(
        x,
        bilinear_kernel_2D(ratio)[np.newaxis, np.newaxis, :, :],
        input_shape=(n, 1, rows * ratio, columns * ratio),
        filter_shape=(1, 1, None, None),
        border_mode=(_pad(ratio), _pad(ratio)),
        subsample=(ratio, ratio),
    )


def frac_bilinear_upsampling(input: Any, frac_ratio: Any) -> Variable:  # noqa: A002
    """Enlarge images by a fraction: enlarge by the numerator, subsample by the denominator.

    Parameters
    ----------
    input : tensor, (n, channels, rows, columns)
    frac_ratio : pair of int, or pair of pairs
    """
    if not isinstance(frac_ratio, tuple):
        raise ValueError("frac_ratio must be a tuple")
    pairs = frac_ratio if isinstance(frac_ratio[0], tuple) else (frac_ratio, frac_ratio)
    reduced = [(p // gcd(p, q), q // gcd(p, q)) for p, q in pairs]
    ratio, subsample = zip(*reduced, strict=True)
    x = pt.as_tensor_variable(input)
    rows, columns = x.shape[2], x.shape[3]
    bordered = _bordered(x.reshape((-1, 1, rows, columns)))
    # The images serve as filters: dilated by the ratio, they are applied to the padded kernel.
    padding = (2 * pt.stack([rows, columns]) - 1) * np.array(ratio) + 1
    kernel = bilinear_kernel_2D(ratio=tuple(ratio))[np.newaxis, np.newaxis, :, :]
    for axis in (2, 3):
        kernel = _between_zeros(kernel.astype(config.floatX), padding[axis - 2], axis)
    enlarged = conv2d(kernel, bordered, filter_dilation=ratio, subsample=subsample)
    return enlarged.reshape((x.shape[0], x.shape[1], enlarged.shape[2], enlarged.shape[3]))


def _between_zeros(x: Variable, n: Variable, axis: int) -> Variable:
    def zeros(length: Variable) -> Variable:
        shape = [x.shape[i] for i in range(4)]
        shape[axis] = length
        return pt.zeros(shape, dtype=config.floatX)

    return pt.concatenate((zeros(n // 2), x, zeros(n - n // 2)), axis=axis)
