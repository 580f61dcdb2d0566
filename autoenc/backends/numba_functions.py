"""Exponentials and logarithms for functions of rows, for the Numba backend.

Numba calls the C library for each entry. Here they are arithmetic without branches, which LLVM
turns into vector instructions. No instruction may be reordered or contracted, so that an entry is
the same number in a vector and in what is left at the end of a loop. `REWRITES` puts them into
graphs; importing the module registers them.

The errors are below 1 unit in the last place, of log1p and softplus below 1.5.

References
----------
W. Cody, W. Waite (1980). Software Manual for the Elementary Functions.
P. Tang (1990). Table-driven implementation of the logarithm function in IEEE floating-point
arithmetic: log(1 + f) in terms of f / (2 + f).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic
from pytensor import config
from pytensor.graph.basic import Apply
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_and_cache_key
from pytensor.link.numba.dispatch.elemwise import numba_funcify_Elemwise
from pytensor.link.numba.dispatch.scalar import numba_funcify_Composite, scalar_op_cache_key
from pytensor.link.numba.dispatch.vectorize_codegen import store_core_outputs
from pytensor.scalar.basic import Composite, Exp, Log, Log1p
from pytensor.scalar.math import Sigmoid, Softplus
from pytensor.tensor.elemwise import Elemwise

from autoenc.backends.branchless import BranchlessSigmoid, BranchlessSoftplus
from autoenc.backends.numba_products import FUSED

VERSION = 1


class Precision(NamedTuple):
    """The format of a number, and what the functions need to know of it.

    Attributes
    ----------
    number, integer : LLVM type
        The number, and an integer of as many bits.
    digits, bias : int
        Of the significand without its first one, and of the exponent.
    root_half : int
        The bits of √½.
    log_2 : pair of float
        log 2 as a sum; the product of the first and an exponent is exact.
    least, most : float
        Between these exp is neither 0 nor infinity.
    exp, log : tuple of float
        Coefficients of (exp(r) − 1 − r) / r² for |r| ≤ ½ log 2, and of (2 artanh(s) − 2s) / s³ as
        a function of s² for |s| ≤ (√2 − 1) / (√2 + 1), from the lowest. The polynomials are
        exact in the Chebyshev points of these ranges.
    """

    number: Any
    integer: Any
    digits: int
    bias: int
    root_half: int
    log_2: tuple[float, float]
    least: float
    most: float
    exp: tuple[float, ...]
    log: tuple[float, ...]


FLOAT32 = Precision(
    ir.FloatType(), ir.IntType(32), 23, 127, 0x3F3504F3, (0.693115234375, 3.1946184945309415e-05),
    -105.0, 89.0,
    (0.500000001353873, 0.16666666681704215, 0.04166646419740569, 0.008333310844647862,
     0.0013933730715792083, 0.00019891080463998843),
    (0.6666666655404201, 0.4000012221181065, 0.28550778633191964, 0.233316144718435),
)  # fmt: skip
FLOAT64 = Precision(
    ir.DoubleType(), ir.IntType(64), 52, 1023, 0x3FE6A09E667F3BCD,
    (0.693147180559663, 2.8235290563031577e-13), -746.0, 710.0,
    (0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326084, 0.0013888888888883711,
     0.0001984126987500228, 2.480158732567746e-05, 2.755725517000089e-06, 2.755727347871858e-07,
     2.5105312729622103e-08, 2.09147553258932e-09),
    (0.666666666666667, 0.3999999999989889, 0.28571428626253836, 0.22222211089379496,
     0.1818289243253687, 0.15331611722055008, 0.14617807153417325),
)  # fmt: skip
PRECISIONS = {"float32": FLOAT32, "float64": FLOAT64}

INFINITY, NAN = float("inf"), float("nan")
LOG_2 = 0.6931471805599453


class Number:
    """A number of the code that is generated; its operators are one instruction each."""

    def __init__(self, builder: Any, value: Any, precision: Precision) -> None:
        self.builder = builder
        self.value = value
        self.precision = precision

    def _is(self, value: Any) -> Number:
        return Number(self.builder, value, self.precision)

    def constant(self, number: Number | float) -> Number:
        """Return a constant of the same type; a number is returned as it is."""
        if isinstance(number, Number):
            return number
        return self._is(ir.Constant(self.precision.number, number))

    def __add__(self, other: Number | float) -> Number:
        return self._is(self.builder.fadd(self.value, self.constant(other).value))

    def __sub__(self, other: Number | float) -> Number:
        return self._is(self.builder.fsub(self.value, self.constant(other).value))

    def __mul__(self, other: Number | float) -> Number:
        return self._is(self.builder.fmul(self.value, self.constant(other).value))

    def __truediv__(self, other: Number | float) -> Number:
        return self._is(self.builder.fdiv(self.value, self.constant(other).value))

    def times_plus(self, factor: Number | float, term: Number | float) -> Number:
        """Return self · factor + term, rounded once where the processor can."""
        if not FUSED:
            return self * factor + term
        kind = self.precision.number
        name = f"llvm.fma.f{self.precision.integer.width}"
        fma = cgutils.get_or_insert_function(
            self.builder.module, ir.FunctionType(kind, [kind] * 3), name
        )
        operands = [self.constant(x).value for x in (self, factor, term)]
        return self._is(self.builder.call(fma, operands))

    def polynomial(self, coefficients: Sequence[float]) -> Number:
        """Return the polynomial of these coefficients, from the lowest."""
        total = self.constant(coefficients[-1])
        for coefficient in coefficients[-2::-1]:
            total = total.times_plus(self, coefficient)
        return total

    def negative_size(self) -> Number:
        """Return −|self|."""
        sign = 1 << (self.precision.integer.width - 1)
        return self.of_bits(self.builder.or_(self.bits, self.precision.integer(sign)))

    def where(self, condition: str, limit: float, other: Number | float) -> Number:
        """Return other where self and the limit are in a relation, else self."""
        return self.choose(condition, limit, other, self)

    def choose(
        self, relation: str, limit: float, yes: Number | float, no: Number | float
    ) -> Number:
        """Return one of two numbers, by a relation of self and the limit; NaN is in none."""
        condition = self.builder.fcmp_ordered(relation, self.value, self.constant(limit).value)
        chosen = self.constant(yes).value, self.constant(no).value
        return self._is(self.builder.select(condition, *chosen))

    @property
    def bits(self) -> Any:
        """The bits as an integer."""
        return self.builder.bitcast(self.value, self.precision.integer)

    def of_bits(self, bits: Any) -> Number:
        """Return the number of these bits."""
        return self._is(self.builder.bitcast(bits, self.precision.number))

    def power_of_2(self, biased: Any) -> Number:
        """Return the power of 2 of this biased exponent."""
        return self.of_bits(self.builder.shl(biased, biased.type(self.precision.digits)))


def exp(x: Number) -> Number:
    """exp(x) = 2ⁿ·exp(r), with the whole number n for which |r| ≤ ½ log 2."""
    of, builder = x.precision, x.builder
    x = x.where("<", of.least, of.least).where(">", of.most, of.most)
    # A number so large has no digits after the point, and the last ones are the whole number.
    large = 1.5 * 2.0**of.digits
    rounded = x.times_plus(1 / LOG_2, large)
    n = rounded - large
    r = n.times_plus(-of.log_2[1], n.times_plus(-of.log_2[0], x))
    power = (r * r).times_plus(r.polynomial(of.exp), r) + 1.0
    # By two factors, because 2ⁿ may be out of range where the result is not.
    # Their exponents are those of n and the bias twice.
    biased = builder.sub(rounded.bits, of.integer(_bits_of_large(of) - 2 * of.bias))
    half = builder.lshr(biased, of.integer(1))
    return power * x.power_of_2(half) * x.power_of_2(builder.sub(biased, half))


def _bits_of_large(of: Precision) -> int:
    """Return the bits of 1.5 · 2^digits."""
    return ((of.bias + of.digits) << of.digits) + (1 << (of.digits - 1))


def log(x: Number) -> Number:
    """Return log(x), as log(2ᵏ·m) with m between √½ and √2."""
    of = x.precision
    least = 2.0 ** (1 - of.bias)
    # Denormal numbers lack digits.
    normal = x.where("<", least, x * 2.0**of.digits)
    m, k, _ = _split(normal)
    k = k - x.choose("<", least, float(of.digits), 0.0)
    return _with_ends(x, _log_of_product(m - 1.0, k))


def log1p(x: Number, *, is_fraction: bool = False) -> Number:
    """Return log(1 + x) as log(2ᵏ(1 + f)); f has the digits that 1 + x loses.

    Parameters
    ----------
    x : Number
        Any number.
    is_fraction : bool
        Whether it is between 0 and 1, or NaN.
    """
    of, builder = x.precision, x.builder
    u = x + 1.0
    v = u - 1.0
    lost = (x.constant(1.0) - (u - v)) + (x - v)
    m, k, biased = _split(u)
    # 2⁻ᵏ has the exponent −k.
    lost = lost * x.power_of_2(builder.sub(of.integer(2 * of.bias), biased))
    if not is_fraction:
        lost = u.choose("<", 4 * 2.0**of.digits, lost, 0.0)
    y = _log_of_product((m - 1.0) + lost, k)
    if is_fraction:
        return u.choose(">", 0.0, y, u)
    return _with_ends(u, y)


def _split(x: Number) -> tuple[Number, Number, Any]:
    """Return m and k of x = 2ᵏ·m, with m between √½ and √2, and k plus the bias of exponents."""
    of, builder = x.precision, x.builder
    one, root_half = of.bias << of.digits, of.integer(of.root_half)
    bits = builder.sub(x.bits, of.integer(of.root_half - one))
    biased = builder.lshr(bits, of.integer(of.digits))
    rest = builder.and_(bits, of.integer((1 << of.digits) - 1))
    m = x.of_bits(builder.add(rest, root_half))
    # As in exp: not all processors turn vectors of integers into numbers.
    large = 1.5 * 2.0**of.digits
    k = x.of_bits(builder.add(biased, of.integer(_bits_of_large(of) - of.bias))) - large
    return m, k, biased


def _log_of_product(f: Number, k: Number) -> Number:
    """Return log(2ᵏ(1 + f)), with s = f / (2 + f) and log(1 + f) = f − s(f − R(s)) [Tang]."""
    of = f.precision
    s = f / (f + 2.0)
    z = s * s
    half_square = f * f * 0.5
    small = s.times_plus(half_square + z * z.polynomial(of.log), k * of.log_2[1])
    return k.times_plus(of.log_2[0], f - (half_square - small))


def _with_ends(x: Number, y: Number) -> Number:
    """Return the logarithm y of x; what it is of 0, infinity, NaN and negative numbers."""
    y = x.choose("<", INFINITY, y, x)
    return x.choose("<=", 0.0, x.choose("<", 0.0, NAN, -INFINITY), y)


def sigmoid(x: Number) -> Number:
    """1 / (1 + exp(−x)), see `BranchlessSigmoid`."""
    exponential = exp(x.negative_size())
    return x.choose(">=", 0.0, 1.0, exponential) / (exponential + 1.0)


def softplus(x: Number) -> Number:
    """log(1 + exp(x)), see `BranchlessSoftplus`."""
    return log1p(exp(x.negative_size()), is_fraction=True) + x.choose(">", 0.0, x, 0.0)


class RowExp(Exp):
    """The exponential by `exp`."""


class RowLog(Log):
    """The logarithm by `log`."""


class RowLog1p(Log1p):
    """log(1 + x) by `log1p`."""


class RowComposite(Composite):
    """Several operations of an entry."""


class RowElemwise(Elemwise):
    """A loop whose instructions are not reordered or contracted, as PyTensor allows otherwise."""


FUNCTIONS: dict[type, Callable[[Number], Number]] = {
    RowExp: exp, RowLog: log, RowLog1p: log1p,
    BranchlessSigmoid: sigmoid, BranchlessSoftplus: softplus,
}  # fmt: skip


def compiled(function: Callable[[Number], Number]) -> Callable[[float], float]:
    """Return a function for Numba of a float32 or float64."""

    @intrinsic  # type: ignore[untyped-decorator]
    def of_number(_: Any, x: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return function(Number(builder, arguments[0], PRECISIONS[x.name])).value

        return x(x), generate

    # Loops become vectors of instructions only where no function is called.
    @numba_njit(fastmath=False, forceinline=True)  # type: ignore[untyped-decorator]
    def of_entry(x: Any) -> Any:
        return of_number(x)

    return of_entry  # type: ignore[no-any-return]


def _register(kind: type, function: Callable[[Number], Number]) -> None:
    of_entry = compiled(function)

    @register_funcify_and_cache_key(kind)  # type: ignore[untyped-decorator]
    def _funcify(op: Any, **_: Any) -> tuple[Callable[..., Any], str]:
        return of_entry, scalar_op_cache_key(op, cache_version=VERSION)


for _kind, _of in FUNCTIONS.items():
    _register(_kind, _of)


@register_funcify_and_cache_key(RowComposite)  # type: ignore[untyped-decorator]
def _row_composite(op: RowComposite, node: Any, **more: Any) -> tuple[Callable[..., Any], Any]:
    function, key = numba_funcify_Composite(op, node, **more)
    # LLVM does not inline so long a function into the loop of its own accord.
    function = numba_njit(function.py_func, fastmath=False, forceinline=True)
    function = store_core_outputs(function, len(node.inputs), len(node.outputs))
    function = numba_njit(function.py_func, fastmath=False, forceinline=True)
    function.handles_out = True  # of what it computes, PyTensor need not add it
    return function, key


@register_funcify_and_cache_key(RowElemwise)  # type: ignore[untyped-decorator]
def _row_elemwise(op: RowElemwise, node: Any, **more: Any) -> tuple[Callable[..., Any], Any]:
    _, key = numba_funcify_Elemwise(op, node, **more)
    # The loop is kept on the disk as a whole. Parts that are kept too would be called by it.
    with config.change_flags(numba__fastmath=False, numba__cache=False):
        loop, _ = numba_funcify_Elemwise(op, node, **more)
    return loop, key and f"{key}_{VERSION}"


_ROW_FUNCTIONS = {
    Exp: RowExp, Log: RowLog, Log1p: RowLog1p,
    Sigmoid: BranchlessSigmoid, Softplus: BranchlessSoftplus,
}  # fmt: skip


@node_rewriter([Elemwise])  # type: ignore[untyped-decorator]
def _local_functions(_: Any, node: Apply) -> list[Any] | bool:
    kind = _ROW_FUNCTIONS.get(type(node.op.scalar_op))
    dtypes = {v.type.dtype for v in [*node.inputs, *node.outputs]}
    if kind is None or len(dtypes) > 1 or not dtypes <= PRECISIONS.keys():
        return False
    scalar_op = kind(node.op.scalar_op.output_types_preference, name=node.op.scalar_op.name)
    return [Elemwise(scalar_op)(*node.inputs)]


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


# Before PyTensor fuses what is elementwise (49), and after all that changes the graph.
REWRITES = (
    (in2out(_local_functions, name="row_functions"), 48.5),
    (in2out(_local_rows, name="row_elementwise"), 101),
)
"""Rewrites for a mode, each with its position among PyTensor's own."""
