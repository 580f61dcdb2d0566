"""Sums of the entries, squares or magnitudes of a matrix over one or both axes, by the kernels.

PyTensor's own loop adds entries one after the other, and each addition waits for the previous one.
Over the 784 columns of a row, this takes longer than the logarithms of a cross-entropy. The sum of
squares of a weight matrix, for weight decay, takes longer than the products of a minibatch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pytensor import scalar
from pytensor.graph.basic import Apply
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.link.c.op import COp
from pytensor.tensor.elemwise import CAReduce
from pytensor.tensor.math import Sum

from autoenc.backends.c.linked import Linked

# Terms of a sum, as the routines and NumPy name them.
TERMS = {"ENTRIES": np.positive, "SQUARES": np.square, "MAGNITUDES": np.abs}
_OF = {scalar.Sqr: "SQUARES", scalar.Abs: "MAGNITUDES"}


class MatrixSum(Linked, COp):
    """The sum over an axis of a matrix of floats, or over both, added up in double precision.

    Parameters
    ----------
    axis : {0, 1, None}
        None stands for both.
    of : {"ENTRIES", "SQUARES", "MAGNITUDES"}
        Terms of the sum.
    """

    __props__ = ("axis", "of")

    def __init__(self, axis: int | None, of: str = "ENTRIES") -> None:
        self.axis = axis
        self.of = of

    def make_node(self, x: Any) -> Apply:
        """Apply the sum to a matrix."""
        shape = () if self.axis is None else (x.type.shape[1 - self.axis],)
        return Apply(self, [x], [x.type.clone(shape=shape)()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Compute the sum with NumPy."""
        (x,) = inputs
        outputs[0][0] = np.asarray(
            np.sum(TERMS[self.of](x), axis=self.axis, dtype="float64"), dtype=x.dtype
        )

    def infer_shape(self, *arguments: Any) -> Any:
        """Return the shape of the sum."""
        ((rows, columns),) = arguments[-1]
        return [{None: (), 0: (columns,), 1: (rows,)}[self.axis]]

    def c_headers(self, **_: Any) -> list[str]:
        """Return the headers of the code."""
        return ["<new>", "<vector>"]

    def c_support_code(self, **_: Any) -> str:
        """Declare the routines."""
        return "\n".join(
            f'extern "C" void autoenc_{over}_{self.of}_{dtype}'
            f"(const npy_{dtype}*, long, long, double*);"
            for over in ("row", "column")
            for dtype in ("float32", "float64")
        )

    def c_code(self, node: Apply, name: str, inputs: Any, outputs: Any, sub: Any) -> str:
        """Add up in double precision, then round once."""
        (x,), (out,) = inputs, outputs
        dtype = node.inputs[0].dtype
        over = "column" if self.axis == 0 else "row"
        n = "n_columns" if self.axis == 0 else "n_rows"
        if self.axis is None:
            size, ndim = "1", 0
            write = "double all = 0; for (double sum : sums) all += sum; to[0] = all;"
        else:
            size, ndim = n, 1
            write = f"for (npy_intp i = 0; i < {n}; i++) to[i] = sums[i];"
        return f"""
        {{
            PyArrayObject* from = (PyArrayObject*)PyArray_GETCONTIGUOUS({x});
            if (!from) {{ {sub["fail"]} }}
            const npy_intp n_rows = PyArray_DIM({x}, 0), n_columns = PyArray_DIM({x}, 1);
            npy_intp shape[1] = {{{size}}};
            if (!{out} || !PyArray_IS_C_CONTIGUOUS({out}) || PyArray_SIZE({out}) != shape[0]) {{
                Py_XDECREF({out});
                {out} = (PyArrayObject*)PyArray_SimpleNew({ndim}, shape, PyArray_TYPE(from));
            }}
            if ({out}) {{
                std::vector<double> sums;
                try {{
                    sums.resize({n});
                }} catch (const std::bad_alloc&) {{
                    Py_DECREF(from);
                    PyErr_NoMemory();
                    {sub["fail"]}
                }}
                npy_{dtype}* to = (npy_{dtype}*)PyArray_DATA({out});
                autoenc_{over}_{self.of}_{dtype}(
                    (npy_{dtype}*)PyArray_DATA(from), n_rows, n_columns, sums.data());
                {write}
            }}
            Py_DECREF(from);
            if (!{out}) {{ {sub["fail"]} }}
        }}
        """

    def c_code_cache_version(self) -> tuple[int, ...]:
        """Return the version of the code."""
        return (4,)


@node_rewriter([Sum, CAReduce])  # type: ignore[untyped-decorator]
def _local_matrix_sum(_: Any, node: Apply) -> list[Any] | bool:
    (x,), (total,) = node.inputs, node.outputs
    of = "ENTRIES" if isinstance(node.op, Sum) else _fused_term(node.op.scalar_op)
    if x.ndim != 2 or x.dtype not in ("float32", "float64") or total.dtype != x.dtype:
        return False
    axes = node.op.axis
    if not of or axes == ():
        return False
    axis = None if axes is None or len(axes) == 2 else axes[0]
    return [MatrixSum(axis, of)(x)]


def _fused_term(operation: Any) -> str | None:
    """Return the terms that PyTensor has fused into a sum, if the kernels can add them up."""
    if not isinstance(operation, scalar.Composite) or len(operation.inputs) != 2:
        return None
    so_far, entry = operation.inputs
    added = operation.outputs[0].owner
    if not isinstance(added.op, scalar.Add) or added.inputs[0] is not so_far:
        return None
    term = added.inputs[1].owner
    return _OF.get(type(term.op)) if term and term.inputs[0] is entry else None


# After all other rewrites, because PyTensor's rewrites recognise only its own sums.
REWRITES = ((in2out(_local_matrix_sum, name="matrix_sums"), 98),)
"""Rewrites for a mode, each with its position among PyTensor's own."""
