"""Convolution as an operation, with its gradients.

Images are (n, channels, *axes), filters (filters, channels / groups, *axes). Unshared filters,
with one set for each pixel of the output, are (filters, *out, channels / groups, *axes).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.tensor.basic import get_scalar_constant_value
from pytensor.tensor.exceptions import NotScalarConstantError
from pytensor.tensor.type import TensorType

from autoenc.theano.ops import correlation, unshared_correlation
from autoenc.theano.ops.conv_shapes import (
    assert_shape,
    border_mode_to_pad,
    get_conv_output_shape,
)
from autoenc.theano.ops.correlation import Geometry
from autoenc.theano.ops.shape_inference import without_graph

Array = Any
Variable = Any
Shape = Any


class BaseAbstractConv(Op):
    """Base class of convolutions and their gradients.

    Parameters
    ----------
    convdim : {2, 3}
        Number of axes of an image.
    imshp, kshp : sequence of int or None, optional
        Known lengths of images and filters; they are checked.
    border_mode : {"valid", "full", "half"}, int, or tuple of int or pairs, default "valid"
        Zero padding of an image: none, enough for every overlap with a filter, half the length
        of a filter, or a number for each axis (a pair for its two ends).
    subsample : tuple of int, default 1
        Steps of the filters.
    filter_flip : bool, default True
        Whether to convolve (flip the filters) or to correlate.
    filter_dilation : tuple of int, default 1
        Distance between the entries of a filter.
    num_groups : int, default 1
        Number of groups into which channels and filters are divided.
    unshared : bool, default False
        Whether each pixel of the output has its own filters.

    Raises
    ------
    ValueError
        If a parameter is invalid.
    """

    __props__ = (
        "convdim",
        "border_mode",
        "subsample",
        "filter_flip",
        "imshp",
        "kshp",
        "filter_dilation",
        "num_groups",
        "unshared",
    )

    def __init__(
        self,
        convdim: int,
        imshp: Shape = None,
        kshp: Shape = None,
        border_mode: Any = "valid",
        subsample: Sequence[int] | None = None,
        filter_flip: bool = True,
        filter_dilation: Sequence[int] | None = None,
        num_groups: int = 1,
        unshared: bool = False,
    ) -> None:
        if convdim not in (2, 3):
            raise ValueError(f"convolution dimension {convdim} is not supported")
        if unshared and convdim != 2:
            raise NotImplementedError(f"Unshared convolution not implemented for {convdim}D")
        if num_groups < 1:
            raise ValueError("num_groups must have value greater than zero")
        self.convdim = convdim
        self.border_mode = _border_mode(border_mode, convdim)
        self.subsample = _steps("subsample", subsample, convdim)
        self.filter_dilation = _steps("filter_dilation", filter_dilation, convdim)
        self.filter_flip = bool(filter_flip)
        self.num_groups = int(num_groups)
        self.unshared = bool(unshared)
        self.imshp = _known("imshp", imshp, 2 + convdim)
        self.kshp = _known("kshp", kshp, 2 + convdim * (2 if unshared else 1))

    def do_constant_folding(self, fgraph: Any, node: Apply) -> bool:
        """Return False: folding convolutions of constants would take much time and memory."""
        return False

    def geometry(self, kernel: Sequence[int]) -> Geometry:
        """Return padding, strides, dilations and groups for a kernel."""
        dilations = self.filter_dilation
        span = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
        pads = border_mode_to_pad(self.border_mode, self.convdim, span)
        return Geometry(pads, self.subsample, dilations, self.num_groups)

    def turned(self, filters: Array) -> Array:
        """Flip filters if they are to be convolved."""
        return np.flip(filters, self._axes(filters)) if self.filter_flip else filters

    def _axes(self, filters: Array) -> tuple[int, ...]:
        return tuple(range(filters.ndim - self.convdim, filters.ndim))

    def _alike(self, kind: type[BaseAbstractConv]) -> BaseAbstractConv:
        """Return an operation of another class with the same parameters."""
        # Subclasses with a fixed number of axes do not have this parameter.
        arguments = {name: getattr(self, name) for name in self.__props__ if name != "convdim"}
        return kind(**arguments)

    def _check_axes(self, name: str, variable: Variable, filters: bool = False) -> None:
        extra = self.convdim if filters and self.unshared else 0
        expected = 2 + self.convdim + extra
        if variable.type.ndim != expected:
            of = " for unshared convolution" if extra else ""
            raise TypeError(
                f"{name} must be {expected}D tensor{of}, got one with {variable.type.ndim} axes"
            )


def _border_mode(mode: Any, convdim: int) -> Any:
    if isinstance(mode, bool | np.bool_):
        raise ValueError(f"invalid border_mode {mode}")
    if isinstance(mode, int | np.integer):
        if mode < 0:
            raise ValueError(f"invalid border_mode {mode}, which must be a non-negative integer")
        mode = (int(mode),) * convdim
    if isinstance(mode, tuple):
        border_mode_to_pad(mode, convdim, ())
        if convdim != 2 and any(isinstance(pad, tuple) for pad in mode):
            raise NotImplementedError(f"Asymmetric padding not implemented for {convdim}D")
        mode = tuple(
            pad[0] if isinstance(pad, tuple) and pad[0] == pad[1] else pad for pad in mode
        )
        return mode if any(mode) else "valid"
    border_mode_to_pad(mode, convdim, (1,) * convdim)
    return mode


def _steps(name: str, steps: Sequence[int] | None, convdim: int) -> tuple[int, ...]:
    steps = (1,) * convdim if steps is None else tuple(steps)
    if len(steps) != convdim:
        raise ValueError(f"{name} must have {convdim} elements")
    return tuple(int(step) for step in steps)


def _known(name: str, shape: Shape, length: int) -> tuple[int | None, ...]:
    if not shape:
        return (None,) * length
    try:
        return tuple(
            None if i is None else int(get_scalar_constant_value(i, only_process_constants=True))
            for i in shape
        )
    except NotScalarConstantError as error:
        raise ValueError(f"{name} should be None or a tuple of constant int values") from error


def _prefer(known: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    return [o if k is None else k for k, o in zip(known, others, strict=True)]


def _with_static_ones(*flags: bool) -> tuple[int | None, ...]:
    return tuple(1 if one else None for one in flags)


def _lengths(shape: Array, convdim: int) -> tuple[int, ...]:
    """Return the lengths of a result's axes, given as a vector or by an array of that shape."""
    given = shape.tolist() if shape.ndim == 1 else shape.shape[-convdim:]
    return tuple(int(length) for length in given)


class AbstractConv(BaseAbstractConv):
    """Convolution of images with filters."""

    def make_node(self, img: Any, kern: Any) -> Apply:
        """Create a node for images and filters; the result has the dtype of the images."""
        img, kern = pt.as_tensor_variable(img), pt.as_tensor_variable(kern)
        self._check_axes("img", img)
        self._check_axes("kern", kern, filters=True)
        mismatch = "AbstractConv shape mismatch: shape of {} does not match given {}."
        img = assert_shape(img, self.imshp, mismatch.format("image", "imshp"))
        kern = assert_shape(kern, self.kshp, mismatch.format("filters", "kshp"))
        ones = img.broadcastable[0], kern.broadcastable[0], *(False,) * self.convdim
        return Apply(self, [img, kern], [TensorType(img.dtype, shape=_with_static_ones(*ones))()])

    def perform(self, node: Apply, inputs: Sequence[Array], outputs: Any) -> None:
        """Convolve."""
        img, kern = inputs
        how = unshared_correlation if self.unshared else correlation
        geometry = self.geometry(kern.shape[-self.convdim :])
        result = how.correlate(img, self.turned(kern), geometry)
        outputs[0][0] = result.astype(node.outputs[0].type.dtype, copy=False)

    @without_graph
    def infer_shape(self, _: Any, shapes: Any) -> list[Any]:
        """Infer the shape of the result."""
        imshp, kshp = _prefer(self.imshp, shapes[0]), _prefer(self.kshp, shapes[1])
        return [
            get_conv_output_shape(
                imshp, kshp, self.border_mode, self.subsample, self.filter_dilation
            )
        ]

    def pullback(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Variable]:
        """Return the gradients with respect to images and filters."""
        (img, kern), (top,) = inputs, output_grads
        to_inputs, to_weights = _GRADIENTS[self.convdim]
        return [
            _as_type_of(img, self._alike(to_inputs)(kern, top, img, add_assert_shape=False)),
            _as_type_of(kern, self._alike(to_weights)(img, top, kern, add_assert_shape=False)),
        ]

    def pushforward(self, inputs: Any, outputs: Any, eval_points: Any) -> list[Variable]:
        """Return the directional derivative for directions of images and filters."""
        img, kern = inputs
        of_img, of_kern = (_is_given(direction) for direction in eval_points)
        terms = [self(eval_points[0], kern)] if of_img else []
        terms += [self(img, eval_points[1])] if of_kern else []
        return [sum(terms[1:], terms[0]) if terms else DisconnectedType()()]


def _is_given(direction: Any) -> bool:
    return direction is not None and not isinstance(direction.type, DisconnectedType)


def _as_type_of(x: Variable, gradient: Variable) -> Variable:
    """Convert the gradient with respect to a variable to the variable's type."""
    return x.type.filter_variable(pt.cast(gradient, x.dtype))


class AbstractConv_gradWeights(BaseAbstractConv):  # noqa: N801 - Theano's name
    """Gradient of a convolution with respect to its filters."""

    def make_node(
        self, img: Any, topgrad: Any, shape: Any, add_assert_shape: bool = True
    ) -> Apply:
        """Create a node for images, the output's gradient, and the lengths of a filter's axes.

        The lengths may also be given by a variable with the shape of the filters.
        """
        img, topgrad, shape = (pt.as_tensor_variable(v) for v in (img, topgrad, shape))
        self._check_axes("img", img)
        self._check_axes("topgrad", topgrad)
        if add_assert_shape:
            message = (
                "AbstractConv_gradWeights shape mismatch: shape of image does not match given "
                "imshp."
            )
            img = assert_shape(img, self.imshp, message)
        between = (False,) * (self.convdim if self.unshared else 0)
        channels = img.broadcastable[1] and self.num_groups == 1
        ones = topgrad.broadcastable[1], *between, channels, *(False,) * self.convdim
        output = TensorType(img.dtype, shape=_with_static_ones(*ones))()
        return Apply(self, [img, topgrad, shape], [output])

    def perform(self, node: Apply, inputs: Sequence[Array], outputs: Any) -> None:
        """Compute the gradient."""
        img, topgrad, shape = inputs
        lengths = _lengths(shape, self.convdim)
        how = unshared_correlation if self.unshared else correlation
        result = how.filters_gradient(img, topgrad, self.geometry(lengths), lengths)
        result = np.ascontiguousarray(self.turned(result))
        outputs[0][0] = result.astype(node.outputs[0].type.dtype, copy=False)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return the connection pattern: the result depends on all inputs except the lengths."""
        return [[True], [True], [False]]

    @without_graph
    def infer_shape(self, node: Any, shapes: Any) -> list[Any]:
        """Infer the shape of the filters."""
        imshp, topshp, _ = shapes
        between = topshp[2:] if self.unshared else []
        lengths = _symbolic_lengths(node.inputs[2], shapes[2], self.convdim)
        shape = [topshp[1], *between, imshp[1] // self.num_groups, *lengths]
        return [_prefer(self.kshp, shape)]

    def pullback(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Variable]:
        """Return the gradients with respect to images and to the output's gradient."""
        (img, top, _), (kern,) = inputs, output_grads
        to_inputs, forward = _GRADIENTS[self.convdim][0], _FORWARD[self.convdim]
        return [
            _as_type_of(img, self._alike(to_inputs)(kern, top, img)),
            _as_type_of(top, self._alike(forward)(img, kern)),
            DisconnectedType()(),
        ]


def _symbolic_lengths(variable: Variable, shape: Any, convdim: int) -> list[Variable]:
    if variable.type.ndim == 1:
        return [variable[i] for i in range(convdim)]
    return list(shape[-convdim:])


class AbstractConv_gradInputs(BaseAbstractConv):  # noqa: N801 - Theano's name
    """Gradient of a convolution with respect to its images."""

    def make_node(
        self, kern: Any, topgrad: Any, shape: Any, add_assert_shape: bool = True
    ) -> Apply:
        """Create a node for filters, the output's gradient, and the lengths of an image's axes.

        The lengths may also be given by a variable with the shape of the images.
        """
        kern, topgrad, shape = (pt.as_tensor_variable(v) for v in (kern, topgrad, shape))
        self._check_axes("kern", kern, filters=True)
        self._check_axes("topgrad", topgrad)
        if add_assert_shape:
            message = (
                "AbstractConv_gradInputs shape mismatch: shape of filters does not match given "
                "kshp."
            )
            kern = assert_shape(kern, self.kshp, message)
        channels = kern.broadcastable[-self.convdim - 1] and self.num_groups == 1
        ones = topgrad.broadcastable[0], channels, *(False,) * self.convdim
        output = TensorType(kern.dtype, shape=_with_static_ones(*ones))()
        return Apply(self, [kern, topgrad, shape], [output])

    def perform(self, node: Apply, inputs: Sequence[Array], outputs: Any) -> None:
        """Compute the gradient."""
        kern, topgrad, shape = inputs
        lengths = _lengths(shape, self.convdim)
        how = unshared_correlation if self.unshared else correlation
        geometry = self.geometry(kern.shape[-self.convdim :])
        result = how.image_gradient(self.turned(kern), topgrad, geometry, lengths)
        outputs[0][0] = result.astype(node.outputs[0].type.dtype, copy=False)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return the connection pattern: the result depends on all inputs except the lengths."""
        return [[True], [True], [False]]

    @without_graph
    def infer_shape(self, node: Any, shapes: Any) -> list[Any]:
        """Infer the shape of the images."""
        kshp, topshp, _ = shapes
        channels = kshp[-self.convdim - 1]
        channels = channels * self.num_groups if self.num_groups > 1 else channels
        lengths = _symbolic_lengths(node.inputs[2], shapes[2], self.convdim)
        return [_prefer(self.imshp, [topshp[0], channels, *lengths])]

    def pullback(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Variable]:
        """Return the gradients with respect to filters and to the output's gradient."""
        (kern, top, _), (img,) = inputs, output_grads
        to_weights, forward = _GRADIENTS[self.convdim][1], _FORWARD[self.convdim]
        return [
            _as_type_of(kern, self._alike(to_weights)(img, top, kern)),
            _as_type_of(top, self._alike(forward)(img, kern)),
            DisconnectedType()(),
        ]


class _OfPlanes(BaseAbstractConv):
    """Operation on images with two axes."""

    def __init__(
        self,
        imshp: Shape = None,
        kshp: Shape = None,
        border_mode: Any = "valid",
        subsample: Sequence[int] = (1, 1),
        filter_flip: bool = True,
        filter_dilation: Sequence[int] = (1, 1),
        num_groups: int = 1,
        unshared: bool = False,
    ) -> None:
        steps = subsample, filter_flip, filter_dilation
        super().__init__(2, imshp, kshp, border_mode, *steps, num_groups, unshared)


class _OfVolumes(BaseAbstractConv):
    """Operation on images with three axes."""

    def __init__(
        self,
        imshp: Shape = None,
        kshp: Shape = None,
        border_mode: Any = "valid",
        subsample: Sequence[int] = (1, 1, 1),
        filter_flip: bool = True,
        filter_dilation: Sequence[int] = (1, 1, 1),
        num_groups: int = 1,
        unshared: bool = False,
    ) -> None:
        steps = subsample, filter_flip, filter_dilation
        super().__init__(3, imshp, kshp, border_mode, *steps, num_groups, unshared)


class AbstractConv2d(_OfPlanes, AbstractConv):
    """Convolution of images with two axes."""


class AbstractConv3d(_OfVolumes, AbstractConv):
    """Convolution of images with three axes."""


class AbstractConv2d_gradWeights(_OfPlanes, AbstractConv_gradWeights):  # noqa: N801
    """Gradient with respect to filters with two axes."""


class AbstractConv3d_gradWeights(_OfVolumes, AbstractConv_gradWeights):  # noqa: N801
    """Gradient with respect to filters with three axes."""


class AbstractConv2d_gradInputs(_OfPlanes, AbstractConv_gradInputs):  # noqa: N801
    """Gradient with respect to images with two axes."""


class AbstractConv3d_gradInputs(_OfVolumes, AbstractConv_gradInputs):  # noqa: N801
    """Gradient with respect to images with three axes."""


_FORWARD = {2: AbstractConv2d, 3: AbstractConv3d}
_GRADIENTS = {
    2: (AbstractConv2d_gradInputs, AbstractConv2d_gradWeights),
    3: (AbstractConv3d_gradInputs, AbstractConv3d_gradWeights),
}
