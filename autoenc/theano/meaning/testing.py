"""Helpers of Theano's own tests: ``theano.tests.unittest_tools``."""

from __future__ import annotations

import copy
import functools
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any
from unittest import SkipTest, TestCase

import numpy as np
from pytensor.gradient import GradientError

from autoenc.theano.meaning.derivatives import verify_grad as _verify_grad

__all__ = [
    "AttemptManyTimes",
    "InferShapeTester",
    "MockRandomState",
    "SkipTest",
    "T_OpContractMixin",
    "TestOptimizationMixin",
    "WrongValue",
    "assertFailure_fast",
    "assert_allclose",
    "attr",
    "custom_name_func",
    "disturb_mem",
    "fetch_seed",
    "seed_rng",
    "verify_grad",
]


def custom_name_func(testcase_func: Any, param_num: int, param: Any) -> str:
    """Return the name of a test of the package `parameterized`, including its parameters."""
    name = __getattr__("parameterized").to_safe_name("_".join(str(x) for x in param.args))
    return f"{testcase_func.__name__}_{name}"


def __getattr__(name: str) -> Any:
    """Return the package `parameterized`, which Theano's tests found here."""
    if name != "parameterized":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("parameterized").parameterized


def fetch_seed(pseed: int | None = None) -> int:
    """Return the given seed, or by default ``theano.config.unittests.rseed``."""
    from autoenc.theano.flags import config

    seed = config.unittests.rseed if pseed is None else pseed
    return int(seed)


def seed_rng(pseed: int | None = None) -> int:
    """Seed NumPy's global generator, and return the seed."""
    seed = fetch_seed(pseed)
    np.random.seed(seed)  # noqa: NPY002 - Theano's tests drew from it
    return seed


def verify_grad(op: Any, pt: Any, n_tests: int = 2, rng: Any = None, **more: Any) -> None:
    """Check gradients against finite differences.

    Raises
    ------
    AssertionError
        If the gradients differ.
    """
    rng = rng or np.random.RandomState(fetch_seed())
    _verify_grad(op, pt, n_tests, rng, **more)


vars(verify_grad)["E_grad"] = GradientError


class WrongValue(AssertionError):  # noqa: N818 - Theano's name
    """Error raised if two arrays are not close."""


def assert_allclose(expected: Any, value: Any, rtol: Any = None, atol: Any = None) -> None:
    """Check that two arrays are close, by default within tolerances that depend on their dtypes.

    As in Theano, arrays of different shapes are broadcast.

    Raises
    ------
    WrongValue
        If the arrays are not close, or if one of them contains NaN.
    """
    from pytensor.tensor.math import _get_atol_rtol

    atol_of_dtype, rtol_of_dtype = _get_atol_rtol(np.asarray(expected), np.asarray(value))
    rtol = rtol_of_dtype if rtol is None else rtol
    atol = atol_of_dtype if atol is None else atol
    if not np.allclose(expected, value, rtol, atol):
        title = f"not equal to tolerance rtol={rtol}, atol={atol}"
        raise WrongValue(np.testing.build_err_msg([expected, value], title))


def disturb_mem() -> None:
    """Do nothing: results do not depend on the memory addresses of arrays."""


def attr(*_: Any, **__: Any) -> Callable[[Any], Any]:
    """Return a decorator that changes nothing; nose selected tests by these attributes."""
    return lambda function: function


def assertFailure_fast(function: Any) -> Any:  # noqa: N802 - Theano's name
    """Return a test unchanged; Theano expected some tests to fail in its fast modes."""
    return function


class MockRandomState:
    """Random generator whose draws are all at one end of their range.

    Parameters
    ----------
    val : float
        Result of `rand`. If it is 0, `randint` returns its lower end, else its upper end.
    """

    def __init__(self, val: float) -> None:
        self.val = val

    def rand(self, *shape: int) -> Any:
        """Return an array filled with `val`."""
        return np.full(shape, float(self.val))

    def randint(self, minval: int, maxval: int | None = None, size: Any = 1) -> Any:
        """Return an array filled with one end of a range."""
        low, high = (0, minval) if maxval is None else (minval, maxval)
        return np.full(size, low if self.val == 0 else high - 1, dtype="int64")


class AttemptManyTimes:
    """Decorator for tests that may fail by chance: a number of attempts must pass.

    Parameters
    ----------
    n_attempts : int
        Number of attempts.
    n_req_successes : int, default 1
        Number of attempts that must pass.
    """

    def __init__(self, n_attempts: int, n_req_successes: int = 1) -> None:
        self.n_attempts = n_attempts
        self.n_req_successes = n_req_successes

    def __call__(self, function: Any) -> Any:
        """Return the test, attempted with another seed each time."""

        @functools.wraps(function)
        def attempted(*arguments: Any, **more: Any) -> None:
            errors = [
                error
                for attempt in range(self.n_attempts)
                if (error := _attempt(function, attempt, arguments, more))
            ]
            if self.n_attempts - len(errors) < self.n_req_successes:
                raise errors[-1]

        return attempted


def _attempt(function: Any, attempt: int, arguments: Any, more: Any) -> Exception | None:
    from autoenc.theano.flags import config

    with config.change_flags({"unittests.rseed": str(fetch_seed() + attempt)}):
        if arguments and isinstance(arguments[0], TestCase):
            arguments[0].setUp()
        try:
            function(*arguments, **more)
        except Exception as error:
            return error
    return None


class TestOptimizationMixin:
    """Assertions about the operations of a compiled function."""

    __test__ = False  # but those of subclasses are tests

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "__test__" not in vars(cls):
            cls.__test__ = True

    def assertFunctionContains(  # noqa: N802 - Theano's names, here and below
        self,
        f: Any,
        op: Any,
        min: int = 1,  # noqa: A002
        max: int = sys.maxsize,  # noqa: A002
    ) -> None:
        """Check how often a function contains an operation."""
        assert min <= sum(node.op == op for node in f.maker.fgraph.toposort()) <= max

    def assertFunctionContains0(self, f: Any, op: Any) -> None:  # noqa: N802
        """Check that a function does not contain an operation."""
        self.assertFunctionContains(f, op, 0, 0)

    def assertFunctionContains1(self, f: Any, op: Any) -> None:  # noqa: N802
        """Check that a function contains an operation once."""
        self.assertFunctionContains(f, op, 1, 1)

    def assertFunctionContainsN(self, f: Any, op: Any, N: int) -> None:  # noqa: N802
        """Check that a function contains an operation N times."""
        self.assertFunctionContains(f, op, N, N)

    def assertFunctionContainsClass(  # noqa: N802
        self,
        f: Any,
        op: Any,
        min: int = 1,  # noqa: A002
        max: int = sys.maxsize,  # noqa: A002
    ) -> None:
        """Check how often a function contains operations of a class."""
        nodes = f.maker.fgraph.toposort()
        assert min <= sum(isinstance(node.op, op) for node in nodes) <= max

    def assertFunctionContainsClassN(self, f: Any, op: Any, N: int) -> None:  # noqa: N802
        """Check that a function contains operations of a class N times."""
        self.assertFunctionContainsClass(f, op, N, N)

    def SkipTest(self, msg: str = "Skip this test") -> None:  # noqa: N802
        """Skip the test."""
        raise SkipTest(msg)


class T_OpContractMixin:  # noqa: N801 - Theano's name
    """Checks that operations are equal to their copies and to nothing else.

    A subclass defines `ops`, and `clone(op)`, which creates an equal operation.
    """

    ops: Sequence[Any]
    other_op: Any = None

    def clone(self, op: Any) -> Any:
        """Return a new operation that is equal to another."""
        raise NotImplementedError("return new instance like `op`")

    def _copies(self, op: Any) -> list[Any]:
        return [op, copy.copy(op), copy.deepcopy(op), self.clone(op)]

    def test_eq(self) -> None:
        """Check equality."""
        for op in self.ops:
            assert all(op == same for same in self._copies(op))
            assert op != self.other_op
            assert all(op != other for other in self.ops if other is not op)

    def test_hash(self) -> None:
        """Check that equal operations have the same hash."""
        for op in self.ops:
            assert {hash(op)} == {hash(same) for same in self._copies(op)}

    def test_name(self) -> None:
        """Check that operations have names."""
        assert all(str(op) for op in self.ops)


class InferShapeTester(TestCase):
    """Base class for tests of ``infer_shape``, as in Theano's documentation of operations."""

    def setUp(self) -> None:
        """Seed NumPy, and choose a mode that infers shapes."""
        from autoenc.theano.engines import compiling

        seed_rng()
        with compiling(getattr(self, "mode", None)) as mode:
            self.mode = mode.including("canonicalize")

    def _compile_and_check(
        self,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        numeric_inputs: Sequence[Any],
        cls: Any,
        excluding: Sequence[str] | None = None,
        warn: bool = True,
        check_topo: bool = True,
    ) -> None:
        """Check that shapes are right, and computed without operations of a class."""
        from autoenc.theano.functions import function

        mode = self.mode.excluding(*excluding or ())
        compute = function(inputs, outputs, mode=mode)
        shapes = function(inputs, [output.shape for output in outputs], mode=mode)
        if check_topo:
            assert not _has(shapes, cls)
        assert _has(compute, cls)
        values = compute(*numeric_inputs), shapes(*numeric_inputs)
        for value, shape in zip(*values, strict=True):
            assert tuple(value.shape) == tuple(shape)


def _has(function: Any, kind: Any) -> bool:
    return any(isinstance(node.op, kind) for node in function.maker.fgraph.toposort())
