"""Products for functions of rows, for the Numba backend. Importing it registers them.

NumPy's BLAS chooses its algorithm by the numbers of rows and threads. Here every entry is summed
in the order of k, by one fused multiply-add each, regardless of the position of its row.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from autoenc.backends.c.row_products import RowProduct

VERSION = 5
# Number of rows that are multiplied by all panels before the next rows, so that they stay cached.
ROWS_OF_A_BLOCK = 96
# With fewer rows, copying the matrix into panels takes longer than it saves.
ROWS_WORTH_PANELS = 128
# Number of rows that are copied at a time if a matrix is transposed into panels.
TURNED = 16


class Registers(NamedTuple):
    """Registers of a tile: bytes of a vector, vectors of a row, whether multiply-add is fused."""

    n_bytes: int
    vectors: int
    fused: bool


def registers() -> Registers:
    """Return the widest registers of this processor, and how many of them fit six rows."""
    features = {} if config.CPU_NAME or config.CPU_FEATURES else llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return Registers(64, 4, fused=True)
    if features.get("avx2") and features.get("fma"):
        return Registers(32, 2, fused=True)
    if platform.machine() in ("aarch64", "arm64"):
        return Registers(16, 4, fused=True)
    return Registers(16, 2, fused=False)


BYTES, VECTORS, FUSED = registers()


def _tile(n_rows: int, n_vectors: int) -> Callable[..., None]:
    """Return a function that computes a tile of the product, with sums in vector registers.

    Its arguments are A and the offset of its first row, B and the offset of the first column, the
    numbers of rows and columns of B, C and the offset of the tile, and the columns of C.
    """

    @intrinsic  # type: ignore[untyped-decorator]
    def tile(
        _: Any, A: Any, a: Any, B: Any, b: Any, K: Any, n_B: Any, C: Any, c: Any, n_C: Any
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            arrays = {}
            for i in (0, 2, 6):
                array = context.make_array(signature.args[i])(context, builder, arguments[i])
                arrays[i] = builder.gep(array.data, [arguments[i + 1]])
            lengths = arguments[4], arguments[5], arguments[8]
            _generate_tile(builder, arrays, lengths, n_rows, n_vectors)
            return context.get_dummy_value()

        n = types.intp
        return types.void(A, n, B, n, n, n, C, n, n), generate

    return tile  # type: ignore[no-any-return]


def _generate_tile(builder: Any, arrays: Any, lengths: Any, n_rows: int, n_vectors: int) -> None:
    a, b, c = (arrays[i] for i in (0, 2, 6))
    K, n_B, n_C = lengths
    number = a.type.pointee
    n_bytes = 4 if isinstance(number, ir.FloatType) else 8
    lanes = BYTES // n_bytes
    vector = ir.VectorType(number, lanes)
    every = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    add = _multiply_and_add(builder, vector, f"v{lanes}f{8 * n_bytes}")

    def at(array: Any, row: Any, row_length: Any, v: int) -> Any:
        place = builder.add(builder.mul(row, row_length), K.type(v * lanes))
        return builder.bitcast(builder.gep(array, [place]), vector.as_pointer())

    zero = ir.Constant(vector, [0.0] * lanes)
    sums = [
        [cgutils.alloca_once_value(builder, zero) for _ in range(n_vectors)] for _ in range(n_rows)
    ]
    with cgutils.for_range(builder, K) as loop:
        k = loop.index
        columns = [builder.load(at(b, k, n_B, v), align=n_bytes) for v in range(n_vectors)]
        for i in range(n_rows):
            entry = builder.load(builder.gep(a, [builder.add(builder.mul(K.type(i), K), k)]))
            one = builder.insert_element(
                ir.Constant(vector, ir.Undefined), entry, ir.IntType(32)(0)
            )
            row = builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), every)
            for v in range(n_vectors):
                builder.store(add(row, columns[v], builder.load(sums[i][v])), sums[i][v])
    for i in range(n_rows):
        for v in range(n_vectors):
            builder.store(builder.load(sums[i][v]), at(c, K.type(i), n_C, v), align=n_bytes)


def _multiply_and_add(builder: Any, vector: Any, name: str) -> Callable[..., Any]:
    if not FUSED:
        return lambda x, y, z: builder.fadd(builder.fmul(x, y), z)
    kind = ir.FunctionType(vector, [vector] * 3)
    fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.{name}")
    return lambda x, y, z: builder.call(fma, [x, y, z])


def _any_tile(n_rows: int, one_to_four: tuple[Callable[..., None], ...]) -> Callable[..., None]:
    """Return a function that computes a tile of a requested number of vectors."""
    one, two, three, four = one_to_four

    @numba_njit(fastmath=False)  # type: ignore[untyped-decorator]
    def any_tile(
        vectors: Any, A: Any, a: Any, B: Any, b: Any, K: Any, n_B: Any, C: Any, c: Any, n_C: Any
    ) -> None:
        if vectors == 1:
            one(A, a, B, b, K, n_B, C, c, n_C)
        elif vectors == 2:
            two(A, a, B, b, K, n_B, C, c, n_C)
        elif vectors == 3:
            three(A, a, B, b, K, n_B, C, c, n_C)
        else:
            four(A, a, B, b, K, n_B, C, c, n_C)

    return any_tile  # type: ignore[no-any-return]


_six, _four, _two, _one = (
    # More vectors than there are registers for are never requested.
    _any_tile(n, tuple(_tile(n, min(vectors, VECTORS)) for vectors in (1, 2, 3, 4)))
    for n in (6, 4, 2, 1)
)


@numba_njit(fastmath=False)  # type: ignore[untyped-decorator]
def _multiply_panel(
    vectors: Any, A: Any, first: Any, last: Any, B: Any, b: Any, n_B: Any, C: Any, c: Any
) -> None:
    """Multiply rows first to last of A by a panel of B, and store them in C from column c."""
    K, n_C = A.shape[1], C.shape[1]
    i = first
    while i < last:
        left = last - i
        if left >= 6:
            _six(vectors, A, i * K, B, b, K, n_B, C, i * n_C + c, n_C)
            i += 6
        elif left >= 4:
            _four(vectors, A, i * K, B, b, K, n_B, C, i * n_C + c, n_C)
            i += 4
        elif left >= 2:
            _two(vectors, A, i * K, B, b, K, n_B, C, i * n_C + c, n_C)
            i += 2
        else:
            _one(vectors, A, i * K, B, b, K, n_B, C, i * n_C + c, n_C)
            i += 1


@numba_njit(fastmath=False)  # type: ignore[untyped-decorator]
def _panel(B: Any, first: Any, width: Any, panel: Any, start: Any) -> None:
    """Copy columns of B row by row, and fill the panel with zeros beyond its last column."""
    K, n = B.shape
    last = min(first + width, n)
    for k in range(0, K, TURNED):
        until = min(k + TURNED, K)
        if B.strides[0] < B.strides[1]:
            for j in range(first, last):
                for kk in range(k, until):
                    panel[start + kk * width + j - first] = B[kk, j]
        else:
            for kk in range(k, until):
                for j in range(first, last):
                    panel[start + kk * width + j - first] = B[kk, j]
        for kk in range(k, until):
            for j in range(last, first + width):
                panel[start + kk * width + j - first] = 0


@register_funcify_default_op_cache_key(RowProduct)  # type: ignore[untyped-decorator]
def _row_product(op: RowProduct, node: Any, **_: Any) -> tuple[Callable[..., Any], int]:
    lanes = BYTES // np.dtype(node.outputs[0].type.dtype).itemsize
    most = VECTORS * lanes

    # fastmath=False forbids the reordering of sums, which PyTensor permits by default.
    @numba_njit(fastmath=False)  # type: ignore[untyped-decorator]
    def row_product(A: Any, B: Any) -> Any:
        rows = np.ascontiguousarray(A)
        m, (K, n) = rows.shape[0], B.shape
        if rows.shape[1] != K:
            raise ValueError("Shape mismatch in a product of matrices")
        product = np.empty((m, n), rows.dtype)
        in_place = m < ROWS_WORTH_PANELS and B.strides[1] == B.itemsize
        whole = n // most * most
        panels = np.empty(0 if in_place else K * whole, rows.dtype)
        if in_place:
            matrix = np.ascontiguousarray(B).ravel()
        else:
            matrix = panels
            for j in range(0, whole, most):
                _panel(B, j, most, panels, K * j)
        # Zeros fill the last columns up to whole vectors, and are not copied to the product.
        vectors = -(-(n - whole) // lanes)
        width = vectors * lanes
        rest, ends = np.empty(K * width, rows.dtype), np.empty((m, width), rows.dtype)
        _panel(B, whole, width, rest, 0)
        for first in range(0, m, ROWS_OF_A_BLOCK):
            last = min(first + ROWS_OF_A_BLOCK, m)
            for j in range(0, whole, most):
                start, columns = (j, n) if in_place else (K * j, most)
                _multiply_panel(VECTORS, rows, first, last, matrix, start, columns, product, j)
            if vectors:
                _multiply_panel(vectors, rows, first, last, rest, 0, width, ends, 0)
        product[:, whole:] = ends[:, : n - whole]
        return product

    return row_product, VERSION
