"""Helpers with which tests of user operations were written."""

import numpy as np
import pytest
from autoenc.theano.tests import unittest_tools as utt
from numpy.testing import assert_array_equal

from autoenc import theano
from autoenc.theano import tensor as T
from autoenc.theano.engines import compiling


class Doubled(theano.Op):
    """Theano's example of an operation: x twice."""

    __props__ = ()

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 2

    def infer_shape(self, node, i0_shapes):
        return i0_shapes

    def grad(self, inputs, output_grads):
        return [output_grads[0] * 2]


class Misshapen(Doubled):
    """An operation that is wrong about its shape."""

    def infer_shape(self, node, i0_shapes):
        return [[length + 1 for length in i0_shapes[0]]]


class TestDoubled(utt.InferShapeTester):
    """Theano's page on new operations: test their values, gradients and shapes."""

    def test_shape(self):
        x = T.dmatrix()
        self._compile_and_check([x], [Doubled()(x)], [np.ones((5, 4))], Doubled)

    def test_wrong_shape_is_found(self):
        x = T.dmatrix()
        with pytest.raises(AssertionError):
            self._compile_and_check([x], [Misshapen()(x)], [np.ones((5, 4))], Misshapen)

    def test_gradient(self):
        utt.verify_grad(Doubled(), [np.ones((5, 7, 2))])


class TestContract(utt.T_OpContractMixin):
    ops = (Doubled(),)
    other_op = T.add

    def clone(self, op):
        return Doubled()


def test_gradients_are_checked_in_the_mode_of_functions():
    # What is shared among threads calls our kernels, which our flags link.
    with compiling("FAST_RUN") as mode:
        pass
    x = np.random.default_rng(0).uniform(-1, 1, (3, 4))
    T.verify_grad(lambda m: T.tanh(m * 2) + 1, [x], rng=np.random, mode=mode)
    utt.verify_grad(T.exp, [x], mode="FAST_RUN")


def test_wrong_gradient_has_the_name_that_tests_caught():
    class Wrong(Doubled):
        def grad(self, inputs, output_grads):
            return [output_grads[0] * 3]

    with pytest.raises(utt.verify_grad.E_grad):
        utt.verify_grad(Wrong(), [np.ones(3)])
    assert T.verify_grad.E_grad is utt.verify_grad.E_grad


def test_closeness_is_that_of_the_dtypes():
    x = np.ones(3, dtype="float32")
    utt.assert_allclose(x, x * np.float32(1 + 5e-6))
    with pytest.raises(utt.WrongValue):
        utt.assert_allclose(x.astype("float64"), x.astype("float64") * (1 + 1e-3))


def test_close_arrays_may_have_two_shapes():
    utt.assert_allclose(np.ones((1, 3)), np.ones(3))
    utt.assert_allclose([np.ones(3)], np.ones(3))
    with pytest.raises(utt.WrongValue, match=r"0\.5"):
        utt.assert_allclose(np.ones((1, 3)), np.full(3, 0.5))


def test_nan_is_not_close_to_itself():
    with pytest.raises(utt.WrongValue):
        utt.assert_allclose(np.full(2, np.nan), np.full(2, np.nan))


@pytest.mark.parametrize(("needed", "passes"), [(1, True), (3, True), (4, False)])
def test_attempts_that_must_pass(needed, passes):
    outcomes = iter([False, True, True, True])

    @utt.AttemptManyTimes(n_attempts=4, n_req_successes=needed)
    def sometimes():
        assert next(outcomes)

    if passes:
        sometimes()
    else:
        with pytest.raises(AssertionError):
            sometimes()


def test_mock_generator_draws_ends_of_ranges():
    assert_array_equal(utt.MockRandomState(0).randint(2, 5, 3), [2, 2, 2])
    assert_array_equal(utt.MockRandomState(0.99).randint(5, size=2), [4, 4])
    assert_array_equal(utt.MockRandomState(0.5).rand(2), [0.5, 0.5])


def test_nothing_else_is_hidden_in_the_module():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = utt.nothing


def test_decorators_leave_tests_as_they_are():
    def check():
        """Return nothing."""

    assert utt.attr("slow")(check) is check
    assert utt.assertFailure_fast(check) is check
    assert utt.disturb_mem() is None


def test_the_seed_is_that_of_the_settings():
    with theano.config.change_flags({"unittests.rseed": "31"}):
        assert utt.fetch_seed() == utt.seed_rng() == 31
        drawn = np.random.rand(3)  # noqa: NPY002
    assert_array_equal(drawn, np.random.RandomState(31).rand(3))
    assert utt.fetch_seed(5) == 5


def test_attempts_of_a_method_are_set_up_again():
    seeds = []

    class Case(utt.InferShapeTester):
        def setUp(self):
            super().setUp()
            seeds.append(utt.fetch_seed())

        @utt.AttemptManyTimes(n_attempts=3, n_req_successes=2)
        def runTest(self):
            assert seeds[-1] != seeds[0]

    before = utt.fetch_seed()
    Case().runTest()
    assert seeds == [before, before + 1, before + 2]


class TestAssertions(utt.TestOptimizationMixin):
    x = T.dvector()
    f = staticmethod(theano.function([x], [Doubled()(x), Doubled()(x + 1)], mode="FAST_COMPILE"))

    def test_counts(self):
        self.assertFunctionContains(self.f, Doubled(), 1, 2)
        self.assertFunctionContainsN(self.f, Doubled(), 2)
        self.assertFunctionContains1(self.f, T.add)
        self.assertFunctionContains0(self.f, T.exp)
        self.assertFunctionContainsClass(self.f, Doubled, 2)
        self.assertFunctionContainsClassN(self.f, Doubled, 2)

    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("assertFunctionContains", (Doubled(), 3)),
            ("assertFunctionContainsN", (Doubled(), 1)),
            ("assertFunctionContains1", (Doubled(),)),
            ("assertFunctionContains0", (T.add,)),
            ("assertFunctionContainsClass", (Doubled, 0, 1)),
            ("assertFunctionContainsClassN", (Doubled, 1)),
        ],
    )
    def test_wrong_counts(self, name, arguments):
        with pytest.raises(AssertionError):
            getattr(self, name)(self.f, *arguments)

    def test_skip(self):
        with pytest.raises(utt.SkipTest, match="no GPU"):
            self.SkipTest("no GPU")


def test_a_contract_needs_a_way_to_copy():
    with pytest.raises(NotImplementedError, match="return new instance like `op`"):
        utt.T_OpContractMixin().clone(Doubled())


def test_shapes_may_be_computed_with_the_operation_unless_that_is_checked():
    class NoShape(theano.Op):
        make_node, perform = Doubled.make_node, Doubled.perform

    case = TestDoubled()
    case.setUp()
    x = T.dmatrix()
    with pytest.raises(AssertionError):
        case._compile_and_check([x], [NoShape()(x)], [np.ones((5, 4))], NoShape)
    case._compile_and_check([x], [NoShape()(x)], [np.ones((5, 4))], NoShape, check_topo=False)
