"""Products in mixed precision for the C backend, computed by autoenc's kernels.

PyTensor's rewrites can combine a product and a matrix that is added to it into one BLAS call, but
only for its own products. A product in mixed precision is therefore first written as one of them,
with rounded operands, and the rounding becomes part of the call after these rewrites.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.link.c.op import COp
from pytensor.tensor.blas import Dot22, Gemm
from pytensor.tensor.math import dot

from autoenc.backends.c.linked import Linked
from autoenc.backends.c.tied_gradient import AddOuterProducts
from autoenc.backends.transposes import transposed_of
from autoenc.graph.precision import MixedDot, as_bfloat16


class Rounded(Op):
    """A float32 matrix with its entries rounded to bfloat16."""

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        """Apply the rounding to a matrix."""
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Round with NumPy."""
        outputs[0][0] = as_bfloat16(inputs[0])

    def infer_shape(self, *arguments: Any) -> Any:
        """Return the shape, which is that of the matrix."""
        return arguments[-1]


class MixedProduct(Linked, COp):
    """A B, or β C + α A B in the memory of C, with A and B rounded to bfloat16."""

    __props__ = ("adds",)

    def __init__(self, adds: bool) -> None:
        self.adds = adds
        if adds:
            self.destroy_map = {0: [0]}

    def make_node(self, *inputs: Any) -> Apply:
        """Apply the product to A and B, or to C, α, β, A and B."""
        A, B = inputs[-2:]
        product = A.type.clone(shape=(A.type.shape[0], B.type.shape[1]))
        return Apply(self, inputs, [inputs[0].type() if self.adds else product()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Compute the product with NumPy."""
        *added, A, B = inputs
        product = as_bfloat16(A) @ as_bfloat16(B)
        if added:
            C, alpha, beta = added
            C *= beta
            C += alpha * product
        outputs[0][0] = C if added else product

    def c_support_code(self, **_: Any) -> str:
        """Declare the routine and the layout of a matrix in memory."""
        return """
        extern "C" void autoenc_mixed_sgemm_(
            const char*, const char*, const int*, const int*, const int*, const float*,
            const float*, const int*, const float*, const int*, const float*, float*,
            const int*);

        struct autoenc_operand {
            PyArrayObject* array;
            char letter;
            int ld;

            explicit autoenc_operand(PyArrayObject* x) : array(x), letter('N') {
                const npy_intp size = sizeof(float), *shape = PyArray_DIMS(x);
                const npy_intp *strides = PyArray_STRIDES(x);
                bool rows = strides[1] == size || shape[1] == 1;
                bool columns = strides[0] == size || shape[0] == 1;
                npy_intp along = strides[rows ? 0 : 1], width = shape[rows ? 1 : 0];
                if ((rows || columns) && along >= width * size && along % size == 0) {
                    if (!rows) letter = 'T';
                    ld = (int)(along / size);
                    Py_INCREF(x);
                } else {
                    array = (PyArrayObject*)PyArray_GETCONTIGUOUS(x);
                    ld = (int)shape[1];
                }
            }
            ~autoenc_operand() { Py_XDECREF(array); }
        };
        """

    def c_code(self, node: Apply, name: str, inputs: Any, outputs: Any, sub: Any) -> str:
        """Check the shapes, prepare the result's memory, and call the routine."""
        A, B = self._operands(inputs)
        out = outputs[0]
        fail = sub["fail"]
        return f"""
        if (PyArray_DIM({A}, 1) != PyArray_DIM({B}, 0)) {{
            PyErr_SetString(PyExc_ValueError, "Shape mismatch in a product of matrices");
            {fail}
        }}
        {self._place(A, B, out, inputs, fail)}
        {{
            int m = PyArray_DIM({A}, 0), n = PyArray_DIM({B}, 1), K = PyArray_DIM({A}, 1), ld = n;
            autoenc_operand left({A}), right({B});
            if (!left.array || !right.array) {{ {fail} }}
            {self._call(inputs, outputs, fail)}
        }}
        """

    def _operands(self, inputs: Sequence[str]) -> Sequence[str]:
        return inputs[-2:]

    def _call(self, inputs: Sequence[str], outputs: Sequence[str], fail: str) -> str:
        """Return C code that multiplies `left` and `right`."""
        return f"""
            float alpha = {f"*(float*)PyArray_DATA({inputs[1]})" if self.adds else "1"};
            float beta = {f"*(float*)PyArray_DATA({inputs[2]})" if self.adds else "0"};
            autoenc_mixed_sgemm_(
                &right.letter, &left.letter, &n, &m, &K, &alpha, (float*)PyArray_DATA(right.array),
                &right.ld, (float*)PyArray_DATA(left.array), &left.ld, &beta,
                (float*)PyArray_DATA({outputs[0]}), &ld);
        """

    def _place(self, A: str, B: str, out: str, inputs: Sequence[str], fail: str) -> str:
        """Return C code that makes `out` a contiguous array for the result."""
        if self.adds:
            C = inputs[0]
            return f"""
            if (PyArray_DIM({C}, 0) != PyArray_DIM({A}, 0) ||
                PyArray_DIM({C}, 1) != PyArray_DIM({B}, 1)) {{
                PyErr_SetString(PyExc_ValueError, "Shape mismatch in the sum of matrices");
                {fail}
            }}
            Py_XDECREF({out});
            {out} = (PyArrayObject*)PyArray_GETCONTIGUOUS({C});
            if (!{out}) {{ {fail} }}
            """
        return f"""
        {{
            npy_intp shape[2] = {{PyArray_DIM({A}, 0), PyArray_DIM({B}, 1)}};
            if (!{out} || !PyArray_IS_C_CONTIGUOUS({out})
                || !PyArray_CompareLists(PyArray_DIMS({out}), shape, 2)) {{
                Py_XDECREF({out});
                {out} = (PyArrayObject*)PyArray_SimpleNew(2, shape, NPY_FLOAT32);
                if (!{out}) {{ {fail} }}
            }}
        }}
        """

    def c_code_cache_version(self) -> tuple[int, ...]:
        """Return the version of the code."""
        return (7,)


@node_rewriter([MixedDot])  # type: ignore[untyped-decorator]
def _local_rounded_operands(_: Any, node: Apply) -> list[Any]:
    return [dot(*map(_rounded, node.inputs))]


def _rounded(x: Any) -> Any:
    # Rewrites expect the transpose of a known operand, not the operation applied to a transpose.
    matrix = transposed_of(x)
    return Rounded()(x) if matrix is None else Rounded()(matrix).T


@node_rewriter([Dot22, Gemm, AddOuterProducts])  # type: ignore[untyped-decorator]
def _local_mixed_products(_: Any, node: Apply) -> list[Any] | bool:
    if isinstance(node.op, Dot22):
        added, operands = [], node.inputs
    elif isinstance(node.op, AddOuterProducts):
        added, operands = node.inputs[:3], node.inputs[3:]
    else:
        C, alpha, A, B, beta = node.inputs
        if not node.op.inplace:
            return False
        added, operands = [C, alpha, beta], [A, B]
    exact = [_unrounded(operand) for operand in operands]
    if any(operand is None for operand in exact):
        return False
    if isinstance(node.op, AddOuterProducts):
        return [AddOuterProducts(mixed=True)(*added, *exact)]
    return [MixedProduct(adds=bool(added))(*added, *exact)]


def _unrounded(x: Any) -> Any:
    """Return the operand before rounding, or its transpose; None if it was not rounded."""
    if (matrix := transposed_of(x)) is not None:
        below = _unrounded(matrix)
        return None if below is None else _transpose(below)
    return x.owner.inputs[0] if x.owner and isinstance(x.owner.op, Rounded) else None


def _transpose(x: Any) -> Any:
    matrix = transposed_of(x)
    return x.T if matrix is None else matrix


# Before all other rewrites, and after the tied gradient has become one call (80).
REWRITES = (
    (in2out(_local_rounded_operands, name="rounded_operands"), 0.5),
    (in2out(_local_mixed_products, name="mixed_products"), 81),
)
"""Rewrites for a mode, each with its position among PyTensor's own."""
