"""Pooling as an operation, with its gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.basic import Variable as GraphVariable
from pytensor.graph.op import Op
from pytensor.tensor.basic import get_scalar_constant_value
from pytensor.tensor.type import TensorType, int_dtypes

from autoenc.theano.ops import pooling
from autoenc.theano.ops.pooling import MODES, Windows
from autoenc.theano.ops.shape_inference import without_graph

Array = Any
Variable = Any


class BasePool(Op):
    """Base class of pooling and its gradients.

    Parameters
    ----------
    ignore_border : bool, default False
        Whether to ignore windows that extend beyond the image.
    mode : {"max", "sum", "average_inc_pad", "average_exc_pad"}, default "max"
    ndim : int, default 2
        Number of axes, from the last, that are pooled.
    openmp : optional
        Not used.

    Raises
    ------
    ValueError
        If the mode is invalid.
    """

    __props__ = ("ignore_border", "mode", "ndim")
    n_arrays = 1

    def __init__(
        self, ignore_border: bool = False, mode: str = "max", ndim: int = 2, openmp: Any = None
    ) -> None:
        mode = "max" if mode == "max_deterministic" else mode
        if mode not in MODES:
            raise ValueError(
                "Pool mode parameter only support 'max', 'sum', 'average_inc_pad' and "
                f"'average_exc_pad'. Got {mode}"
            )
        self.ignore_border = bool(ignore_border)
        self.mode = mode
        self.ndim = ndim

    def geometry(self, ws: Any, stride: Any = None, pad: Any = None) -> list[Variable]:
        """Return the windows' size, stride and padding as integer vectors.

        Raises
        ------
        TypeError
            If they are not integer vectors.
        NotImplementedError
            If there is padding without ``ignore_border``, or padding as large as a window.
        """
        pad = (0,) * self.ndim if pad is None else pad
        self._check_padding(ws, pad)
        given = {"downsample": ws, "stride": ws if stride is None else stride, "padding": pad}
        return [_integers(name, value) for name, value in given.items()]

    def _check_padding(self, ws: Any, pad: Any) -> None:
        if not isinstance(pad, tuple | list):
            return
        if max(pad) != 0 and not self.ignore_border:
            raise NotImplementedError("padding works only with ignore_border=True")
        if isinstance(ws, tuple | list) and any(
            not isinstance(w, GraphVariable) and p >= w for p, w in zip(pad, ws, strict=True)
        ):
            raise NotImplementedError("padding must be smaller than strides")

    def make_node(
        self, *inputs: Any, ws: Any = None, stride: Any = None, pad: Any = None
    ) -> Apply:
        """Create a node for the arrays, and for size, stride and padding of the windows."""
        n = self.n_arrays
        given = dict(zip(("ws", "stride", "pad"), inputs[n:], strict=False))
        how = {"ws": ws, "stride": stride, "pad": pad, **given}
        arrays = [pt.as_tensor_variable(x) for x in inputs[:n]]
        for x in arrays:
            if x.type.ndim < self.ndim:
                raise TypeError(
                    f"pooling over {self.ndim} axes needs an array with at least as many, got "
                    f"{x.type.ndim}"
                )
        return Apply(self, [*arrays, *self.geometry(**how)], [self.output(*arrays)])

    def output(self, x: Variable, *others: Variable) -> Variable:
        """Return a variable for the result, by default of the array's type."""
        return TensorType(x.dtype, shape=_ones(x.broadcastable))()

    def windows(self, ws: Array, stride: Array, pad: Array) -> Windows:
        """Return the windows for the values of size, stride and padding."""
        for given in (ws, stride, pad):
            if given.shape != (self.ndim,):
                raise ValueError(
                    f"pooling over {self.ndim} axes needs as many lengths, got {given.tolist()}"
                )
        size, stride, pad = (tuple(given.tolist()) for given in (ws, stride, pad))
        return Windows(size, stride, pad, self.ignore_border)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return the connection pattern: the result depends on the arrays only."""
        return [[i < self.n_arrays] for i in range(self.n_arrays + 3)]

    def perform(self, node: Apply, inputs: Sequence[Array], outputs: Any) -> None:
        """Compute the result."""
        n = self.n_arrays
        result = self.value(*inputs[:n], self.windows(*inputs[n:]))
        outputs[0][0] = result.astype(node.outputs[0].type.dtype, copy=False)

    def value(self, *arguments: Any) -> Array:
        """Compute the result from arrays and windows."""
        raise NotImplementedError


def _integers(name: str, value: Any) -> Variable:
    vector = pt.as_tensor_variable(value)
    if vector.ndim != 1 or vector.dtype not in int_dtypes:
        raise TypeError(f"Pool {name} parameters must be ints, one for each axis, got {value}")
    return vector


def _ones(flags: Sequence[bool]) -> tuple[int | None, ...]:
    return tuple(1 if one else None for one in flags)


def _given(value: Any, older: Any, name: str, older_name: str, default: Any = None) -> Any:
    """Return the value of a parameter, given under its name or its older name."""
    import warnings

    if older is None:
        return value
    if value not in (None, default):
        raise ValueError(
            f"You can't provide a tuple value to both '{older_name}' and '{name}'. Please provide "
            f"a value only to '{name}'."
        )
    warnings.warn(
        f"DEPRECATION: the '{older_name}' parameter is not going to exist anymore as it is going "
        f"to be replaced by the parameter '{name}'.",
        stacklevel=4,
    )
    return older


class Pool(BasePool):
    """Operation that returns the maximum, sum or mean of windows of the last axes."""

    @staticmethod
    def out_shape(
        imgshape: Sequence[Any],
        ws: Any = None,
        ignore_border: bool = False,
        stride: Any = None,
        pad: Any = None,
        ndim: int | None = 2,
        ds: Any = None,
        st: Any = None,
        padding: Any = None,
    ) -> list[Any]:
        """Return the shape of the result; lengths may be symbolic.

        Parameters
        ----------
        imgshape : sequence
        ws, stride, pad : sequence
            Size, stride and padding of windows; ``ds``, ``st`` and ``padding`` are older names.
        ignore_border : bool, default False
        ndim : int, default 2
        """
        n_axes = 2 if ndim is None else ndim
        ws = _given(ws, ds, "ws", "ds")
        stride = _given(stride, st, "stride", "st")
        pad = _given(pad, padding, "pad", "padding", (0,) * n_axes)
        if ws is None:
            raise ValueError("You must provide a tuple value for the window size.")
        if len(imgshape) < n_axes:
            raise TypeError(f"imgshape must have at least {n_axes} dimensions")
        stride = ws if stride is None else stride
        pad = (0,) * n_axes if pad is None else pad
        lengths = [_constant(length) for length in imgshape[-n_axes:]]
        out = [
            _out_length(lengths[i] + pad[i] * 2, ws[i], stride[i], ignore_border)
            for i in range(n_axes)
        ]
        return [*imgshape[:-n_axes], *out]

    def output(self, x: Variable, *others: Variable) -> Variable:
        """Return a variable for the result."""
        flags = *x.broadcastable[: -self.ndim], *(False,) * self.ndim
        return TensorType(x.dtype, shape=_ones(flags))()

    def value(self, x: Array, windows: Windows) -> Array:
        """Pool."""
        return pooling.pool(x, windows, self.mode)

    @without_graph
    def infer_shape(self, node: Any, shapes: Any) -> list[Any]:
        """Infer the shape of the result."""
        geometry = [[v[i] for i in range(self.ndim)] for v in node.inputs[1:]]
        ws, stride, pad = geometry
        return [self.out_shape(shapes[0], ws, self.ignore_border, stride, pad, self.ndim)]

    def pullback(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Variable]:
        """Return the gradient with respect to the array."""
        x, *geometry = inputs
        (given,) = output_grads
        if self.mode == "max":
            gradient = MaxPoolGrad(self.ignore_border, ndim=self.ndim)(
                x, outputs[0], given, *geometry
            )
        else:
            gradient = AveragePoolGrad(self.ignore_border, self.mode, self.ndim)(
                x, given, *geometry
            )
        return [gradient, *_disconnected(3)]

    def pushforward(self, inputs: Any, outputs: Any, eval_points: Any) -> list[Variable]:
        """Return the directional derivative."""
        direction = eval_points[0]
        if direction is None or isinstance(direction.type, DisconnectedType):
            return [DisconnectedType()()]
        x, *geometry = inputs
        if self.mode != "max":
            return [self(direction, *geometry)]
        gathered = DownsampleFactorMaxGradGrad(self.ignore_border, self.mode, self.ndim)
        return [gathered(x, outputs[0], direction, *geometry)]


def _constant(length: Any) -> Any:
    """Return the number, or the variable if it is not constant."""
    return get_scalar_constant_value(length, raise_not_constant=False)


def _out_length(length: Any, size: Any, stride: Any, ignore_border: bool) -> Any:
    if not any(isinstance(v, GraphVariable) for v in (length, size, stride)):
        return pooling.out_length(int(length), int(size), int(stride), ignore_border)
    if ignore_border:
        return pt.maximum((length - size) // stride + 1, 0)
    overlapping = pt.maximum(0, (length - 1 - size) // stride + 1) + 1
    return pt.switch(pt.ge(stride, size), (length - 1) // stride + 1, overlapping)


def _disconnected(n: int) -> list[Variable]:
    return [DisconnectedType()() for _ in range(n)]


class PoolGrad(BasePool):
    """Base class of the gradients of pooling with respect to the array."""

    out_shape = staticmethod(Pool.out_shape)

    @without_graph
    def infer_shape(self, _: Any, shapes: Any) -> list[Any]:
        """Infer the shape of the result: that of the array."""
        return [shapes[0]]


class MaxPoolGrad(PoolGrad):
    """Gradient of the maximum; each entry that equals the maximum receives the whole gradient."""

    n_arrays = 3

    def __init__(self, ignore_border: bool, ndim: int = 2, openmp: Any = None) -> None:
        super().__init__(ignore_border, mode="max", ndim=ndim)

    def _check_padding(self, ws: Any, pad: Any) -> None:
        """Accept any padding, which the forward operation has checked."""

    def value(self, x: Array, maxout: Array, gz: Array, windows: Windows) -> Array:
        """Compute the gradient."""
        return pooling.gradient(x, maxout, gz, windows, "max")

    def pullback(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Variable]:
        """Return the gradient with respect to the maximum's gradient; the others are zero."""
        x, maxout, _, *geometry = inputs
        gathered = DownsampleFactorMaxGradGrad(self.ignore_border, ndim=self.ndim)
        second = gathered(x, maxout, output_grads[0], *geometry)
        return [pt.zeros_like(x), pt.zeros_like(maxout), second, *_disconnected(3)]


class AveragePoolGrad(PoolGrad):
    """Gradient of a sum or mean."""

    n_arrays = 2

    def __init__(self, ignore_border: bool, mode: str = "average_inc_pad", ndim: int = 2) -> None:
        super().__init__(ignore_border, mode, ndim)

    def _check_padding(self, ws: Any, pad: Any) -> None:
        """Accept any padding, which the forward operation has checked."""

    def value(self, x: Array, gz: Array, windows: Windows) -> Array:
        """Compute the gradient."""
        return pooling.gradient(x, gz, gz, windows, self.mode)

    def pullback(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Variable]:
        """Return the gradient with respect to the mean's gradient; the other is zero."""
        x, _, *geometry = inputs
        second = Pool(self.ignore_border, self.mode, self.ndim)(output_grads[0], *geometry)
        return [pt.zeros_like(x), second, *_disconnected(3)]


class DownsampleFactorMaxGradGrad(BasePool):
    """Operation that sums over the entries that equal the maximum of their window."""

    n_arrays = 3

    def output(self, x: Variable, *others: Variable) -> Variable:
        """Return a variable for the result, with the type of the maximum."""
        return TensorType(x.dtype, shape=_ones(others[0].broadcastable))()

    def _check_padding(self, ws: Any, pad: Any) -> None:
        """Accept any padding, which the forward operation has checked."""

    def value(self, x: Array, maxout: Array, ggx: Array, windows: Windows) -> Array:
        """Compute the sums."""
        return pooling.gathered(x, maxout, ggx, windows)

    @without_graph
    def infer_shape(self, _: Any, shapes: Any) -> list[Any]:
        """Infer the shape of the result: that of the maximum."""
        return [shapes[1]]

    def pullback(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Variable]:
        """Return the gradient with respect to the summed array; the others are zero."""
        x, maxout, _, *geometry = inputs
        gradient = MaxPoolGrad(self.ignore_border, ndim=self.ndim)
        back = gradient(x, maxout, output_grads[0], *geometry)
        return [pt.zeros_like(x), pt.zeros_like(maxout), back, *_disconnected(3)]


class MaxPoolRop(BasePool):
    """Directional derivative of the maximum: the direction at the first maximum of each window."""

    n_arrays = 2

    def output(self, x: Variable, *others: Variable) -> Variable:
        """Return a variable for the result."""
        flags = *x.broadcastable[: -self.ndim], *(False,) * self.ndim
        return TensorType(others[0].dtype, shape=_ones(flags))()

    def value(self, x: Array, eval_point: Array, windows: Windows) -> Array:
        """Return the direction at the maxima."""
        return pooling.at_maximum(x, eval_point, windows)
