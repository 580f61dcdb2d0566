"""A guided tour of symbolic mathematics, from x² to gradient descent.

Every step prints its results. What Theano's tutorials call ``theano.tensor`` is now
``pytensor.tensor``; the rest is the same.

    python examples/symbolic_tour.py
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.printing import pp

import autoenc  # noqa: F401 - sets floatX, as importing Theano did

# Compiles fast and runs slowly, which is right for a tour.
MODE = "FAST_COMPILE"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the steps one by one."""
    for number, step in enumerate(STEPS, start=1):
        print(f"\n{number}. {step.__doc__}\n")
        step()


def symbols() -> None:
    """Declare symbolic variables: scalars, vectors, matrices."""
    for symbol in (pt.scalar("x"), pt.vector("v"), pt.matrix("A"), pt.iscalar("n")):
        print(f"{symbol} is a {symbol.type}")


def square() -> None:
    """Build an expression, which is a graph, and compile it to a function. Here x²."""
    x = pt.scalar("x")
    y = x**2
    f = pytensor.function([x], y, mode=MODE)
    print(f"y = {pp(y)}, and f(3) = {f(3)}")


def power() -> None:
    """Use several arguments. Here xⁿ with an integer n."""
    x, n = pt.scalar("x"), pt.iscalar("n")
    f = pytensor.function([x, n], x**n, mode=MODE)
    print(f"2¹⁰ = {f(2, 10)}")


def matrix_times_vector() -> None:
    """Write linear algebra as on paper. Here A·v."""
    A, v = pt.matrix("A"), pt.vector("v")
    f = pytensor.function([A, v], A @ v, mode=MODE)
    print(f"A·v = {f(np.array([[1, 2], [3, 4]], A.dtype), np.array([1, 10], v.dtype))}")


def evaluate() -> None:
    """Evaluate an expression directly, without compiling a function."""
    x = pt.scalar("x")
    print(f"exp(x) at x = 1 is {pt.exp(x).eval({x: 1.0}, mode=MODE):.5f}")


def derive() -> None:
    """Differentiate a graph symbolically; the result is a graph as well."""
    x = pt.scalar("x")
    slope = pytensor.grad(x**3, x)
    print(f"the slope of x³ at 2 is {slope.eval({x: 2.0}, mode=MODE)}")
    v = pt.vector("v")
    gradient = pytensor.grad((v**2).sum(), v)
    print(f"the gradient of |v|² at (1, 2) is {gradient.eval({v: np.array([1, 2], v.dtype)})}")


def shared() -> None:
    """Keep a value between calls in a shared variable, which can be read and set."""
    counter = pytensor.shared(np.asarray(0, "int32"), name="counter")
    count = pytensor.function([], counter, updates={counter: counter + 1}, mode=MODE)
    print(f"three calls return {[int(count()) for _ in range(3)]}")
    print(f"the counter holds {counter.get_value()}")
    counter.set_value(np.asarray(100, "int32"))
    print(f"set to 100, the next call returns {count()}")


def descend() -> None:
    """Combine gradients and updates into gradient descent. Here towards √2."""
    x = pytensor.shared(np.asarray(1.0, pytensor.config.floatX), name="x")
    cost = (x**2 - 2) ** 2
    rate = np.asarray(0.05, x.dtype)
    step = pytensor.function([], cost, updates={x: x - rate * pytensor.grad(cost, x)}, mode=MODE)
    for i in range(16):
        value = step()
        if i % 5 == 0:
            print(f"step {i:2d}: cost {value:.6f}, x {x.get_value():.6f}")


STEPS = (
    symbols,
    square,
    power,
    matrix_times_vector,
    evaluate,
    derive,
    shared,
    descend,
)


if __name__ == "__main__":
    main()
