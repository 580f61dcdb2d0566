"""Correlations and their gradients: the operations of ``nnet.corr`` and ``nnet.corr3d``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.scalar import upcast

from autoenc.theano.ops.conv_ops import (
    AbstractConv2d,
    AbstractConv2d_gradInputs,
    AbstractConv2d_gradWeights,
    AbstractConv3d,
    AbstractConv3d_gradInputs,
    AbstractConv3d_gradWeights,
    BaseAbstractConv,
)


class _OfOneDtype:
    """Mixin for operations that convert both arrays to the dtype which holds both."""

    def make_node(self, first: Any, second: Any, *more: Any) -> Apply:
        """Create a node for the arrays, and for lengths if the operation takes them."""
        both = [pt.as_tensor_variable(x) for x in (first, second)]
        dtype = upcast(*(x.dtype for x in both))
        node: Apply = super().make_node(  # type: ignore[misc]
            *(pt.cast(x, dtype) for x in both), *more
        )
        return node


class _Correlation(_OfOneDtype):
    """Mixin for correlations of images, with the parameters of Theano's operations."""

    def __init__(
        self,
        border_mode: Any = "valid",
        subsample: Sequence[int] | None = None,
        filter_dilation: Sequence[int] | None = None,
        num_groups: int = 1,
        unshared: bool = False,
        openmp: Any = None,
    ) -> None:
        BaseAbstractConv.__init__(
            self,  # type: ignore[arg-type]
            2,
            border_mode=border_mode,
            subsample=subsample,
            filter_flip=False,
            filter_dilation=filter_dilation,
            num_groups=num_groups,
            unshared=unshared,
        )


class _Correlation3d(_OfOneDtype):
    """Mixin for correlations of volumes, whose parameters are in another order."""

    def __init__(
        self,
        border_mode: Any = "valid",
        subsample: Sequence[int] = (1, 1, 1),
        filter_dilation: Sequence[int] = (1, 1, 1),
        openmp: Any = None,
        num_groups: int = 1,
    ) -> None:
        BaseAbstractConv.__init__(
            self,  # type: ignore[arg-type]
            3,
            border_mode=border_mode,
            subsample=subsample,
            filter_flip=False,
            filter_dilation=filter_dilation,
            num_groups=num_groups,
        )


class CorrMM(_Correlation, AbstractConv2d):
    """Correlation of images with filters."""


class CorrMM_gradWeights(_Correlation, AbstractConv2d_gradWeights):  # noqa: N801 - Theano's name
    """Gradient of a correlation with respect to its filters."""


class CorrMM_gradInputs(_Correlation, AbstractConv2d_gradInputs):  # noqa: N801 - Theano's name
    """Gradient of a correlation with respect to its images."""


class Corr3dMM(_Correlation3d, AbstractConv3d):
    """Correlation of volumes with filters."""


class Corr3dMMGradWeights(_Correlation3d, AbstractConv3d_gradWeights):
    """Gradient of a correlation with respect to its filters."""


class Corr3dMMGradInputs(_Correlation3d, AbstractConv3d_gradInputs):
    """Gradient of a correlation with respect to its volumes."""


class Corr3dMM_gradWeights(Corr3dMMGradWeights):  # noqa: N801 - an older name
    """Gradient of a correlation with respect to its filters."""


class Corr3dMM_gradInputs(Corr3dMMGradInputs):  # noqa: N801 - an older name
    """Gradient of a correlation with respect to its volumes."""
