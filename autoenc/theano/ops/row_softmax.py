"""Softmax of the rows of a matrix as one operation of compiled graphs, as in Theano."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pytensor.graph.basic import Apply
from pytensor.graph.rewriting.basic import dfs_rewriter, node_rewriter
from pytensor.link.c.op import COp
from pytensor.tensor.math import mul, true_div
from pytensor.tensor.rewriting.special import local_logsoftmax
from pytensor.tensor.special import LogSoftmax, Softmax

Array = Any

# After the rewrites for numerical stability (1.5), which recognise PyTensor's own operation, and
# before operations that are defined by graphs are inlined (1.9).
POSITION = 1.85


class RowSoftmax(COp):
    """exp(x - max(x)) / Σ exp(x - max(x)) for each row of a matrix of floats.

    The sum is added up in double precision.
    """

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        """Apply the softmax to a matrix."""
        return Apply(self, [x], [x.type()])

    def __str__(self) -> str:
        return "Softmax"

    def infer_shape(self, *arguments: Any) -> Any:
        """Return the shape of the matrix."""
        return arguments[-1]

    def perform(self, node: Apply, inputs: Sequence[Array], outputs: Any) -> None:
        """Compute the softmax with NumPy."""
        (x,) = inputs
        e = np.exp(x - x.max(axis=1, keepdims=True, initial=-np.inf))
        total = e.sum(axis=1, keepdims=True, dtype="float64").astype(x.dtype)
        outputs[0][0] = e / total

    def c_headers(self, **_: Any) -> list[str]:
        """Return the headers of the code."""
        return ["<cmath>"]

    def c_code(self, node: Apply, name: str, inputs: Any, outputs: Any, sub: Any) -> str:
        """Compute row by row; all loops over a row turn into vector instructions."""
        (x,), (out,) = inputs, outputs
        number = f"npy_{node.inputs[0].dtype}"
        return f"""
        {{
            PyArrayObject* from = (PyArrayObject*)PyArray_GETCONTIGUOUS({x});
            if (!from) {{ {sub["fail"]} }}
            const npy_intp n_rows = PyArray_DIM(from, 0), n_columns = PyArray_DIM(from, 1);
            if (!{out} || !PyArray_IS_C_CONTIGUOUS({out}) || PyArray_DIM({out}, 0) != n_rows
                || PyArray_DIM({out}, 1) != n_columns) {{
                npy_intp shape[2] = {{n_rows, n_columns}};
                Py_XDECREF({out});
                {out} = (PyArrayObject*)PyArray_SimpleNew(2, shape, PyArray_TYPE(from));
                if (!{out}) {{ Py_DECREF(from); {sub["fail"]} }}
            }}
            for (npy_intp row = 0; n_columns && row < n_rows; row++) {{
                const {number}* a = ({number}*)PyArray_DATA(from) + row * n_columns;
                {number}* e = ({number}*)PyArray_DATA({out}) + row * n_columns;
                {number} most = a[0];
                for (npy_intp i = 1; i < n_columns; i++) most = a[i] > most ? a[i] : most;
                #pragma GCC ivdep
                for (npy_intp i = 0; i < n_columns; i++) e[i] = std::exp(a[i] - most);
                double sum = 0;
                for (npy_intp i = 0; i < n_columns; i++) sum += e[i];
                const {number} total = sum;
                #pragma GCC ivdep
                for (npy_intp i = 0; i < n_columns; i++) e[i] /= total;
            }}
            Py_DECREF(from);
        }}
        """

    def c_code_cache_version(self) -> tuple[int, ...]:
        """Return the version of the code."""
        return (1,)


@node_rewriter([Softmax])  # type: ignore[untyped-decorator]
def local_row_softmax(fgraph: Any, node: Apply) -> list[Any] | bool:
    """Replace the softmax of the rows of a matrix.

    If the graph contains the logarithm of the same softmax, as in training, nothing is replaced,
    because both share their exponentials once they are inlined.
    """
    (x,) = node.inputs
    if x.type.ndim != 2 or node.op.axis != (1,) or x.dtype not in ("float32", "float64"):
        return False
    if any(isinstance(client.op, LogSoftmax) for client, _ in fgraph.clients[x]):
        return False
    return [RowSoftmax()(x)]


@node_rewriter([mul])  # type: ignore[untyped-decorator]
def local_quotient_by_softmax(_: Any, node: Apply) -> list[Any] | None:
    """Replace (a / softmax(x)) * softmax(x), where the softmax can underflow to 0, by a.

    The gradient of log(softmax(x)) is such a product.
    """
    if len(node.inputs) != 2:
        return None
    for quotient, factor in (node.inputs, node.inputs[::-1]):
        if quotient.owner is None or quotient.owner.op != true_div:
            continue
        dividend, divisor = quotient.owner.inputs
        is_softmax = divisor.owner is not None and isinstance(divisor.owner.op, Softmax)
        if is_softmax and divisor is factor and dividend.type == node.outputs[0].type:
            return [dividend]
    return None


REWRITE = (dfs_rewriter(local_row_softmax, name="row_softmax"), POSITION)
"""Rewrite for a mode, with its position among PyTensor's own."""
STABLE_LOGARITHM = (
    (dfs_rewriter(local_logsoftmax, name="log_softmax"), 1.2),
    (dfs_rewriter(local_quotient_by_softmax, name="quotient_by_softmax"), 1.3),
)
"""Rewrites of log(softmax(x)) and its gradient for modes that do not cancel factors."""
