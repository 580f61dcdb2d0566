"""Classes and instances that scripts derive from built-in operations have their own derivatives.

Expected numbers were printed by Theano 1.0.5.
"""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano import function

scalar = theano.scalar
x = T.dmatrix("x")
VALUES = np.array([[0.5, 0.25]])


class GradClip(theano.compile.ViewOp):
    """The idiom of networks that draw handwriting: gradients are limited at this place."""

    __props__ = ("low", "high")

    def __init__(self, low, high):
        self.low, self.high = low, high

    def grad(self, inputs, output_gradients):
        return [T.clip(g, self.low, self.high) for g in output_gradients]


class Twice(theano.compile.ViewOp):
    def grad(self, inputs, output_gradients):
        (g,) = super().grad(inputs, output_gradients)
        return [2 * g]


class FourTimes(Twice):
    def grad(self, inputs, output_gradients):
        (g,) = super().grad(inputs, output_gradients)
        return [2 * g]


class InLOp(theano.compile.ViewOp):
    def L_op(self, inputs, outputs, output_gradients):
        return [3 * g for g in super().L_op(inputs, outputs, output_gradients)]

    def R_op(self, inputs, eval_points):
        return [11 * point for point in eval_points]


class StraightThrough(scalar.basic.RoundHalfToEven):
    def grad(self, inputs, output_gradients):
        return [output_gradients[0]]


class NotRectified(scalar.Clip):
    """Theano's Clip defines L_op, and so ignores this."""

    def grad(self, inputs, output_gradients):
        return [3 * output_gradients[0], inputs[1].zeros_like(), inputs[2].zeros_like()]


class FiveTimesElementWise(T.Elemwise):
    """Theano's Elemwise defines L_op, and so ignores this."""

    def grad(self, inputs, output_gradients):
        return [5 * output_gradients[0]]


class FiveTimes(theano.printing.Print):
    def grad(self, inputs, output_gradients):
        return [5 * output_gradients[0]]


class NineTimes(T.opt.Assert):
    def grad(self, inputs, output_gradients):
        return [9 * output_gradients[0], theano.gradient.DisconnectedType()()]


class Clip(theano.compile.ViewOp):
    """Its name is that of an operation that defines L_op."""

    def grad(self, inputs, output_gradients):
        return [6 * output_gradients[0]]


def in_an_instance():
    op = theano.compile.ViewOp()
    op.grad = lambda inputs, output_gradients: [2 * output_gradients[0]]
    return op


def by_elements(kind, types):
    return T.Elemwise(kind(types, name=kind.__name__))


@pytest.mark.parametrize(
    ("applied", "expected"),
    [
        (lambda: GradClip(-0.1, 0.1)(x * 3), [0.3, 0.3]),
        (lambda: Twice()(x), [2, 2]),
        (lambda: FourTimes()(x), [4, 4]),
        (lambda: InLOp()(x), [3, 3]),
        (lambda: by_elements(StraightThrough, scalar.basic.same_out_float_only)(x), [1, 1]),
        (lambda: by_elements(NotRectified, scalar.transfer_type(0))(x, 0.0, 0.3), [0, 1]),
        (lambda: FiveTimesElementWise(scalar.exp)(x), np.exp([0.5, 0.25])),
        (lambda: FiveTimes("x", attrs=[])(x), [5, 5]),
        (lambda: NineTimes("message")(x, T.all(x > -1)), [9, 9]),
        (lambda: Clip()(x), [6, 6]),
        (lambda: in_an_instance()(x), [2, 2]),
        (lambda: theano.compile.ViewOp()(x), [1, 1]),
    ],
)
def test_the_gradient_is_that_of_the_class(applied, expected):
    gradient = T.grad(applied().sum(), x)
    np.testing.assert_allclose(function([x], gradient)(VALUES), [expected])


def test_the_directional_derivative_is_that_of_the_class():
    along = T.Rop(InLOp()(x), x, T.ones_like(x))
    np.testing.assert_array_equal(
        function([x], along, on_unused_input="ignore")(VALUES), [[11] * 2]
    )


class ScaledSoftmax(T.nnet.Softmax):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def L_op(self, inputs, outputs, output_gradients):
        return [self.factor * g for g in super().L_op(inputs, outputs, output_gradients)]


class WithoutEffect(T.nnet.Softmax):
    """Theano's Softmax defines L_op, and so ignores this."""

    def grad(self, inputs, output_gradients):
        return [100 * output_gradients[0]]


class ScaledLogSoftmax(T.nnet.LogSoftmax):
    def grad(self, inputs, output_gradients):
        return [7 * g for g in super().grad(inputs, output_gradients)]


@pytest.mark.parametrize(
    ("op", "same", "factor"),
    [
        (ScaledSoftmax(3), T.nnet.softmax, 3),
        (WithoutEffect(), T.nnet.softmax, 1),
        (ScaledLogSoftmax(), T.nnet.logsoftmax, 7),
    ],
)
def test_classes_derived_from_softmax(op, same, factor):
    kind = T.nnet.LogSoftmax if isinstance(op, ScaledLogSoftmax) else T.nnet.Softmax
    assert isinstance(op, kind)
    values = np.array([[1.0, 2.0, 800.0], [3.0, 1.0, 0.0]])
    weights = np.arange(6.0).reshape(2, 3)
    ours, theirs = op(x), same(x)
    gradient = T.grad((ours * weights).sum(), x) - factor * T.grad((theirs * weights).sum(), x)
    value, difference = function([x], [ours - theirs, gradient])(values)
    np.testing.assert_allclose(value, np.zeros((2, 3)), atol=1e-12)
    np.testing.assert_allclose(difference, np.zeros((2, 3)), atol=1e-12)
    with pytest.warns(UserWarning, match="DEPRECATION: If x is a vector"):
        assert op(T.dvector()).type.broadcastable == (True, False)


def test_a_gradient_that_a_script_assigns_to_a_class(monkeypatch):
    kind = scalar.basic.RoundHalfToEven
    # Setting it sets the method that PyTensor asks for, too.
    monkeypatch.setattr(kind, "pullback", kind.pullback)
    monkeypatch.setattr(kind, "grad", lambda self, inputs, g: [g[0]])
    gradient = T.grad(T.round(x, mode="half_to_even").sum(), x)
    np.testing.assert_array_equal(function([x], gradient)(VALUES), [[1, 1]])
