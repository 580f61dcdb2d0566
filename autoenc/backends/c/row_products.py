"""Products whose result for a row has the same bytes in every batch.

A BLAS chooses its algorithm by the number of rows and threads, and each algorithm rounds
differently. The kernels here sum every entry in the same order.
"""

from __future__ import annotations

from typing import Any

from pytensor.graph.basic import Apply
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.link.c.op import COp
from pytensor.tensor.math import Dot

from autoenc.backends.c.linked import Linked


class RowProduct(Linked, COp):
    """A B for two matrices of float32 or float64, the rows of A independent of each other."""

    __props__ = ()

    def make_node(self, A: Any, B: Any) -> Apply:
        """Apply the operation to A and B."""
        shape = (A.type.shape[0], B.type.shape[1])
        return Apply(self, [A, B], [A.type.clone(shape=shape)()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Compute the product with NumPy, which does not promise the same bytes."""
        A, B = inputs
        outputs[0][0] = A @ B

    def infer_shape(self, *arguments: Any) -> Any:
        """Return the shape of the product."""
        (rows, _), (_, columns) = arguments[-1]
        return [(rows, columns)]

    def c_support_code(self, **_: Any) -> str:
        """Declare the routines."""
        return "\n".join(
            f'extern "C" void autoenc_row_products_{name}(int m, int n, int K, const npy_{name}*, '
            f"int lda, const npy_{name}*, int ldb, bool turned, npy_{name}*);"
            for name in ("float32", "float64")
        )

    def c_code(self, node: Apply, name: str, inputs: Any, outputs: Any, sub: Any) -> str:
        """Bring both matrices into the order that the kernels expect, and call them."""
        (A, B), (out,), fail = inputs, outputs, sub["fail"]
        dtype = node.inputs[0].dtype
        return f"""
        if (PyArray_DIM({A}, 1) != PyArray_DIM({B}, 0)) {{
            PyErr_SetString(PyExc_ValueError, "Shape mismatch in a product of matrices");
            {fail}
        }}
        {{
            npy_intp m = PyArray_DIM({A}, 0), n = PyArray_DIM({B}, 1), K = PyArray_DIM({B}, 0);
            npy_intp shape[2] = {{m, n}};
            bool turned = !PyArray_IS_C_CONTIGUOUS({B}) && PyArray_IS_F_CONTIGUOUS({B});
            PyArrayObject* left = (PyArrayObject*)PyArray_GETCONTIGUOUS({A});
            PyArrayObject* right = {B};
            if (turned) Py_INCREF(right); else right = (PyArrayObject*)PyArray_GETCONTIGUOUS({B});
            if (!{out} || !PyArray_IS_C_CONTIGUOUS({out})
                || !PyArray_CompareLists(PyArray_DIMS({out}), shape, 2)) {{
                Py_XDECREF({out});
                {out} = (PyArrayObject*)PyArray_SimpleNew(2, shape, PyArray_TYPE({A}));
            }}
            if (left && right && {out})
                autoenc_row_products_{dtype}(
                    m, n, K, (npy_{dtype}*)PyArray_DATA(left), K,
                    (npy_{dtype}*)PyArray_DATA(right), turned ? K : n, turned,
                    (npy_{dtype}*)PyArray_DATA({out}));
            bool failed = !left || !right || !{out};
            Py_XDECREF(left);
            Py_XDECREF(right);
            if (failed) {{ {fail} }}
        }}
        """

    def c_code_cache_version(self) -> tuple[int, ...]:
        """Return the version of the code."""
        return (1,)


@node_rewriter([Dot])  # type: ignore[untyped-decorator]
def _local_row_products(_: Any, node: Apply) -> list[Any] | bool:
    A, B = node.inputs
    dtype = node.outputs[0].dtype
    if dtype not in ("float32", "float64") or {A.dtype, B.dtype} != {dtype}:
        return False
    if A.ndim == B.ndim == 2:
        return [RowProduct()(A, B)]
    if A.ndim == 2 and B.ndim == 1:
        return [RowProduct()(A, B.dimshuffle(0, "x"))[:, 0]]
    return False


# Before PyTensor turns products into calls of its BLAS (1.7).
REWRITES = ((in2out(_local_row_products, name="row_products"), 1.65),)
"""Rewrites for a mode, each with its position among PyTensor's own."""
