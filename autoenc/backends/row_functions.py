"""Exponentials and logarithms for functions of rows, as arithmetic without branches.

Numba cannot vectorise functions of the C library, and would call them for each entry. The formulas
here are written for any kind of number; `numba_functions` generates LLVM's instructions for them.

The errors are below 1 unit in the last place, for the sigmoid below 2.5 and for softplus below 2.

References
----------
W. Cody, W. Waite (1980). Software Manual for the Elementary Functions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

from pytensor.graph.basic import Apply
from pytensor.graph.rewriting.basic import in2out, node_rewriter
from pytensor.scalar.basic import Exp, Log, Log1p
from pytensor.scalar.math import Sigmoid, Softplus
from pytensor.tensor.elemwise import Elemwise

INFINITY, NAN = float("inf"), float("nan")
LOG_2 = 0.6931471805599453
# Coefficients of 1 / (1 + f) in the range of a logarithm. It is a factor of a rounding error, so
# an error of 4 % does not matter.
RECIPROCAL = (1.0, -1.0, 0.9)


class Precision(NamedTuple):
    """The format of a number, and the constants that the functions need for it.

    Attributes
    ----------
    width, digits, bias : int
        Number of bits, number of bits of the significand without its first one, and number that
        is added to exponents.
    root_half : int
        The bits of √½ as an integer.
    log_2 : pair of float
        log 2 as a sum. The product of the first term and an exponent is exact.
    least, most : float
        Limits beyond which exp is 0 or infinity.
    exp, log : tuple of float
        Coefficients of (exp(r) − 1 − r) / r² for |r| ≤ ½ log 2, and of (log(1 + f) − f + ½f²) / f³
        for √½ ≤ 1 + f ≤ √2, from the lowest. The polynomials are exact at the Chebyshev points
        of these ranges.
    """

    width: int
    digits: int
    bias: int
    root_half: int
    log_2: tuple[float, float]
    least: float
    most: float
    exp: tuple[float, ...]
    log: tuple[float, ...]

    @property
    def large(self) -> float:
        """Number without fractional digits, whose last digits are the integer added to it."""
        return float(1.5 * 2.0**self.digits)

    @property
    def bits_of_large(self) -> int:
        """The bits of `large`."""
        return ((self.bias + self.digits) << self.digits) + (1 << (self.digits - 1))


PRECISIONS = {
    "float32": Precision(
        32, 23, 127, 0x3F3504F3, (0.693115234375, 3.1946184945309415e-05), -105.0, 89.0,
        (0.500000001353873, 0.16666666681704215, 0.04166646419740569, 0.008333310844647862,
         0.0013933730715792083, 0.00019891080463998843),
        (0.33333333281199246, -0.24999990275042186, 0.20000010039684973, -0.16668001523071926,
         0.14286524547786641, -0.12450743320911725, 0.11037783359055021, -0.10646191638199634,
         0.10530864738938342, -0.062015001190183286),
    ),
    "float64": Precision(
        64, 52, 1023, 0x3FE6A09E667F3BCD, (0.693147180559663, 2.8235290563031577e-13),
        -746.0, 710.0,
        (0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326084,
         0.0013888888888883711, 0.0001984126987500228, 2.480158732567746e-05,
         2.755725517000089e-06, 2.755727347871858e-07, 2.5105312729622103e-08,
         2.09147553258932e-09),
        (0.3333333333333333, -0.2500000000000004, 0.1999999999999946, -0.16666666666643223,
         0.14285714285850773, -0.12500000004323591, 0.11111111099840468, -0.09999999634780717,
         0.09090909371649986, -0.08333350032953588, 0.07692315890028749, -0.07142415039547202,
         0.0666601535643227, -0.06256781945741766, 0.05898528368226226, -0.05500704572405743,
         0.05065409666484571, -0.0513853046880663, 0.05918790722857222, -0.05396161931219785,
         0.02326422092787705),
    ),
}  # fmt: skip


class Number(ABC):
    """A floating-point number in generated code.

    Its operators, and those of its bits (an unsigned integer of the same width), are one
    instruction each.
    """

    precision: Precision

    @abstractmethod
    def __add__(self, other: Any) -> Any: ...

    @abstractmethod
    def __sub__(self, other: Any) -> Any: ...

    @abstractmethod
    def __mul__(self, other: Any) -> Any: ...

    @abstractmethod
    def __truediv__(self, other: Any) -> Any: ...

    @abstractmethod
    def times_plus(self, factor: Any, term: Any) -> Any:
        """Return self · factor + term, rounded once if possible."""

    @abstractmethod
    def choose(self, relation: str, limit: float, yes: Any, no: Any) -> Any:
        """Return `yes` if self has the relation to the limit, else `no`; NaN has no relation."""

    @property
    @abstractmethod
    def bits(self) -> Any:
        """The bits of the number."""

    @abstractmethod
    def of_bits(self, bits: Any) -> Any:
        """Return the number with these bits."""

    def polynomial(self, coefficients: Sequence[float]) -> Any:
        """Return the polynomial with these coefficients, from the lowest power."""
        total: Any = coefficients[-1]
        for coefficient in coefficients[-2::-1]:
            total = self.times_plus(total, coefficient)
        return total

    def negative_size(self) -> Any:
        """Return −|self|."""
        return self.of_bits(self.bits | 1 << (self.precision.width - 1))

    def power_of_2(self, biased: Any) -> Any:
        """Return the power of 2 with this exponent, which includes the bias."""
        return self.of_bits(biased << self.precision.digits)


def exp(x: Number) -> Any:
    """Return exp(x) = 2ⁿ·exp(r), with the integer n for which |r| ≤ ½ log 2."""
    of = x.precision
    x = x.choose("<", of.least, of.least, x)
    x = x.choose(">", of.most, of.most, x)
    rounded = x.times_plus(1 / LOG_2, of.large)
    n = rounded - of.large
    r = n.times_plus(-of.log_2[1], n.times_plus(-of.log_2[0], x))
    power = (r * r).times_plus(r.polynomial(of.exp), r) + 1.0
    # Use two factors, because 2ⁿ may be out of range even if the result is not.
    biased_twice = rounded.bits - (of.bits_of_large - 2 * of.bias)
    half = biased_twice >> 1
    return power * x.power_of_2(half) * x.power_of_2(biased_twice - half)


def log(x: Number) -> Any:
    """Return log(x), as log(2ᵏ·m) with m between √½ and √2."""
    of = x.precision
    least = 2.0 ** (1 - of.bias)
    # Subnormal numbers have fewer digits, so scale them first.
    m, k, _ = _split(x.choose("<", least, x * 2.0**of.digits, x))
    k = k - x.choose("<", least, float(of.digits), 0.0)
    return _with_ends(x, _log_of_product(m - 1.0, k, k * of.log_2[1]))


def log1p(x: Number) -> Any:
    """Return log(1 + x) as log(2ᵏ(1 + f)), corrected for the rounding error of 1 + x."""
    of = x.precision
    u = x + 1.0
    v = (u * -1.0) + 1.0
    lost = (x + v) - ((u + v) - 1.0)
    m, k, biased = _split(u)
    f = m - 1.0
    # The exponent of 2⁻ᵏ is −k.
    lost = lost * x.power_of_2(2 * of.bias - biased) * f.polynomial(RECIPROCAL)
    lost = u.choose("<", 4 * 2.0**of.digits, lost, 0.0)
    return _with_ends(u, _log_of_product(f, k, k.times_plus(of.log_2[1], lost)))


def _split(x: Number) -> tuple[Any, Any, Any]:
    """Return m and k of x = 2ᵏ·m, with m between √½ and √2, and k plus the bias."""
    of = x.precision
    bits = x.bits + ((of.bias << of.digits) - of.root_half)
    biased = bits >> of.digits
    m = x.of_bits((bits & (1 << of.digits) - 1) + of.root_half)
    # Not all processors can convert vectors of integers to floating-point numbers.
    k = x.of_bits(biased + (of.bits_of_large - of.bias)) - of.large
    return m, k, biased


def _log_of_product(f: Number, k: Number, rest: Number) -> Any:
    """Return log(2ᵏ(1 + f)), adding the rest of k·log 2 and smaller terms to the largest one."""
    of = f.precision
    square = f * f
    # The two sums do not depend on each other, so they can be computed in parallel.
    polynomial = f.times_plus(square.polynomial(of.log[1::2]), square.polynomial(of.log[::2]))
    small = (square * f).times_plus(polynomial, rest)
    return k.times_plus(of.log_2[0], f - (square * 0.5 - small))


def _with_ends(x: Number, y: Number) -> Any:
    """Return the logarithm y of x, replaced by its value for 0, infinity, NaN and negative x."""
    y = x.choose("<", INFINITY, y, x)
    return x.choose("<=", 0.0, x.choose("<", 0.0, NAN, -INFINITY), y)


def sigmoid(x: Number) -> Any:
    """Return 1 / (1 + exp(−x)), exact at both ends."""
    exponential = exp(x.negative_size())
    return x.choose(">=", 0.0, 1.0, exponential) / (exponential + 1.0)


def softplus(x: Number) -> Any:
    """Return log(1 + exp(x)), exact at both ends."""
    return log1p(exp(x.negative_size())) + x.choose(">", 0.0, x, 0.0)


class RowExp(Exp):
    """The exponential as computed by `exp`."""


class RowLog(Log):
    """The logarithm as computed by `log`."""


class RowLog1p(Log1p):
    """log(1 + x) as computed by `log1p`."""


class RowSigmoid(Sigmoid):
    """The sigmoid as computed by `sigmoid`."""


class RowSoftplus(Softplus):
    """log(1 + exp(x)) as computed by `softplus`."""


FUNCTIONS = {
    RowExp: exp, RowLog: log, RowLog1p: log1p, RowSigmoid: sigmoid, RowSoftplus: softplus,
}  # fmt: skip
"""The formula of each elementwise operation."""


_REPLACED = {kind.__base__: kind for kind in FUNCTIONS}


@node_rewriter([Elemwise])  # type: ignore[untyped-decorator]
def _local_functions(_: Any, node: Apply) -> list[Any] | bool:
    """Replace an operation on one floating-point format by its formula."""
    kind = _REPLACED.get(type(node.op.scalar_op))
    found = {v.type.dtype for v in [*node.inputs, *node.outputs]}
    if kind is None or len(found) > 1 or not found <= PRECISIONS.keys():
        return False
    scalar_op = kind(node.op.scalar_op.output_types_preference, name=node.op.scalar_op.name)
    return [Elemwise(scalar_op)(*node.inputs)]


ROW_FUNCTIONS = in2out(_local_functions, name="row_functions")
"""The rewrite that replaces elementwise operations by the formulas."""
