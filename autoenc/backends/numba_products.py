"""Products for functions of rows, for the Numba backend. Importing it registers them.

NumPy's BLAS chooses its algorithm by the number of rows and threads. This loop sums every entry
in the same order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from autoenc.backends.c.row_products import RowProduct

VERSION = 2


@register_funcify_default_op_cache_key(RowProduct)  # type: ignore[untyped-decorator]
def _row_product(op: RowProduct, node: Any, **_: Any) -> tuple[Callable[..., Any], int]:
    # Without permission to reorder sums, which PyTensor gives by default.
    @numba_njit(fastmath=False)  # type: ignore[untyped-decorator]
    def row_product(A: Any, B: Any) -> Any:
        rows, matrix = np.ascontiguousarray(A), np.ascontiguousarray(B)
        product = np.zeros((rows.shape[0], matrix.shape[1]), matrix.dtype)
        # Two rows at a time take half as many loads of the matrix; entries are summed alike.
        pairs = rows.shape[0] // 2 * 2
        whole = rows.shape[1] // 4 * 4
        for i in range(0, pairs, 2):
            for k in range(0, whole, 4):
                a, b, c, d = rows[i, k], rows[i, k + 1], rows[i, k + 2], rows[i, k + 3]
                e, f, g, h = (
                    rows[i + 1, k], rows[i + 1, k + 1], rows[i + 1, k + 2], rows[i + 1, k + 3]
                )  # fmt: skip
                for j in range(matrix.shape[1]):
                    p, q, r, s = matrix[k, j], matrix[k + 1, j], matrix[k + 2, j], matrix[k + 3, j]
                    product[i, j] = (((product[i, j] + a * p) + b * q) + c * r) + d * s
                    product[i + 1, j] = (((product[i + 1, j] + e * p) + f * q) + g * r) + h * s
        for i in range(rows.shape[0]):
            for k in range(whole if i < pairs else 0, rows.shape[1]):
                for j in range(matrix.shape[1]):
                    product[i, j] += rows[i, k] * matrix[k, j]
        return product

    return row_product, VERSION
