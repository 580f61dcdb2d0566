"""The two products of a tied weight's gradient, added to the weight in one pass.

A tied weight W is used twice, so its update β W + α (x'δ + δ'y) has two products; β is less than 1
if weights decay. Each of the products reads and writes all of W, which takes as long as the
multiplication if a minibatch is small. Here they are computed as one product of stacked matrices.
"""

from __future__ import annotations

from typing import Any

from pytensor.graph.basic import Apply, Constant
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.link.c.op import COp
from pytensor.tensor.blas import Gemm

from autoenc.backends.c.linked import Linked
from autoenc.backends.transposes import transposed_of
from autoenc.graph.precision import as_bfloat16


class AddOuterProducts(Linked, COp):
    """β W + α (A₁' B₁ + A₂' B₂), in the memory of W, computed by autoenc's kernels.

    Parameters
    ----------
    mixed : bool
        Whether the entries of A and B are rounded to bfloat16.
    """

    __props__ = ("mixed",)
    destroy_map = {0: [0]}  # noqa: RUF012 - PyTensor's name for it

    def __init__(self, mixed: bool = False) -> None:
        self.mixed = mixed

    def make_node(self, W: Any, alpha: Any, beta: Any, *operands: Any) -> Apply:
        """Apply the operation to W, α, β, A₁, B₁, A₂ and B₂."""
        return Apply(self, [W, alpha, beta, *operands], [W.type()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Compute the sum with NumPy."""
        W, alpha, beta, *operands = inputs
        A1, B1, A2, B2 = map(as_bfloat16, operands) if self.mixed else operands
        W *= beta
        W += alpha * (A1.T @ B1 + A2.T @ B2)
        outputs[0][0] = W

    def _routine(self, dtype: str) -> str:
        if self.mixed:
            return "autoenc_add_mixed_outer_products"
        return f"autoenc_add_outer_products_{dtype}"

    def c_support_code_apply(self, node: Apply, name: str, **_: Any) -> str:
        """Declare the routine."""
        dtype = node.outputs[0].dtype
        number = f"npy_{dtype}"
        return f"""
        extern "C" void {self._routine(dtype)}(
            int m, int n, {number} alpha, {number} beta, int K1, const {number}* A1,
            const {number}* B1, int K2, const {number}* A2, const {number}* B2, {number}* C);
        """

    def c_code(self, node: Apply, name: str, inputs: Any, outputs: Any, sub: Any) -> str:
        """Check the shapes, make operands contiguous if necessary, and call the routine."""
        W, alpha, beta, A1, B1, A2, B2 = inputs
        (out,) = outputs
        parts = " || ".join(
            f"PyArray_DIM({A}, 0) != PyArray_DIM({B}, 0) || PyArray_DIM({A}, 1) != "
            f"PyArray_DIM({W}, 0) || PyArray_DIM({B}, 1) != PyArray_DIM({W}, 1)"
            for A, B in ((A1, B1), (A2, B2))
        )
        arrays = ", ".join((W, A1, B1, A2, B2))
        dtype = node.outputs[0].dtype
        return f"""
        if ({parts}) {{
            PyErr_SetString(PyExc_ValueError, "Shape mismatch in the gradient of a tied weight");
            {sub["fail"]}
        }}
        {{
            PyArrayObject* given[5] = {{{arrays}}};
            PyArrayObject* rows[5];
            bool failed = false;
            for (int i = 0; i < 5; i++) {{
                rows[i] = PyArray_GETCONTIGUOUS(given[i]);
                failed = failed || !rows[i];
            }}
            if (!failed) {{
                #define DATA(i) (npy_{dtype}*)PyArray_DATA(rows[i])
                {self._routine(dtype)}(
                    PyArray_DIM({W}, 0), PyArray_DIM({W}, 1), *(npy_{dtype}*)PyArray_DATA({alpha}),
                    *(npy_{dtype}*)PyArray_DATA({beta}), PyArray_DIM({A1}, 0), DATA(1), DATA(2),
                    PyArray_DIM({A2}, 0), DATA(3), DATA(4), DATA(0));
                #undef DATA
                if (rows[0] != given[0]) failed = PyArray_CopyInto(given[0], rows[0]) < 0;
            }}
            for (int i = 0; i < 5; i++) Py_XDECREF(rows[i]);
            if (failed) {{ {sub["fail"]} }}
        }}
        Py_XDECREF({out});
        {out} = {W};
        Py_INCREF({out});
        """

    def c_code_cache_version(self) -> tuple[int, ...]:
        """Return the version of the code."""
        return (5,)


@node_rewriter([Gemm])  # type: ignore[untyped-decorator]
def _local_add_outer_products(fgraph: Any, node: Apply) -> list[Any] | bool:
    first = node.inputs[0].owner
    if first is None or not (_is_outer(node) and _is_outer(first)) or not _is_one(node.inputs[4]):
        return False
    W, alpha, *_, beta = first.inputs
    if len(fgraph.clients[node.inputs[0]]) > 1 or not _same(alpha, node.inputs[1]):
        return False
    operands = [v for n in (first, node) for v in (n.inputs[2].owner.inputs[0], n.inputs[3])]
    return [AddOuterProducts()(W, alpha, beta, *operands)]


def _is_outer(node: Apply) -> bool:
    """Return whether a node is β W + α A' B in the memory of W."""
    if not isinstance(node.op, Gemm) or not node.op.inplace:
        return False
    W, _, transpose, *_ = node.inputs
    return W.type.dtype in ("float32", "float64") and transposed_of(transpose) is not None


def _is_one(x: Any) -> bool:
    """Return whether a scalar of a graph is the constant 1."""
    return isinstance(x, Constant) and bool(x.data == 1)


def _same(a: Any, b: Any) -> bool:
    both_constant = isinstance(a, Constant) and isinstance(b, Constant)
    return a is b or (both_constant and a.data == b.data)


# After PyTensor has made products work in place (70).
REWRITES = ((in2out(_local_add_outer_products, name="add_outer_products"), 80),)
"""Rewrites for a mode, each with its position among PyTensor's own."""
