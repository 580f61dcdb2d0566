"""Operation that draws uniform numbers from streams of MRG31k3p."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.compile.mode import optdb
from pytensor.gradient import grad_undefined
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.tensor.basic import get_underlying_scalar_constant_value, get_vector_length
from pytensor.tensor.type import TensorType

from autoenc.backends.c.library import kernels
from autoenc.theano.ops.shape_inference import without_graph
from autoenc.theano.random import mrg31k3p

Array = Any
Variable = Any

_NORMS = {"float32": np.float32(4.6566126e-10), "float64": np.float64(2.0**-31)}
_HALF_NORM = float(np.float16(3.0458e-05))


class mrg_uniform(Op):  # noqa: N801 - Theano's name
    """Operation that draws uniform numbers, the i-th from stream i modulo the number of streams.

    Parameters
    ----------
    output_type : TensorType
    inplace : bool, default False
        Whether to advance the states in place.
    """

    __props__ = ("output_type", "inplace")

    def __init__(self, output_type: TensorType, inplace: bool = False) -> None:
        self.output_type = output_type
        self.inplace = inplace
        if inplace:
            self.destroy_map = {0: [0]}

    def __str__(self) -> str:
        place = "inplace" if self.inplace else "no_inplace"
        return f"{type(self).__name__}{{{self.output_type},{place}}}"

    @classmethod
    def new(cls, rstate: Variable, ndim: int | None, dtype: str, size: Any) -> list[Variable]:
        """Apply a new operation to states; infer the number of dimensions from the size."""
        size = pt.as_tensor_variable(size)
        ndim = get_vector_length(size) if ndim is None else ndim
        drawn: list[Variable] = cls(TensorType(dtype, shape=(None,) * ndim))(rstate, size)
        return drawn

    def make_node(self, rstate: Variable, size: Variable) -> Apply:
        """Create a node for states, (streams, 6), and the shape of the draw."""
        rstate, size = pt.as_tensor_variable(rstate), pt.as_tensor_variable(size)
        lengths = (_constant(size[i]) for i in range(self.output_type.ndim))
        shape = tuple(1 if length == 1 else None for length in lengths)
        return Apply(self, [rstate, size], [rstate.type(), self.output_type.clone(shape=shape)()])

    @without_graph
    def infer_shape(self, node: Any, shapes: Any) -> list[Any]:
        """Infer the shapes of the states and of the draw."""
        size = node.inputs[1]
        return [shapes[0], [size[i] for i in range(self.output_type.ndim)]]

    def perform(self, node: Apply, inputs: Sequence[Array], outputs: Any) -> None:
        """Draw numbers, and return the new states, too."""
        states, size = inputs
        shape = tuple(size.tolist())
        if len(shape) != self.output_type.ndim:
            raise ValueError(f"size must have length {self.output_type.ndim} (not {len(shape)})")
        n = int(np.prod(shape, dtype="int64"))
        if n > mrg31k3p.M1:
            raise ValueError("rng_mrg does not support more then (2**31 -1) samples")
        if not (self.inplace and states.flags.c_contiguous):
            states = np.array(states, order="C")
        outputs[0][0] = states
        outputs[1][0] = draw(states, n, self.output_type.dtype).reshape(shape)

    def pullback(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Variable]:
        """Return undefined gradients: a draw is not differentiable."""
        comment = "No gradient defined through random sampling op"
        return [grad_undefined(self, k, x, comment) for k, x in enumerate(inputs)]

    def pushforward(self, inputs: Any, outputs: Any, eval_points: Any) -> list[None]:
        """Return None: a draw has no directional derivatives."""
        return [None for _ in outputs]


def _constant(length: Variable) -> Any:
    return get_underlying_scalar_constant_value(length, raise_not_constant=False)


def draw(states: Array, n: int, dtype: str) -> Array:
    """Draw n numbers, and advance the states in place.

    Parameters
    ----------
    states : int32 array, (streams, 6)
        C-contiguous.
    n : int
    dtype : {"float16", "float32", "float64"}
    """
    library = kernels() if dtype in _NORMS else None
    if library is None:
        return scaled(_draw_values(states, n), dtype)
    samples = np.empty(n, dtype)
    kernel = library.autoenc_mrg_float if dtype == "float32" else library.autoenc_mrg_double
    _call(kernel, states, samples)
    return samples


def _call(kernel: Any, states: Array, samples: Array) -> None:
    import ctypes

    pointers = (ctypes.c_void_p(a.ctypes.data) for a in (states, samples))
    lengths = (ctypes.c_long(len(a)) for a in (states, samples))
    kernel(*(part for pair in zip(pointers, lengths, strict=True) for part in pair))


def _draw_values(states: Array, n: int) -> Array:
    values = np.empty(n, "uint32")
    unsigned = states.view("uint32")
    for begin in range(0, n, len(states)):
        some = slice(0, min(len(states), n - begin))
        unsigned[some], values[begin : begin + len(states)] = mrg31k3p.advance(unsigned[some])
    return values


def scaled(values: Array, dtype: str, xp: Any = np) -> Array:
    """Scale values of the generator to (0, 1], with the precision of Theano.

    XLA would multiply a constant by others that follow, such as the length of an interval, before
    it multiplies the values. It does not know that no value is below 0.
    """
    if dtype == "float16":
        # Uses 15 bits, none of whose values is rounded to 0.
        return (((values & 0x7FFF) + 1) * _HALF_NORM).astype("float16")
    numbers = values.astype(dtype)
    return numbers * (_NORMS[dtype] if xp is np else xp.where(numbers < 0, 0, _NORMS[dtype]))


@node_rewriter([mrg_uniform])  # type: ignore[untyped-decorator]
def mrg_random_make_inplace(fgraph: Any, node: Apply) -> list[Variable] | bool:
    """Replace a draw by one that advances the states in place, if nothing else needs them."""
    if node.op.inplace:
        return False
    outputs: list[Variable] = (
        mrg_uniform(node.op.output_type, inplace=True).make_node(*node.inputs).outputs
    )
    return outputs


optdb.register(
    "mrg_make_inplace",
    in2out(mrg_random_make_inplace, ignore_newtrees=True),
    "fast_run",
    "inplace",
    position=99,
)
