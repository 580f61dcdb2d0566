"""Weights that are rounded once for several products in mixed precision, for the C backend.

A tied weight is multiplied twice in the same layout: by the rows in the forward pass, and by the
errors in the backward pass. The first product stores the pairs of bfloat16 to which it has
converted the weights, in half as many bytes, and the others reuse them: 21 µs instead of 30 for
20 x 784 x 500.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.rewriting.basic import graph_rewriter

from autoenc.backends.c.mixed_products import MixedProduct
from autoenc.graph.precision import as_bfloat16


class SharingProduct(MixedProduct):
    """A B with A and B rounded to bfloat16, which stores or reuses the pairs of B.

    Parameters
    ----------
    taken : bool
        Whether to reuse the pairs of another product with the same B, whose second output they
        are. The kernels have their own layout for pairs; with NumPy, they are the rounded B.
    """

    __props__ = ("taken",)

    def __init__(self, taken: bool) -> None:
        super().__init__(adds=False)
        self.taken = taken

    def make_node(self, *inputs: Any) -> Apply:
        """Apply the product to A and B, and to the pairs of B if they are reused."""
        product = super().make_node(*inputs[:2]).outputs[0].type()
        return Apply(self, list(inputs), [product] if self.taken else [product, pt.fvector()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        """Compute the product with NumPy."""
        A, B, *pairs = inputs
        rounded = pairs[0].reshape(B.shape) if pairs else as_bfloat16(B)
        outputs[0][0] = as_bfloat16(A) @ rounded
        if not pairs:
            outputs[1][0] = rounded.ravel()

    def c_support_code(self, **more: Any) -> str:
        """Declare the routines and the layout of a matrix in memory."""
        return f"""
        {super().c_support_code(**more)}
        extern "C" long autoenc_length_of_pairs(int K, int n);
        extern "C" void autoenc_sharing_sgemm(
            const char*, const char*, int, int, int, const float*, int, const float*, int, float*,
            int, float*, bool);
        """

    def _operands(self, inputs: Sequence[str]) -> Sequence[str]:
        return inputs[:2]

    def _call(self, inputs: Sequence[str], outputs: Sequence[str], fail: str) -> str:
        pairs = inputs[2] if self.taken else outputs[1]
        return f"""
            npy_intp length = autoenc_length_of_pairs(K, n);
            {_check(pairs, fail) if self.taken else _place(pairs, fail)}
            autoenc_sharing_sgemm(
                &right.letter, &left.letter, n, m, K, (float*)PyArray_DATA(right.array), right.ld,
                (float*)PyArray_DATA(left.array), left.ld, (float*)PyArray_DATA({outputs[0]}), ld,
                (float*)PyArray_DATA({pairs}), {int(self.taken)});
        """


def _check(pairs: str, fail: str) -> str:
    return f"""
            if (PyArray_DIM({pairs}, 0) != length || !PyArray_IS_C_CONTIGUOUS({pairs})) {{
                PyErr_SetString(PyExc_ValueError, "Pairs of another matrix in a product");
                {fail}
            }}
    """


def _place(pairs: str, fail: str) -> str:
    return f"""
            if (!{pairs} || PyArray_DIM({pairs}, 0) != length
                || !PyArray_IS_C_CONTIGUOUS({pairs})) {{
                Py_XDECREF({pairs});
                {pairs} = (PyArrayObject*)PyArray_SimpleNew(1, &length, NPY_FLOAT32);
                if (!{pairs}) {{ {fail} }}
            }}
    """


@graph_rewriter  # type: ignore[untyped-decorator]
def _shared_pairs(fgraph: Any) -> None:
    of_same: dict[Variable[Any, Any], list[Apply]] = {}
    for node in fgraph.toposort():
        # Each transpose is a separate variable here, and the kernels need no pairs for transposes.
        if node.op == MixedProduct(adds=False):
            of_same.setdefault(node.inputs[1], []).append(node)
    for first, *others in of_same.values():
        if others:
            product, pairs = SharingProduct(taken=False)(*first.inputs)
            fgraph.replace_validate(first.outputs[0], product, reason="shared_pairs")
        for node in others:
            product = SharingProduct(taken=True)(*node.inputs, pairs)
            fgraph.replace_validate(node.outputs[0], product, reason="shared_pairs")


# After products in mixed precision have become calls of the kernels (81).
REWRITES = ((_shared_pairs, 82),)
"""Rewrites for a mode, each with its position among PyTensor's own."""
