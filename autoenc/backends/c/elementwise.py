"""Elementwise operations whose loops a C compiler turns into vector instructions.

PyTensor's loops step through arrays by strides that are known only at run time, and compilers do
not vectorise function calls in such a loop. Nearly all arrays of an autoencoder are matrices
whose rows are consecutive in memory, a bias that is the same for every row, or numbers. For
these, the operations here have a second loop over the entries of a row. If there are many rows,
all cores share them.
"""

from __future__ import annotations

from typing import Any

from pytensor import scalar
from pytensor.graph.basic import Apply
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.tensor.elemwise import Elemwise

from autoenc.backends.branchless import branchless
from autoenc.backends.c.linked import Linked
from autoenc.backends.c.vector_code import in_vectors

# Minimum numbers of entries for which another core is worth starting: if an entry takes a few
# instructions, and if it takes an exponential or a logarithm.
_ENTRIES_OF_A_CHUNK = 7_500
_SLOW_ENTRIES_OF_A_CHUNK = 4_000
_QUICK = (
    scalar.Identity,
    scalar.Cast,
    scalar.Add,
    scalar.Sub,
    scalar.Mul,
    scalar.TrueDiv,
    scalar.Neg,
    scalar.Sqr,
    scalar.Sqrt,
    scalar.Abs,
    scalar.Reciprocal,
    scalar.Maximum,
    scalar.Minimum,
    scalar.Switch,
    scalar.LogicalComparison,
    scalar.BinaryBitOp,
    scalar.UnaryBitOp,
)


class RowElemwise(Elemwise):
    """An `Elemwise` with a loop along contiguous rows, for vectors and matrices.

    Arrays with any other memory layout use PyTensor's own loop.
    """

    by_entry = False

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
            {self._extent(onames[0], node.outputs[0].ndim)}
            {self._rows({name: v.type for name, v in named.items()}, task)}
        }} else {{
            {loop}
        }}
        """
        return decl, checks, alloc, loop, end

    def _extent(self, output: str, ndim: int) -> str:
        """Return C code for the numbers of rows and columns."""
        last = f"PyArray_DIM({output}, {ndim - 1})"
        if ndim == 1 and self.by_entry:
            return f"const npy_intp n_rows = {last}, n_columns = 1;"
        rows = f"PyArray_DIM({output}, 0)" if ndim == 2 else "1"
        return f"const npy_intp n_rows = {rows}, n_columns = {last};"

    def _rows(self, kinds: dict[str, Any], task: str) -> str:
        """Return C code for all n_rows rows of n_columns."""
        return f"const npy_intp begin = 0, end = n_rows; {self._row_loop(kinds, task)}"

    def _row_loop(self, kinds: dict[str, Any], task: str) -> str:
        """Return C code for the rows from begin to end."""
        by_entry = self.by_entry and all(kind.ndim == 1 for kind in kinds.values())
        pointers = "\n".join(_pointer(name, kind, by_entry) for name, kind in kinds.items())
        entries = "\n".join(_entry(name, kind) for name, kind in kinds.items())
        return f"""
        for (npy_intp row = begin; row < end; row++) {{
            {'__asm__ volatile("");' if by_entry else ""}
            {pointers}
            #pragma GCC ivdep
            for (npy_intp column = 0; column < n_columns; column++) {{
                {entries}
                {task}
            }}
        }}
        """

    def c_code_cache_version_apply(self, node: Apply) -> tuple[Any, ...]:
        """Return the version of the code."""
        version: tuple[Any, ...] = super().c_code_cache_version_apply(node)
        return (*version, "rows", 7, self.by_entry) if version else ()


class SharedRowElemwise(Linked, RowElemwise):
    """A `RowElemwise` that shares many rows among the threads of the kernels."""

    def c_support_code(self, **more: Any) -> str:
        """Declare the routine."""
        declared = 'extern "C" void autoenc_share(int, void (*)(const void*, int), const void*);'
        return f"{super().c_support_code(**more)}\n{declared}"

    def _rows(self, kinds: dict[str, Any], task: str) -> str:
        if "goto" in task:  # jumps to PyTensor's error handling, impossible in other threads
            return super()._rows(kinds, task)
        return f"""
        auto rows = [&](npy_intp begin, npy_intp end) {{ {self._row_loop(kinds, task)} }};
        struct Job {{
            const decltype(rows)* work;
            npy_intp n_rows;
            int chunks;
            static void some(const void* what, int chunk) {{
                const Job& job = *(const Job*)what;
                npy_intp n = job.n_rows, chunks = job.chunks;
                (*job.work)(n * chunk / chunks, n * (chunk + 1) / chunks);
            }}
        }};
        const npy_intp worth = n_rows * n_columns / {_chunk(self.scalar_op)};
        Job job = {{&rows, n_rows, (int)(worth > n_rows ? n_rows : worth < 2 ? 1 : worth)}};
        autoenc_share(job.chunks, Job::some, &job);
        """


class EntryElemwise(SharedRowElemwise):
    """A `SharedRowElemwise` that computes each entry of a vector in the same way.

    The compiler turns a loop into vector instructions. It computes the entries left at the end one
    by one, with another implementation of exp. If a vector has an entry for each row, the result
    for a row would then depend on its position.
    """

    by_entry = True


def _chunk(operation: Any) -> int:
    """Return the number of entries for which another core is worth starting."""
    steps = operation.fgraph.apply_nodes if isinstance(operation, scalar.Composite) else ()
    operations = [step.op for step in steps] or [operation]
    quick = all(isinstance(operation, _QUICK) for operation in operations)
    return _ENTRIES_OF_A_CHUNK if quick else _SLOW_ENTRIES_OF_A_CHUNK


def _is_in_rows(name: str, kind: Any) -> str:
    """Return the C condition that an array has the memory layout which the loop expects."""
    if all(length == 1 for length in kind.shape):
        return "1"
    if kind.shape[-1] == 1:
        return f"PyArray_STRIDE({name}, 0) % sizeof(dtype_{name}) == 0"
    if all(length == 1 for length in kind.shape[:-1]):
        return f"PyArray_STRIDE({name}, {kind.ndim - 1}) == sizeof(dtype_{name})"
    return f"PyArray_IS_C_CONTIGUOUS({name})"


def _pointer(name: str, kind: Any, by_entry: bool) -> str:
    """Return C code for the address of a row of an array."""
    moves = (kind.ndim == 2 or by_entry) and kind.shape[0] != 1
    offset = f" + row * (PyArray_STRIDE({name}, 0) / (npy_intp)sizeof(dtype_{name}))"
    start = f"(dtype_{name}*)PyArray_DATA({name})"
    return f"dtype_{name}* const {name}_row = {start}{offset if moves else ''};"


def _entry(name: str, kind: Any) -> str:
    """Return C code for an entry of the row."""
    if kind.shape[-1] == 1:
        return f"dtype_{name}& {name}_i = {name}_row[0];"
    return f"dtype_{name}& {name}_i = {name}_row[column];"


def rewrites(
    shared: bool, *, by_entry: bool = False, literal: bool = False
) -> tuple[tuple[Any, float], ...]:
    """Return the rewrites for a mode, each with its position among PyTensor's own.

    Parameters
    ----------
    shared : bool
        Whether there are kernels, whose threads share many rows.
    by_entry : bool
        Whether each entry of a vector must be computed in the same way; needs kernels.
    literal : bool
        Whether scalar operations keep PyTensor's C code, in which constants are doubles.
    """
    loop = RowElemwise
    if shared:
        loop = EntryElemwise if by_entry else SharedRowElemwise

    @node_rewriter([Elemwise])  # type: ignore[untyped-decorator]
    def local_rows(_: Any, node: Apply) -> list[Any] | bool:
        if type(node.op) is not Elemwise or not _has_rows(node):
            return False
        operation = node.op.scalar_op if literal else in_vectors(node.op.scalar_op)
        outputs: list[Any] = loop(operation, node.op.inplace_pattern, name=node.op.name)(
            *node.inputs, return_list=True
        )
        return outputs

    # The branchless operations come before PyTensor fuses elementwise operations (49), which puts
    # sigmoid and softplus into one loop, and after all rewrites that change the graph's
    # computations (below 48).
    return ((branchless, 48.5), (in2out(local_rows, name="row_elementwise"), 99))


def _has_rows(node: Apply) -> bool:
    """Return whether the operands are vectors or matrices of numbers that C supports."""
    kind = node.outputs[0].type
    if not 1 <= kind.ndim <= 2 or node.op.openmp or all(length == 1 for length in kind.shape):
        return False
    dtypes = [v.dtype for v in [*node.inputs, *node.outputs]]
    return not any("complex" in dtype or dtype == "float16" for dtype in dtypes)
