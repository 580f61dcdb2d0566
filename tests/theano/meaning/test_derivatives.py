"""Directional derivatives."""

import numpy as np
import pytest
from filelock import Timeout
from pytensor import gradient
from pytensor.gradient import DisconnectedInputError, grad_undefined

import autoenc.theano.tensor as T
from autoenc import theano
from tests.theano.quick import function

x, y, u, v = T.dvectors("x", "y", "u", "v")
values = np.arange(4.0)


class Untold(theano.Op):
    """Operation without gradient, whose directional derivative is 3 times the direction."""

    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 3

    def grad(self, inputs, output_gradients):
        return [grad_undefined(self, 0, inputs[0])]

    def R_op(self, inputs, eval_points):
        return [eval_points[0] * 3]


class Unsmooth(Untold):
    def R_op(self, inputs, eval_points):
        return [None]


def test_derivative_of_a_constant_gradient_is_zero():
    gradient = T.grad(T.dot(values, x), x)
    derivative = theano.Rop(gradient, x, v)
    compute = function([x, v], derivative, on_unused_input="ignore")
    np.testing.assert_array_equal(compute(values, values), 0 * values)


def test_unrelated_variables_have_no_effect():
    derivative = theano.Rop([x**2, T.exp(T.constant(values)), x.sum()], [x, y], [v, u])
    squares, constant, total = function([x, v], derivative)(values, values)
    np.testing.assert_array_equal(squares, 2 * values**2)
    np.testing.assert_array_equal(constant, 0 * values)
    assert total == values.sum()


@pytest.mark.parametrize("f", [x.shape[0], y])
def test_what_has_no_derivative_is_an_error(f):
    with pytest.raises(DisconnectedInputError):
        theano.Rop(f, x, v)
    zero = theano.Rop(f, x, v, "ignore", "zero")
    np.testing.assert_array_equal(
        function([x, y, v], zero, on_unused_input="ignore")(*[values] * 3), 0 * zero.ndim
    )


def test_operations_state_their_own_derivatives():
    derivative = theano.Rop(Untold()(x).sum(), x, v)
    assert function([x, v], derivative)(values, values) == 3 * values.sum()
    for f in Unsmooth()(x), Unsmooth()(x).sum(), T.patternbroadcast(Unsmooth()(x), (False,)):
        with pytest.raises(DisconnectedInputError):
            theano.Rop(f, x, v)


@pytest.mark.parametrize("wrt", ["x", 3, None, values, [x, "y"]])
def test_gradients_are_with_respect_to_variables(wrt):
    with pytest.raises(TypeError, match="Expected Variable, got"):
        theano.grad(x.sum(), wrt)


def test_what_a_disconnected_gradient_is():
    options = {"disconnected_inputs": "ignore", "return_disconnected": "None"}
    assert theano.grad(x.sum(), y, **options) is None


@pytest.mark.parametrize("same", [x, x.flatten(), T.cast(x, x.dtype)])
def test_the_jacobian_of_a_vector_with_respect_to_itself(same):
    np.testing.assert_array_equal(function([x], T.jacobian(same, x))(values), np.eye(4))
    (of_x,) = T.jacobian(same * x, [x])
    np.testing.assert_array_equal(function([x], of_x)(values), 2 * np.diag(values))


@pytest.mark.parametrize(
    "cost",
    [
        lambda b: b * (b > 0),
        lambda b: T.switch(b > 0, b, 0),
        lambda b: T.where(T.eq(b, b), b, b),
        lambda b: T.isnan(b) * b,
        lambda b: T.invert(b > 0) * b,
    ],
)
def test_comparisons_do_not_change_the_type_of_a_gradient(cost):
    b = T.fvector("b")
    gradient = T.grad(cost(b).sum(), b)
    assert gradient.dtype == "float32"
    assert function([b], gradient)(np.array([-1, 2], "float32")).dtype == "float32"


def test_verify_grad_waits_while_another_process_compiles(monkeypatch):
    checked, verify = [], gradient.verify_grad

    def after_another(*arguments):
        checked.append(1)
        if len(checked) == 1:
            raise Timeout("the folder of compiled modules")
        verify(*arguments)

    monkeypatch.setattr(gradient, "verify_grad", after_another)
    T.verify_grad(T.tanh, [values], rng=np.random.RandomState(0))
    assert len(checked) == 2
