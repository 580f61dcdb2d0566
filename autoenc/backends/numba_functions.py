"""Exponentials and logarithms for functions of rows, for the Numba backend.

LLVM turns `row_functions` into vector instructions. It must not reorder or contract them, so that
an entry has the same value in a vector and in the remainder at the end of a loop. `REWRITES` puts
them into graphs; importing the module registers them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic, overload
from pytensor import config
from pytensor.graph.basic import Apply
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.link.numba.cache import compile_numba_function_src
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_and_cache_key
from pytensor.link.numba.dispatch.elemwise import numba_funcify_Elemwise
from pytensor.link.numba.dispatch.scalar import numba_funcify_Composite, scalar_op_cache_key
from pytensor.link.numba.dispatch.vectorize_codegen import store_core_outputs
from pytensor.scalar.basic import Composite
from pytensor.tensor.elemwise import Elemwise

from autoenc.backends.numba_products import FUSED
from autoenc.backends.row_functions import (
    FUNCTIONS,
    PRECISIONS,
    ROW_FUNCTIONS,
    Number,
    Precision,
)

VERSION = 3


class Bits:
    """An unsigned integer whose operators are LLVM's instructions."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder = builder
        self.value = value

    def _by(self, instruction: str, other: Bits | int) -> Bits:
        operand = other.value if isinstance(other, Bits) else self.value.type(other)
        return Bits(self.builder, getattr(self.builder, instruction)(self.value, operand))

    def __add__(self, other: Bits | int) -> Bits:
        return self._by("add", other)

    def __sub__(self, other: Bits | int) -> Bits:
        return self._by("sub", other)

    def __rsub__(self, other: int) -> Bits:
        return Bits(self.builder, self.value.type(other)) - self

    def __and__(self, other: int) -> Bits:
        return self._by("and_", other)

    def __or__(self, other: int) -> Bits:
        return self._by("or_", other)

    def __lshift__(self, other: int) -> Bits:
        return self._by("shl", other)

    def __rshift__(self, other: int) -> Bits:
        return self._by("lshr", other)


class LlvmNumber(Number):
    """A number whose operators are LLVM's instructions."""

    def __init__(self, builder: Any, value: Any, precision: Precision) -> None:
        self.builder = builder
        self.value = value
        self.precision = precision

    def _is(self, value: Any) -> LlvmNumber:
        return LlvmNumber(self.builder, value, self.precision)

    def _value(self, other: LlvmNumber | float) -> Any:
        if isinstance(other, LlvmNumber):
            return other.value
        return ir.Constant(self.value.type, other)

    def __add__(self, other: LlvmNumber | float) -> LlvmNumber:
        return self._is(self.builder.fadd(self.value, self._value(other)))

    def __sub__(self, other: LlvmNumber | float) -> LlvmNumber:
        return self._is(self.builder.fsub(self.value, self._value(other)))

    def __mul__(self, other: LlvmNumber | float) -> LlvmNumber:
        return self._is(self.builder.fmul(self.value, self._value(other)))

    def __truediv__(self, other: LlvmNumber | float) -> LlvmNumber:
        return self._is(self.builder.fdiv(self.value, self._value(other)))

    def times_plus(self, factor: LlvmNumber | float, term: LlvmNumber | float) -> LlvmNumber:
        """Return self · factor + term, rounded once if the processor can do so."""
        if not FUSED:
            return self * factor + term
        kind = self.value.type
        fma = cgutils.get_or_insert_function(
            self.builder.module, ir.FunctionType(kind, [kind] * 3),
            f"llvm.fma.f{self.precision.width}",
        )  # fmt: skip
        operands = [self.value, self._value(factor), self._value(term)]
        return self._is(self.builder.call(fma, operands))

    def choose(
        self, relation: str, limit: float, yes: LlvmNumber | float, no: LlvmNumber | float
    ) -> LlvmNumber:
        """Return one of two numbers, depending on a relation between self and the limit."""
        condition = self.builder.fcmp_ordered(relation, self.value, self._value(limit))
        return self._is(self.builder.select(condition, self._value(yes), self._value(no)))

    @property
    def bits(self) -> Bits:
        """The bits of the number."""
        integer = ir.IntType(self.precision.width)
        return Bits(self.builder, self.builder.bitcast(self.value, integer))

    def of_bits(self, bits: Bits) -> LlvmNumber:
        """Return the number with these bits."""
        return self._is(self.builder.bitcast(bits.value, self.value.type))


class RowComposite(Composite):
    """Several operations on an entry, combined."""


class RowElemwise(Elemwise):
    """A loop whose instructions must not be reordered or contracted; PyTensor would allow it."""


def compiled(function: Callable[[Number], Any]) -> Callable[[float], float]:
    """Return a function of a float32 or float64 for Numba."""

    @intrinsic  # type: ignore[untyped-decorator]
    def of_number(_: Any, x: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return function(LlvmNumber(builder, arguments[0], PRECISIONS[x.name])).value

        return x(x), generate

    # Loops become vector instructions only if they call no function.
    @numba_njit(fastmath=False, forceinline=True)  # type: ignore[untyped-decorator]
    def of_entry(x: Any) -> Any:
        return of_number(x)

    return of_entry  # type: ignore[no-any-return]


def _register(kind: type, function: Callable[[Number], Any]) -> None:
    of_entry = compiled(function)

    @register_funcify_and_cache_key(kind)  # type: ignore[untyped-decorator]
    def _funcify(op: Any, **_: Any) -> tuple[Callable[..., Any], str]:
        return of_entry, scalar_op_cache_key(op, cache_version=VERSION)


for _kind, _of in FUNCTIONS.items():
    _register(_kind, _of)


@register_funcify_and_cache_key(RowComposite)  # type: ignore[untyped-decorator]
def _row_composite(op: RowComposite, node: Any, **more: Any) -> tuple[Callable[..., Any], Any]:
    function, key = numba_funcify_Composite(op, node, **more)
    # By itself, LLVM does not inline such a long function into the loop.
    function = numba_njit(function.py_func, fastmath=False, forceinline=True)
    function = store_core_outputs(function, len(node.inputs), len(node.outputs))
    function = numba_njit(function.py_func, fastmath=False, forceinline=True)
    function.handles_out = True  # it writes its outputs itself, so PyTensor adds no code for this
    return function, key


@register_funcify_and_cache_key(RowElemwise)  # type: ignore[untyped-decorator]
def _row_elemwise(op: RowElemwise, node: Any, **more: Any) -> tuple[Callable[..., Any], Any]:
    _, key = numba_funcify_Elemwise(op, node, **more)
    # The loop is cached as a whole. Parts cached separately would be called, not inlined.
    with config.change_flags(numba__fastmath=False, numba__cache=False):
        loop, _ = numba_funcify_Elemwise(op, node, **more)
    names = [f"x{i}" for i in range(len(node.inputs))]
    rows = ", ".join(f"in_rows({name})" for name in names)
    source = f"def row_elemwise({', '.join(names)}): return loop({rows})"
    known = {"loop": loop, "in_rows": _in_rows}
    function = compile_numba_function_src(source, "row_elemwise", known)
    return numba_njit(function, fastmath=False), key and f"{key}_{VERSION}"


def _in_rows(array: Any) -> Any:
    """Return the array with adjacent entries, as vector instructions need them."""
    raise NotImplementedError


@overload(_in_rows)  # type: ignore[untyped-decorator]
def _in_rows_by_layout(array: Any) -> Callable[[Any], Any]:
    def as_it_is(array: Any) -> Any:
        return array

    def copied(array: Any) -> Any:
        return array.copy()

    return as_it_is if array.layout == "C" else copied


@node_rewriter([Elemwise])  # type: ignore[untyped-decorator]
def _local_rows(_: Any, node: Apply) -> list[Any] | bool:
    if type(node.op) is not Elemwise:
        return False
    scalar_op = node.op.scalar_op
    if type(scalar_op) is Composite:
        scalar_op = RowComposite(scalar_op.inputs, scalar_op.outputs)
    outputs: list[Any] = RowElemwise(scalar_op, node.op.inplace_pattern)(
        *node.inputs, return_list=True
    )
    return outputs


# The functions come before PyTensor fuses elementwise operations (49), and after all rewrites that
# change the graph's computations.
REWRITES = (
    (ROW_FUNCTIONS, 48.5),
    (in2out(_local_rows, name="row_elementwise"), 101),
)
"""Rewrites for a mode, each with its position among PyTensor's own."""
