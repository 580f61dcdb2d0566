"""Draws from a ``RandomState``: the operation, and the distributions of ``raw_random``.

Each function takes a variable with a ``RandomState`` as its first argument. It returns the state
after the draw, and the numbers.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor import config
from pytensor.compile.mode import optdb
from pytensor.gradient import DisconnectedType, grad_undefined
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.scalar import upcast
from pytensor.tensor.exceptions import ShapeError
from pytensor.tensor.type import TensorType

from autoenc.theano.ops.shape_inference import without_graph
from autoenc.theano.random.decisions import decisions
from autoenc.theano.random.sizes import Size, broadcast_indices, infer_size
from autoenc.theano.random.states import RandomStateType

State = Any
Array = Any
Variable = Any


class RandomFunction(Op):
    """Operation that draws numbers from a ``RandomState``.

    Parameters
    ----------
    fn : str or callable
        A method of ``RandomState``, or a function ``(state, *parameters, size)``.
    outtype : TensorType
        Type of the numbers.
    inplace : bool, default False
        Whether to advance the state in place.
    ndim_added : int, default 0
        Number of axes of each draw, in addition to the axes of the size.
    """

    __props__ = ("fn", "outtype", "inplace", "ndim_added")

    def __init__(
        self,
        fn: str | Callable[..., Array],
        outtype: TensorType,
        inplace: bool = False,
        ndim_added: int = 0,
    ) -> None:
        self.fn = fn
        self.outtype = outtype
        self.inplace = inplace
        self.ndim_added = ndim_added
        if inplace:
            self.destroy_map = {0: [0]}

    @property
    def exec_fn(self) -> Callable[..., Array]:
        """Function that draws."""
        return getattr(np.random.RandomState, self.fn) if isinstance(self.fn, str) else self.fn

    def __str__(self) -> str:
        return f"RandomFunction{{{self.exec_fn.__name__}}}"

    def make_node(self, r: Variable, shape: Any, *args: Any) -> Apply:
        """Create a node for a state, the shape of the draw and the distribution's parameters."""
        size = pt.as_tensor_variable(shape, ndim=1)
        if isinstance(shape, tuple) and not shape:
            size = size.astype("int64")
        if size.type.ndim != 1 or size.type.dtype not in ("int64", "int32"):
            raise TypeError(f"the size of a draw must be a vector of integers, got {size.type}")
        if not isinstance(r.type, RandomStateType):
            print("WARNING: RandomState instances should be in RandomStateType", file=sys.stderr)
        parameters = [pt.as_tensor_variable(argument) for argument in args]
        return Apply(self, [r, size, *parameters], [r.type(), self.outtype()])

    @without_graph
    def infer_shape(self, node: Any, _: Any) -> list[Any]:
        """Infer the shape of the numbers if the size alone determines it."""
        size = node.inputs[1]
        if self.ndim_added or len(getattr(size, "data", (0,))) == 0:
            raise ShapeError("the size of the draw depends on the parameters' values")
        return [None, [size[i] for i in range(node.outputs[1].ndim)]]

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Any) -> None:
        """Draw numbers, and return the new state, too."""
        state, shape, *parameters = inputs
        size = tuple(shape.tolist()) or None
        if size is not None and self.outtype.ndim != len(size) + self.ndim_added:
            raise ValueError(
                f"Shape mismatch: self.outtype.ndim ({self.outtype.ndim}) != len(shape) "
                f"({len(size)}) + self.ndim_added ({self.ndim_added})"
            )
        if not self.inplace:
            state = copy.deepcopy(state)
        dtype = node.outputs[1].type.dtype
        draw = None
        if self.fn == "binomial":
            n, p = parameters
            draw = decisions(state, n, p, size, dtype)
        if draw is None:
            draw = np.asarray(self.exec_fn(state, *parameters, size), dtype=dtype)
        if size is None and draw.ndim == 0 and self.outtype.ndim:
            draw = draw.reshape([1] * self.outtype.ndim)
        self._check(draw, size)
        outputs[0][0], outputs[1][0] = state, draw

    def _check(self, draw: Array, size: tuple[int, ...] | None) -> None:
        if draw.ndim != self.outtype.ndim:
            raise ValueError(
                f'Shape mismatch: "out" should have dimension {self.outtype.ndim}, but the value '
                f'produced by "perform" has dimension {draw.ndim}'
            )
        if size is not None and size != draw.shape[: len(size)]:
            raise ValueError(
                f'Shape mismatch: "out" should have shape {size}, but the value produced by '
                f'"perform" has shape {draw.shape}'
            )

    def pullback(self, inputs: Any, outputs: Any, output_grads: Any) -> list[Variable]:
        """Return undefined gradients: a draw is not differentiable."""
        comment = "No gradient defined through raw random numbers op"
        return [grad_undefined(self, k, x, comment) for k, x in enumerate(inputs)]

    def pushforward(self, inputs: Any, outputs: Any, eval_points: Any) -> list[Variable]:
        """Return disconnected variables: a draw has no directional derivatives."""
        return [DisconnectedType()() for _ in outputs]


@node_rewriter([RandomFunction])  # type: ignore[untyped-decorator]
def random_make_inplace(fgraph: Any, node: Apply) -> list[Variable] | bool:
    """Replace a draw by one that advances the state in place, if nothing else needs it."""
    op = node.op
    if op.inplace:
        return False
    inplace = RandomFunction(op.fn, op.outtype, inplace=True, ndim_added=op.ndim_added)
    outputs: list[Variable] = inplace.make_node(*node.inputs).outputs
    return outputs


optdb.register(
    "random_state_make_inplace",
    in2out(random_make_inplace, ignore_newtrees=True),
    "fast_run",
    "inplace",
    position=99,
)


def _draw(
    state: State,
    fn: str | Callable[..., Array],
    dtype: str,
    size: tuple[int, Any, tuple[bool, ...]],
    *parameters: Variable,
    added: tuple[bool, ...] = (),
) -> list[Variable]:
    _, shape, broadcastable = size
    static = tuple(1 if one else None for one in (*broadcastable, *added))
    op = RandomFunction(fn, TensorType(dtype, shape=static), ndim_added=len(added))
    drawn: list[Variable] = op(state, shape, *parameters)
    return drawn


def _float_type(dtype: str | None, *parameters: Variable) -> str:
    """Return the given dtype, or the most precise among floatX and the parameters' dtypes."""
    return dtype or str(upcast(config.floatX, *(p.dtype for p in parameters)))


def uniform(
    random_state: State,
    size: Size = None,
    low: Any = 0.0,
    high: Any = 1.0,
    ndim: int | None = None,
    dtype: str | None = None,
) -> list[Variable]:
    """Draw from the uniform distribution on [low, high)."""
    low, high = pt.as_tensor_variable(low), pt.as_tensor_variable(high)
    dtype = _float_type(dtype, low, high)
    return _draw(random_state, "uniform", dtype, infer_size(ndim, size, low, high), low, high)


def normal(
    random_state: State,
    size: Size = None,
    avg: Any = 0.0,
    std: Any = 1.0,
    ndim: int | None = None,
    dtype: str | None = None,
) -> list[Variable]:
    """Draw from the normal distribution with mean ``avg`` and standard deviation ``std``."""
    avg, std = pt.as_tensor_variable(avg), pt.as_tensor_variable(std)
    dtype = _float_type(dtype, avg, std)
    return _draw(random_state, "normal", dtype, infer_size(ndim, size, avg, std), avg, std)


def binomial(
    random_state: State,
    size: Size = None,
    n: Any = 1,
    p: Any = 0.5,
    ndim: int | None = None,
    dtype: str = "int64",
    prob: Any = None,
) -> list[Variable]:
    """Draw the number of successes in ``n`` trials with probability ``p`` each."""
    n, p = pt.as_tensor_variable(n), pt.as_tensor_variable(_renamed(prob, p))
    ndim, shape, _ = infer_size(ndim, size, n, p)
    return _draw(random_state, "binomial", dtype, (ndim, shape, (False,) * ndim), n, p)


def _renamed(prob: Any, p: Any) -> Any:
    if prob is None:
        return p
    print(
        "DEPRECATION WARNING: the parameter prob to the binomal fct have been renamed to p to "
        "have the same name as numpy.",
        file=sys.stderr,
    )
    return prob


def random_integers(
    random_state: State,
    size: Size = None,
    low: Any = 0,
    high: Any = 1,
    ndim: int | None = None,
    dtype: str = "int64",
) -> list[Variable]:
    """Draw integers between ``low`` and ``high``, both included."""
    low, high = pt.as_tensor_variable(low), pt.as_tensor_variable(high)
    sizes = infer_size(ndim, size, low, high)
    return _draw(random_state, random_integers_helper, dtype, sizes, low, high)


def random_integers_helper(
    random_state: np.random.RandomState, low: Array, high: Array, size: tuple[int, ...] | None
) -> Array:
    """Draw each integer by a separate call, as Theano did."""
    axes = max(low.ndim, high.ndim) if size is None else len(size)
    low, high = _with_axes(low, axes, "low"), _with_axes(high, axes, "high")
    size = np.broadcast_shapes(low.shape, high.shape) if size is None else size
    draw = np.empty(size)
    for index, of_low, of_high in broadcast_indices(size, low.shape, high.shape):
        draw[index] = random_state.randint(low=low[of_low], high=high[of_high] + 1)
    return draw


def _with_axes(parameter: Array, axes: int, name: str) -> Array:
    if parameter.ndim > axes:
        raise ValueError(
            f"{name}.ndim ({parameter.ndim}) should not be larger than len(size) ({axes})"
        )
    return parameter.reshape((1,) * (axes - parameter.ndim) + parameter.shape)


def choice(
    random_state: State,
    size: Size = None,
    a: Any = 2,
    replace: Any = True,
    p: Any = None,
    ndim: int | None = None,
    dtype: str = "int64",
) -> list[Variable]:
    """Choose entries of a vector, or integers below a scalar, with probabilities ``p``."""
    a = pt.as_tensor_variable(a)
    replace = pt.constant(replace, dtype="int8") if isinstance(replace, bool) else replace
    # An empty vector represents None; Theano took 0 for None, too.
    p = pt.as_tensor_variable([] if p is None or (isinstance(p, int) and p == 0) else p)
    sizes = infer_size(ndim, size)
    return _draw(random_state, choice_helper, dtype, sizes, a, pt.as_tensor_variable(replace), p)


def choice_helper(
    random_state: np.random.RandomState, a: Array, replace: Array, p: Array, size: Any
) -> Array:
    """Choose with NumPy's ``choice``."""
    if a.ndim > 1:
        raise ValueError(f"a.ndim ({a.ndim}) must be 0 or 1")
    if p.ndim != 1:
        raise ValueError(f"p.ndim ({p.ndim}) must be 1")
    return random_state.choice(a, size, bool(replace), p if p.size else None)


def poisson(
    random_state: State,
    size: Size = None,
    lam: Any = 1.0,
    ndim: int | None = None,
    dtype: str = "int64",
) -> list[Variable]:
    """Draw from the Poisson distribution with mean ``lam``."""
    return _draw(
        random_state, "poisson", dtype, infer_size(ndim, size), pt.as_tensor_variable(lam)
    )


def permutation(
    random_state: State,
    size: Size = None,
    n: Any = 1,
    ndim: int | None = None,
    dtype: str = "int64",
) -> list[Variable]:
    """Draw permutations of the integers below ``n``, along a new last axis."""
    if size is None or (isinstance(size, tuple) and not size):
        if ndim not in (None, 1):
            raise TypeError(
                "You asked for just one permutation but asked for more then 1 dimensions."
            )
        sizes = 1, (), ()
    else:
        sizes = infer_size(ndim, size)  # type: ignore[assignment]
    n = pt.as_tensor_variable(n)
    return _draw(random_state, permutation_helper, dtype, sizes, n, added=(False,))


def permutation_helper(
    random_state: np.random.RandomState, n: Array, shape: tuple[int, ...] | None
) -> Array:
    """Draw one permutation for each entry of the shape."""
    if n.shape:
        raise ValueError(f"the length of a permutation must be a scalar, got shape {n.shape}")
    length, shape = int(n.item()), shape or ()
    draw = np.empty((*shape, length), int)
    for index in np.ndindex(*shape):
        draw[index] = random_state.permutation(length)
    return draw


def multinomial(
    random_state: State,
    size: Size = None,
    n: Any = 1,
    pvals: Any = (0.5, 0.5),
    ndim: int | None = None,
    dtype: str = "int64",
) -> list[Variable]:
    """Draw the number of occurrences of each outcome in ``n`` experiments.

    The last axis of ``pvals``, and of the draw, contains the outcomes.
    """
    n, pvals = pt.as_tensor_variable(n), pt.as_tensor_variable(pvals)
    sizes = infer_size(ndim, size, n, pvals[..., 0])
    added = (pvals.type.broadcastable[-1],)
    return _draw(random_state, multinomial_helper, dtype, sizes, n, pvals, added=added)


def multinomial_helper(
    random_state: np.random.RandomState, n: Array, pvals: Array, size: tuple[int, ...] | None
) -> Array:
    """Draw the counts of one row after the other."""
    axes = max(n.ndim, pvals.ndim - 1) if size is None else len(size)
    n, pvals = _with_axes(n, axes, "n"), _with_axes(pvals, axes + 1, "pvals")
    shapes = n.shape, pvals.shape[:-1]
    size = np.broadcast_shapes(*shapes) if size is None else size
    if pvals.size and pvals.min() < 0:
        raise ValueError(f"probabilities must not be negative, got {pvals.min()}")
    draw = np.empty((*size, pvals.shape[-1]))
    for index, of_n, of_p in broadcast_indices(size, *shapes):
        draw[index] = random_state.multinomial(n=n[of_n], pvals=_below_one(pvals[of_p]))
    return draw


def _below_one(pvals: Array) -> Array:
    """Scale probabilities whose sum exceeds 1 due to rounding, which NumPy rejects."""
    if 1.0 < np.sum(pvals) < 1.0 + 1e-5 or pvals[-1] < 5e-5:
        pvals = pvals * (1.0 - 5e-5)
    if np.sum(pvals) > 1.0:
        raise ValueError(f"probabilities must sum to 1, got {np.sum(pvals)}")
    return pvals.astype("float64")
