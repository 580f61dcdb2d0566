"""Elementwise operations whose loops a C compiler turns into vector instructions.

PyTensor's loops walk through arrays by strides that are known only when they run, and a
compiler vectorises no function call in such a loop. Nearly all that an autoencoder computes
is about matrices with their rows one after the other in memory, a bias that is the same for
every row, and numbers. For these there is a second loop here, over the entries of a row.
"""

from __future__ import annotations

from typing import Any

from pytensor.graph.basic import Apply
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.tensor.elemwise import Elemwise

from autoenc.backends.branchless import branchless

_ROWS = "_autoenc_rows"


class RowElemwise(Elemwise):
    """An `Elemwise` with a loop along contiguous rows, for vectors and matrices.

    Arrays that lie otherwise in memory go through PyTensor's own loop.
    """

    def _c_all(
        self, node: Apply, nodename: str, inames: Any, onames: Any, sub: dict[str, Any]
    ) -> tuple[str, str, str, str, str]:
        decl, checks, alloc, loop, end = super()._c_all(node, nodename, inames, onames, sub)
        named = dict(zip(inames, node.inputs, strict=True))
        named |= dict(zip(onames, node.outputs, strict=True))
        task = self.scalar_op.c_code(
            node.tag.fake_node,
            f"{nodename}_row_",
            [f"{name}_i" for name in inames],
            [f"{name}_i" for name in onames],
            sub,
        )
        contiguous = " && ".join(_is_in_rows(name, v.type) for name, v in named.items())
        loop = f"""
        if ({contiguous}) {{
            {_row_loop(onames[0], {name: v.type for name, v in named.items()}, task)}
        }} else {{
            {loop}
        }}
        """
        return decl, checks, alloc, loop, end

    def c_code_cache_version_apply(self, node: Apply) -> tuple[Any, ...]:
        """Tell when the code changes."""
        version: tuple[Any, ...] = super().c_code_cache_version_apply(node)
        return (*version, "rows", 1) if version else ()


def _is_in_rows(name: str, kind: Any) -> str:
    """C code that tells whether an array lies in memory as the loop expects it."""
    if all(length == 1 for length in kind.shape):
        return "1"
    if kind.shape[-1] == 1:
        return f"PyArray_STRIDE({name}, 0) % sizeof(dtype_{name}) == 0"
    if all(length == 1 for length in kind.shape[:-1]):
        return f"PyArray_STRIDE({name}, {kind.ndim - 1}) == sizeof(dtype_{name})"
    return f"PyArray_IS_C_CONTIGUOUS({name})"


def _row_loop(output: str, kinds: dict[str, Any], task: str) -> str:
    ndim = next(iter(kinds.values())).ndim
    n_rows = f"PyArray_DIM({output}, 0)" if ndim == 2 else "1"
    pointers = "\n".join(_pointer(name, kind, ndim) for name, kind in kinds.items())
    entries = "\n".join(_entry(name, kind) for name, kind in kinds.items())
    return f"""
    const npy_intp {output}{_ROWS} = {n_rows};
    const npy_intp {output}_n = PyArray_DIM({output}, {ndim - 1});
    for (npy_intp row = 0; row < {output}{_ROWS}; row++) {{
        {pointers}
        #pragma GCC ivdep
        for (npy_intp column = 0; column < {output}_n; column++) {{
            {entries}
            {task}
        }}
    }}
    """


def _pointer(name: str, kind: Any, ndim: int) -> str:
    """C code for where a row of an array begins."""
    moves = ndim == 2 and kind.shape[0] != 1
    offset = f" + row * (PyArray_STRIDE({name}, 0) / (npy_intp)sizeof(dtype_{name}))"
    start = f"(dtype_{name}*)PyArray_DATA({name})"
    return f"dtype_{name}* const {name}_row = {start}{offset if moves else ''};"


def _entry(name: str, kind: Any) -> str:
    """C code for an entry of the row."""
    if kind.shape[-1] == 1:
        return f"dtype_{name}& {name}_i = {name}_row[0];"
    return f"dtype_{name}& {name}_i = {name}_row[column];"


@node_rewriter([Elemwise])  # type: ignore[untyped-decorator]
def _local_row_elemwise(_: Any, node: Apply) -> list[Any] | bool:
    op = node.op
    if type(op) is not Elemwise or not 1 <= node.outputs[0].ndim <= 2 or op.openmp:
        return False
    if all(length == 1 for length in node.outputs[0].type.shape):
        return False
    if any("complex" in v.dtype or v.dtype == "float16" for v in [*node.inputs, *node.outputs]):
        return False
    outputs: list[Any] = RowElemwise(op.scalar_op, op.inplace_pattern)(
        *node.inputs, return_list=True
    )
    return outputs


# Before PyTensor fuses what is elementwise (49), which brings both into one loop, and after
# everything that changes what is computed (below 48).
REWRITES = (
    (branchless, 48.5),
    (in2out(_local_row_elemwise, name="row_elementwise"), 99),
)
"""What a mode is to register, with its place among PyTensor's own rewrites."""
