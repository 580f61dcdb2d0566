"""The numbers and errors of C for programs of Theano's functions on XLA.

Models in the same process are converted without these changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from pytensor.graph.basic import Apply, Constant
from pytensor.raise_op import CheckAndRaise
from pytensor.scalar import Cast, IntDiv, Mod, Pow, Sign
from pytensor.tensor.elemwise import CAReduce, Elemwise
from pytensor.tensor.linalg.decomposition.svd import SVD
from pytensor.tensor.linalg.inverse import MatrixInverse
from pytensor.tensor.linalg.solvers.triangular import SolveTriangular
from pytensor.tensor.type import discrete_dtypes

from autoenc.backends.interface import DeviceArray
from autoenc.backends.xla.runtime_checks import Checks, Convert, replacing

Adapt = Callable[[Callable[..., Any], Any, Apply, Checks], Callable[..., Any]]

_not_by_zero = CheckAndRaise(ZeroDivisionError, "integer division by zero")


def adapting(op: type) -> Callable[[Adapt], Adapt]:
    """Return a decorator that registers a change of an operation's conversion to JAX.

    Only programs of Theano's functions are changed; they are recognised by their checks.

    Parameters
    ----------
    op : type
        Class of the operation.
    """

    def register(adapt: Adapt) -> Adapt:
        @replacing(op)
        def adapted(before: Convert) -> Convert:
            def convert(op: Any, checks: Checks | None = None, **more: Any) -> Any:
                function = before(op, checks=checks, **more)
                return function if checks is None else adapt(function, op, more["node"], checks)

            return convert

        return adapt

    return register


@adapting(Elemwise)
def _divided(divide: Any, op: Elemwise, node: Apply, checks: Checks) -> Any:
    """Report divisions of integers by zero, for which XLA returns numbers."""
    if not _divides_integers(node):
        return divide

    def compute(dividend: DeviceArray, divisor: DeviceArray) -> DeviceArray:
        checks.note(_not_by_zero, [jnp.not_equal(divisor, 0)])
        return divide(dividend, divisor)

    return compute


def _divides_integers(node: Apply) -> bool:
    if not isinstance(node.op.scalar_op, (IntDiv, Mod)):
        return False
    if any(variable.type.dtype not in discrete_dtypes for variable in node.inputs):
        return False
    divisor = node.inputs[1]
    return not isinstance(divisor, Constant) or not divisor.data.all()


@adapting(CAReduce)
def _reduced(reduce: Any, op: CAReduce, node: Apply, checks: Checks) -> Any:
    """Accumulate in the dtype of the operation, such as float64 for sums of float32."""
    dtype = getattr(op, "acc_dtype", None)
    if dtype is None or dtype == node.inputs[0].type.dtype:
        return reduce
    return lambda x: reduce(x.astype(dtype)).astype(node.outputs[0].type.dtype)


@adapting(Cast)
def _converted(cast: Any, op: Cast, node: Apply, checks: Checks) -> Any:
    """Let conversions of floats to integers overflow as in C; those of XLA saturate."""
    dtype = np.dtype(op.o_type.dtype)
    if dtype.kind not in "iu":
        return cast
    return lambda x: _as_integer(x, dtype) if _is_float(x) else cast(x)


def _as_integer(x: DeviceArray, dtype: np.dtype[Any]) -> DeviceArray:
    """Convert floats to integers as processors do: values out of range give the least integer."""
    wide = _width(dtype)
    limit = 2.0 ** (8 * wide.itemsize - 1)
    whole = jnp.trunc(x.astype("float64"))
    fits = (whole < limit) & (whole >= -limit)
    converted = jnp.where(fits, whole, -limit).astype(wide).astype(dtype)
    if dtype == "uint64":
        return jnp.where(whole >= limit, whole.astype(dtype), converted)
    return converted


def _width(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the integers to which processors convert floats on the way to a dtype."""
    return np.dtype("int32" if dtype.itemsize < 4 or dtype == "int32" else "int64")


def _is_float(x: Any) -> bool:
    return bool(jnp.issubdtype(jnp.result_type(x), jnp.floating))


@adapting(IntDiv)
def _floored(divide: Any, op: IntDiv, node: Apply, checks: Checks) -> Any:
    """Round quotients of floats down: 1 // 0.1 is 10."""

    def compute(x: DeviceArray, y: DeviceArray) -> DeviceArray:
        if not (_is_float(x) or _is_float(y)):
            return divide(x, y)
        # XLA would multiply by the reciprocal of a constant divisor.
        return jnp.floor(x / jnp.where(jnp.isnan(x), x, y))

    return compute


@adapting(Sign)
def _signed(sign: Any, op: Sign, node: Apply, checks: Checks) -> Any:
    """Return 0 for -0."""
    return lambda x: jnp.where(x == 0, 0, sign(x))


@adapting(Pow)
def _power(power: Any, op: Pow, node: Apply, checks: Checks) -> Any:
    """Round powers of integers towards 0, and let large ones overflow as a float64 does."""

    def compute(x: DeviceArray, y: DeviceArray) -> DeviceArray:
        dtypes = jnp.result_type(x), jnp.result_type(y)
        if not all(jnp.issubdtype(dtype, jnp.integer) for dtype in dtypes):
            return power(x, y)
        # JAX uses six bits of an exponent. With a negative one, only powers of 1 and -1 are not 0.
        found = power(x, jnp.where(jnp.abs(x) == 1, y % 2, jnp.clip(y, 0, 63)))
        found = jnp.where((y < 0) & (jnp.abs(x) != 1), 0, found)
        wide = jnp.power(x.astype("float64"), y.astype("float64"))
        exact = 2.0**53 if _width(found.dtype) == "int64" else 2.0**31
        return jnp.where(jnp.abs(wide) < exact, found, _as_integer(wide, found.dtype))

    return compute


def _refusing(op: type, message: str, fits: Callable[..., DeviceArray]) -> None:
    """Raise LinAlgError for matrices that LAPACK refuses, for which XLA returns inf or NaN.

    Parameters
    ----------
    op : type
        Operation whose first argument is the matrix.
    message : str
        Message of the error.
    fits : callable
        Function of the operation, the matrix and the result that returns conditions.
    """
    refused = CheckAndRaise(np.linalg.LinAlgError, message)

    @adapting(op)
    def checked(function: Any, op: Any, node: Apply, checks: Checks) -> Any:
        def compute(matrix: DeviceArray, *others: DeviceArray) -> Any:
            result = function(matrix, *others)
            checks.note(refused, [fits(op, matrix, result)])
            return result

        return compute


_refusing(
    MatrixInverse, "Singular matrix",
    lambda op, x, result: jnp.isfinite(result).all() | ~jnp.isfinite(x).all(),
)  # fmt: skip
_refusing(
    SolveTriangular, "Matrix is singular.",
    lambda op, a, result: jnp.asarray(op.unit_diagonal) | (jnp.diagonal(a) != 0),
)  # fmt: skip
_refusing(SVD, "SVD did not converge", lambda op, x, result: jnp.isfinite(x))
