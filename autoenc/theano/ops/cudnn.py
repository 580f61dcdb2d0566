"""Operations of cuDNN that scripts built by name, such as the deconvolution of DCGAN.

Theano bound a convolution in three steps: a descriptor with its settings, an output to fill,
and the operation that fills it. Here the descriptor keeps the settings and the output gives
its shape; the expression is the same as for ``dnn_conv``, and runs on any engine.
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
    """Settings of a convolution; called with shapes, as Theano's was, it returns itself.

    Parameters
    ----------
    border_mode : {"valid", "full", "half"}, int or tuple of int
    subsample, dilation : tuple of int, default 1
    conv_mode : {"conv", "cross"}, default "conv"
    precision : str, optional
        Not used: the inputs' dtype decides.
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
            # Theano before 0.9 had conv_mode and precision in this place.
            object.__setattr__(self, "precision", _own(self.conv_mode, "conv"))
            object.__setattr__(self, "conv_mode", self.dilation)
            object.__setattr__(self, "dilation", None)

    def __call__(self, *shapes: Any) -> GpuDnnConvDesc:
        """Return the descriptor; `shapes`, those of images and filters, are not used."""
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
    """An operation that fills an output; algorithms of cuDNN are not chosen by name."""

    def __init__(self, algo: Any = None, inplace: bool = False, **_: Any) -> None:
        self.algo = algo
        self.inplace = inplace


def _blended(value: Variable, output: Variable, alpha: Any, beta: Any) -> Variable:
    r"""Return :math:`\alpha v + \beta o` in the dtype of v, where None is 1 and 0."""
    if alpha is not None:
        value = value * pt.cast(alpha, value.dtype)
    return value if beta is None else value + pt.cast(beta, value.dtype) * output


class GpuDnnConv(_Filling):
    """The convolution of images with filters: ``GpuDnnConv()(img, kern, output, desc)``."""

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
    """The gradient of a convolution with respect to its filters, shaped as `output`."""

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
    """The gradient of a convolution with respect to its images, shaped as `output`."""

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
        An algorithm and a mode, after a format of the tensors in Theano before 0.8. The mode
        is "channel" (over channels) or "instance" (over all but the first axis).
    """

    def __init__(self, *settings: str) -> None:
        *_, self.algo, self.mode = settings
        if self.mode not in ("channel", "instance"):
            raise ValueError(f'mode must be "channel" or "instance", got {self.mode!r}')

    def __call__(self, x: Any) -> Variable:
        """Return the probabilities, shaped as `x`."""
        compute = pt.special.log_softmax if self.algo == "log" else pt.special.softmax
        x = pt.as_tensor_variable(x)
        if self.mode == "channel":
            return compute(x, axis=1)
        return compute(x.flatten(2), axis=1).reshape(x.shape)
