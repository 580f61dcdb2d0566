"""Conversion between images and matrices with a patch in each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.tensor.type import integer_dtypes, matrix

from autoenc.theano.ops.shape_inference import without_graph

Array = Any
Variable = Any

MODES = ("valid", "ignore_borders", "wrap_centered", "half", "full")


class Images2Neibs(Op):
    """Operation that returns the patches of images as rows of a matrix.

    Parameters
    ----------
    mode : {"valid", "ignore_borders", "wrap_centered", "half", "full"}, default "valid"
        "valid": patches must cover the image exactly. "ignore_borders": a border may be left
        out. "wrap_centered": patches are centred on the entries and wrap around. "half", "full":
        patches extend into zero padding by half a patch, or by all but one entry.
    """

    __props__ = ("mode",)

    def __init__(self, mode: str = "valid") -> None:
        if mode not in MODES:
            raise NotImplementedError(f"Only the mode {', '.join(MODES)} have been implemented")
        self.mode = mode

    def make_node(self, ten4: Any, neib_shape: Any, neib_step: Any = None) -> Apply:
        """Create a node for images (n, channels, rows, columns), and size and step of patches."""
        ten4, shape = pt.as_tensor_variable(ten4), pt.as_tensor_variable(neib_shape)
        step = shape if neib_step is None else pt.as_tensor_variable(neib_step)
        if ten4.ndim != 4:
            raise TypeError(f"ten4 must be a 4d tensor, got {ten4.type}")
        for name, pair in (("neib_shape", shape), ("neib_step", step)):
            if pair.ndim != 1 or pair.dtype not in integer_dtypes:
                raise TypeError(f"{name} must be a pair of integers, got {pair.type}")
        return Apply(self, [ten4, shape, step], [matrix(dtype=ten4.type.dtype)])

    def perform(self, node: Apply, inputs: Sequence[Array], outputs: Any) -> None:
        """Gather the patches."""
        images, shape, step = inputs
        places = place(images.shape, shape, step, self.mode)
        patches = _padded(images)[:, :, *places]
        outputs[0][0] = np.ascontiguousarray(patches).reshape(-1, int(np.prod(shape)))

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return the connection pattern: the result depends on the images only."""
        return [[True], [False], [False]]

    def pullback(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Variable]:
        """Return the gradient with respect to the images."""
        gradient = Images2NeibsGrad(self.mode)(output_grads[0], *inputs)
        return [gradient, DisconnectedType()(), DisconnectedType()()]

    def pushforward(self, inputs: Any, outputs: Any, eval_points: Any) -> list[Variable]:
        """Return the patches of the direction."""
        direction = eval_points[0]
        if direction is None or isinstance(direction.type, DisconnectedType):
            return [DisconnectedType()()]
        return [self(direction, *inputs[1:])]


class Images2NeibsGrad(Op):
    """Gradient of `Images2Neibs`: sums the gradients of the patches that contain an entry."""

    __props__ = ("mode",)

    def __init__(self, mode: str) -> None:
        self.mode = mode

    def make_node(
        self, gradient: Variable, ten4: Variable, shape: Variable, step: Variable
    ) -> Apply:
        """Create a node for the patches' gradient, the images, and size and step of patches."""
        return Apply(self, [gradient, ten4, shape, step], [ten4.type()])

    def perform(self, node: Apply, inputs: Sequence[Array], outputs: Any) -> None:
        """Sum the patches."""
        gradient, images, shape, step = inputs
        places = place(images.shape, shape, step, self.mode)
        grid = (places[0].shape[0], places[1].shape[1], *shape.tolist())
        sums: Array = np.zeros_like(_padded(images))
        entries: Any = (slice(None), slice(None), *places)
        np.add.at(sums, entries, gradient.reshape(*images.shape[:2], *grid))
        outputs[0][0] = sums[:, :, :-1, :-1].copy()

    @without_graph
    def infer_shape(self, _: Any, shapes: Any) -> list[Any]:
        """Infer the shape of the result: that of the images."""
        return [shapes[1]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return the connection pattern: the result depends on the patches' gradient only."""
        return [[True], [False], [False], [False]]

    def pullback(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Variable]:
        """Return the gradient with respect to the patches' gradient."""
        second = Images2Neibs(self.mode)(output_grads[0], *inputs[2:])
        return [second, *(DisconnectedType()() for _ in range(3))]


def _padded(images: Array) -> Array:
    """Append a row and a column of zeros, which represent entries outside the image."""
    return np.pad(images, ((0, 0), (0, 0), (0, 1), (0, 1)))


def place(images: Sequence[int], shape: Array, step: Array, mode: str) -> tuple[Array, Array]:
    """Return row and column indices of patches' entries: (patches, patches, rows, columns)."""
    if min(shape) <= 0 or min(step) <= 0:
        raise ValueError(f"neib_shape and neib_step must be positive, got {shape} and {step}")
    rows, columns = (
        _indices(images[2 + axis], int(shape[axis]), int(step[axis]), mode, axis)
        for axis in (0, 1)
    )
    return rows[:, None, :, None], columns[None, :, None, :]


def _indices(length: int, size: int, step: int, mode: str, axis: int) -> Array:
    """Return the indices of the entries of patches along one axis: (patches, size)."""
    if mode == "wrap_centered":
        if size % 2 != 1:
            raise TypeError("Images2Neibs: in mode wrap_centered need patch with odd shapes")
        if length < size:
            raise TypeError(
                "Images2Neibs: in wrap_centered mode, don't support image shapes smaller then the "
                f"patch shapes: {size} and {length}"
            )
        return _starts(-(-length // step), step, size, size // 2) % length
    before, room = {
        "valid": (0, length - size),
        "ignore_borders": (0, length - size),
        "half": (size // 2, length - size % 2),
        "full": (size - 1, length + size - 2),
    }[mode]
    if mode != "ignore_borders" and (length < size or room % step):
        raise TypeError(
            f"neib_shape[{axis}]={size}, neib_step[{axis}]={step} and ten4.shape[{axis + 2}]="
            f"{length} not consistent"
        )
    indices = _starts(1 + room // step, step, size, before)
    return np.where((indices < 0) | (indices >= length), length, indices)


def _starts(n: int, step: int, size: int, before: int) -> Array:
    return np.arange(n)[:, None] * step + np.arange(size) - before


def images2neibs(
    ten4: Any, neib_shape: Any, neib_step: Any = None, mode: str = "valid"
) -> Variable:
    """Return the patches of images as rows of a matrix.

    Parameters
    ----------
    ten4 : tensor, (n, channels, rows, columns)
    neib_shape : pair of int
        Size of a patch.
    neib_step : pair of int, optional
        Distance between patches; by default their size.
    mode : {"valid", "ignore_borders", "wrap_centered", "half", "full"}, default "valid"

    Returns
    -------
    matrix, (n * channels * patches, entries of a patch)
    """
    return Images2Neibs(mode)(ten4, neib_shape, neib_step)


def neibs2images(
    neibs: Any, neib_shape: Any, original_shape: Any, mode: str = "valid"
) -> Variable:
    """Assemble images from patches that do not overlap.

    Parameters
    ----------
    neibs : matrix
        Result of ``images2neibs``.
    neib_shape : pair of int
    original_shape : sequence of 4 int
    mode : {"valid", "ignore_borders"}, default "valid"

    Returns
    -------
    tensor, (n, channels, rows, columns)
    """
    if mode not in ("valid", "ignore_borders"):
        raise NotImplementedError(f"neibs2images do not support mode={mode}")
    neibs, size = pt.as_tensor_variable(neibs), pt.as_tensor_variable(neib_shape)
    original = pt.as_tensor_variable(original_shape)
    covered = [(original[2 + axis] // size[axis]) * size[axis] for axis in (0, 1)]
    patches = [original[2 + axis] // size[axis] for axis in (0, 1)]
    shape = (original[0], original[1], patches[0], patches[1], size[0], size[1])
    tiles = neibs.reshape(shape, ndim=6).dimshuffle(0, 1, 2, 4, 3, 5)
    images = tiles.reshape((original[0], original[1], *covered), ndim=4)
    if mode == "valid":
        return images.reshape(original, ndim=4)
    whole = pt.zeros(tuple(original[i] for i in range(4)), dtype=images.dtype)
    return pt.set_subtensor(whole[:, :, : covered[0], : covered[1]], images)
