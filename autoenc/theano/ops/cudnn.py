"""Operations of cuDNN that scripts construct by name, such as the deconvolution of DCGAN.

In Theano, a convolution took three steps: a descriptor with the settings, an output to fill, and
the operation that fills it. Here, the descriptor stores the settings, and the output provides its
shape. The expression is the same as for ``dnn_conv``, and runs on any engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytensor.tensor as pt

from autoenc.theano.ops.dnn import dnn_conv, dnn_conv3d, dnn_gradinput, dnn_gradweight, dnn_pool

Variable = Any


@dataclass(frozen=True)
class GpuDnnConvDesc:
    """Settings of a convolution; as in Theano, it can be called with shapes.

    Parameters
    ----------
    border_mode : {"valid", "full", "half"}, int or tuple of int
    subsample, dilation : tuple of int, default 1
    conv_mode : {"conv", "cross"}, default "conv"
    precision : str, optional
        Not used; the dtype of the inputs determines the precision.
    num_groups : int, default 1
    """

    border_mode: Any
    subsample: Sequence[int] = (1, 1)
    dilation: Any = None
    conv_mode: str = "conv"
    precision: str | None = None
    num_groups: int = 1

    def __post_init__(self) -> None:
        if isinstance(self.dilation, str):
            # Before Theano 0.9, conv_mode and precision were at this position.
            object.__setattr__(self, "precision", _own(self.conv_mode, "conv"))
            object.__setattr__(self, "conv_mode", self.dilation)
            object.__setattr__(self, "dilation", None)

    def __call__(self, *shapes: Any) -> GpuDnnConvDesc:
        """Return the descriptor itself; the shapes are not used."""
        return self

    def settings(self) -> dict[str, Any]:
        """Return the arguments of ``dnn_conv`` and its gradients."""
        return {
            "border_mode": self.border_mode,
            "subsample": self.subsample,
            "dilation": self.dilation or (1,) * len(self.subsample),
            "conv_mode": self.conv_mode,
            "num_groups": self.num_groups,
        }


def _own(given: Any, default: Any) -> Any:
    return None if given == default else given


class _Filling:
    """Base class of operations that fill an output; cuDNN's algorithms are ignored."""

    def __init__(self, algo: Any = None, inplace: bool = False, **_: Any) -> None:
        self.algo = algo
        self.inplace = inplace


def _blended(value: Variable, output: Variable, alpha: Any, beta: Any) -> Variable:
    r"""Return :math:`\alpha v + \beta o` in the dtype of v; alpha is 1 and beta 0 if None."""
    if alpha is not None:
        value = value * pt.cast(alpha, value.dtype)
    return value if beta is None else value + pt.cast(beta, value.dtype) * output


class GpuDnnConv(_Filling):
    """Convolution of images with filters: ``GpuDnnConv()(img, kern, output, desc)``."""

    def __call__(
        self,
        img: Any,
        kern: Any,
        output: Any,
        desc: GpuDnnConvDesc,
        alpha: Any = None,
        beta: Any = None,
    ) -> Variable:
        """Return alpha times the convolution, plus beta times `output`."""
        convolve = dnn_conv if len(desc.subsample) == 2 else dnn_conv3d
        return _blended(convolve(img, kern, **desc.settings()), output, alpha, beta)


class GpuDnnConvGradW(_Filling):
    """Gradient of a convolution with respect to its filters, in the shape of `output`."""

    def __call__(
        self,
        img: Any,
        topgrad: Any,
        output: Any,
        desc: GpuDnnConvDesc,
        alpha: Any = None,
        beta: Any = None,
    ) -> Variable:
        """Return alpha times the gradient, plus beta times `output`."""
        gradient = dnn_gradweight(img, topgrad, output.shape, **desc.settings())
        return _blended(gradient, output, alpha, beta)


class GpuDnnConvGradI(_Filling):
    """Gradient of a convolution with respect to its images, in the shape of `output`."""

    def __call__(
        self,
        kern: Any,
        topgrad: Any,
        output: Any,
        desc: GpuDnnConvDesc,
        alpha: Any = None,
        beta: Any = None,
    ) -> Variable:
        """Return alpha times the gradient, plus beta times `output`."""
        gradient = dnn_gradinput(kern, topgrad, output.shape, **desc.settings())
        return _blended(gradient, output, alpha, beta)


class GpuDnnPool:
    """Pooling: ``GpuDnnPool(mode)(img, ws, stride, pad)``."""

    def __init__(self, mode: str = "max") -> None:
        self.mode = mode

    def __call__(self, img: Any, ws: Any, stride: Any = None, pad: Any = None) -> Variable:
        """Return the pooled images."""
        return dnn_pool(img, ws, stride, self.mode, pad)


class GpuDnnSoftmax:
    """Softmax of (n, channels, rows, columns): ``GpuDnnSoftmax("bc01", "accurate", mode)``.

    Parameters
    ----------
    *settings : str
        Algorithm and mode; before Theano 0.8, the format of the tensors came first. The mode is
        "channel" (over channels) or "instance" (over all axes except the first).
    """

    def __init__(self, *settings: str) -> None:
        *_, self.algo, self.mode = settings
        if self.mode not in ("channel", "instance"):
            raise ValueError(f'mode must be "channel" or "instance", got {self.mode!r}')

    def __call__(self, x: Any) -> Variable:
        """Return the probabilities (or their logarithms) in the shape of `x`."""
        compute = pt.special.log_softmax if self.algo == "log" else pt.special.softmax
        x = pt.as_tensor_variable(x)
        if self.mode == "channel":
            return compute(x, axis=1)
        return compute(x.flatten(2), axis=1).reshape(x.shape)
