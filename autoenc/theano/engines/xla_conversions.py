"""Integers of mixed signs on XLA, which are converted as in C.

In C, a signed integer becomes unsigned beside an unsigned one that is at least as wide as it and
as an ``int``: -1 is not less than ``uint32(1)``, and their sum is 4294967295 or 0. Theano's
compiled functions had these numbers. JAX would convert both operands to a wider type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import jax.numpy as jnp
import numpy as np
from pytensor import scalar
from pytensor.graph.basic import Apply
from pytensor.tensor.elemwise import Elemwise

from autoenc.backends.interface import DeviceArray
from autoenc.backends.xla.runtime_checks import Checks
from autoenc.theano.engines.xla_numbers import adapting

Binary = Callable[[DeviceArray, DeviceArray], DeviceArray]
Adapted = Callable[..., DeviceArray]


@adapting(Elemwise)
def _converted(function: Any, op: Elemwise, node: Apply, checks: Checks) -> Any:
    """Convert the operands of an operation whose integers have both signs."""
    make = _IN_C.get(type(op.scalar_op))
    dtypes = [np.dtype(variable.type.dtype) for variable in node.inputs]
    if make is None or not _mixes_signs(dtypes):
        return function
    compute = make(function)

    def converted(*operands: Any) -> DeviceArray:
        # A constant arrives as a Python number.
        return compute(*map(jnp.asarray, operands, dtypes))

    return converted


def _mixes_signs(dtypes: Sequence[np.dtype[Any]]) -> bool:
    wide = any(dtype.kind == "u" and dtype.itemsize >= 4 for dtype in dtypes)
    return wide and any(dtype.kind == "i" for dtype in dtypes)


def common_dtype(*dtypes: Any) -> np.dtype[Any]:
    """Return the dtype of the result of arithmetic in C.

    Parameters
    ----------
    *dtypes : dtype
        Dtypes of numbers that are not complex.
    """
    given = [np.dtype(dtype) for dtype in dtypes]
    floats = [dtype for dtype in given if dtype.kind == "f"]
    if floats:
        return max(floats, key=lambda dtype: dtype.itemsize)
    width = max(4, *(dtype.itemsize for dtype in given))
    unsigned = any(dtype.kind == "u" and dtype.itemsize == width for dtype in given)
    return np.dtype(f"{'u' * unsigned}int{8 * width}")


def _together(*operands: DeviceArray) -> list[DeviceArray]:
    """Convert operands to one dtype."""
    dtype = common_dtype(*(x.dtype for x in operands))
    return [x.astype(dtype) for x in operands]


def _pairwise(compute: Binary) -> Callable[[Any], Adapted]:
    """Return a maker of a function that computes from left to right."""

    def in_c(x: DeviceArray, y: DeviceArray) -> DeviceArray:
        return compute(*_together(x, y))

    return lambda function: lambda *operands: reduce(in_c, operands)


def _first_unless(compare: Binary) -> Callable[[Any], Adapted]:
    """Return a maker of a function that returns x unless y compares as greater or less."""

    def choose(x: DeviceArray, y: DeviceArray) -> DeviceArray:
        dtype = jnp.promote_types(x.dtype, y.dtype)
        return jnp.where(compare(*_together(y, x)), y.astype(dtype), x.astype(dtype))

    return lambda function: lambda *operands: reduce(choose, operands)


def _wrapped(function: Any) -> Adapted:
    """Return a function whose results overflow if they are integers."""

    def compute(x: DeviceArray, y: DeviceArray) -> DeviceArray:
        result = function(x, y)
        whole = jnp.issubdtype(result.dtype, jnp.integer)
        return result.astype(common_dtype(x.dtype, y.dtype)) if whole else result

    return compute


def _switched(function: Any) -> Adapted:
    return lambda condition, x, y: jnp.where(condition != 0, *_together(x, y))


def _clipped(function: Any) -> Adapted:
    def clip(x: DeviceArray, least: DeviceArray, most: DeviceArray) -> DeviceArray:
        below, above = jnp.less(*_together(x, least)), jnp.greater(*_together(x, most))
        x, least, most = _together(x, least, most)
        return jnp.where(below, least, jnp.where(above, most, x))

    return clip


_IN_C: dict[type, Callable[[Any], Adapted]] = {
    scalar.Add: _pairwise(jnp.add),
    scalar.Sub: _pairwise(jnp.subtract),
    scalar.Mul: _pairwise(jnp.multiply),
    scalar.AND: _pairwise(jnp.bitwise_and),
    scalar.OR: _pairwise(jnp.bitwise_or),
    scalar.XOR: _pairwise(jnp.bitwise_xor),
    scalar.LT: _pairwise(jnp.less),
    scalar.GT: _pairwise(jnp.greater),
    scalar.LE: _pairwise(jnp.less_equal),
    scalar.GE: _pairwise(jnp.greater_equal),
    scalar.EQ: _pairwise(jnp.equal),
    scalar.NEQ: _pairwise(jnp.not_equal),
    scalar.Maximum: _first_unless(jnp.greater),
    scalar.Minimum: _first_unless(jnp.less),
    scalar.IntDiv: _wrapped,
    scalar.Mod: _wrapped,
    scalar.Switch: _switched,
    scalar.Clip: _clipped,
}
