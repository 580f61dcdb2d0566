"""Errors of functions have Theano's types."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.functions.errors import LengthError

x, y = T.dvectors("x", "y")


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "JAX"])
@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (T.nnet.binary_crossentropy(x, y).mean(), ValueError),
        (T.grad((x * y).mean(), x), ValueError),
        (x.reshape((3, 1)), ValueError),
        (T.addbroadcast(x, 0), ValueError),
        (x[[5]], IndexError),
        (T.specify_shape(x, (3,)), AssertionError),
    ],
)
def test_a_wrong_length(result, kind, mode):
    f = theano.function([x, y], result, mode=mode, on_unused_input="ignore")
    with pytest.raises(kind):
        f(np.ones(2), np.ones(3))


n = T.lscalar("n")
OF_FITTING = {
    "zeros": T.zeros((n,)) + x,
    "ones": y * T.ones((n,)) * x,
    "an array": T.exp(T.alloc(2.0, n) - x),
    "product with zeros": T.dot(T.zeros_like(T.zeros((n,))), x),
    "specified": (T.specify_shape(x, (3,)) ** 2)[0] + n + y.sum(),
}


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "JAX"])
@pytest.mark.parametrize("result", OF_FITTING.values(), ids=OF_FITTING)
def test_lengths_that_rewrites_make_superfluous_are_checked(result, mode):
    f = theano.function([x, y, n], result, mode=mode, on_unused_input="ignore")
    f(np.ones(3), np.ones(3), 3)
    with pytest.raises((AssertionError, ValueError, IndexError)):
        f(np.ones(2), np.ones(2), 3)


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("rows", [3, 1])
def test_compiled_code_names_two_lengths(rows):
    a, b = T.dmatrices("a", "b")
    f = theano.function([a, b], a + b, mode="FAST_RUN")
    with pytest.raises(ValueError, match=r"^Input dimension mis-match\. \(input\[0\]") as caught:
        f(np.ones((2, 4)), np.ones((rows, 4)))
    first = str(caught.value).splitlines()[0]
    # Printed by Theano 1.0.5.
    assert first.endswith(f"(input[0].shape[0] = 2, input[1].shape[0] = {rows})")


@pytest.mark.parametrize(
    ("name", "given", "kind", "words"),
    [
        ("step", [[1, 2]], TypeError, "Wrong number of dimensions: expected 1, got 2"),
        ("step", "abc", ValueError, "could not convert string to float: 'abc'"),
        (None, [[1, 2]], TypeError, "Wrong number of dimensions: expected 1, got 2"),
    ],
)
def test_an_argument_of_another_kind(name, given, kind, words):
    f = theano.function([x, y], x + y, mode="FAST_COMPILE", name=name)
    with pytest.raises(kind) as caught:
        f(np.ones(2), given)
    assert name in {f.name, None}
    beginning = f'Bad input argument to theano function with name "{f.name}" at index 1 (0-based).'
    assert str(caught.value).startswith(f"{beginning}\n{words}")
    assert not getattr(caught.value, "__notes__", [])


def test_other_assertions_are_not_about_lengths():
    positive = T.opt.Assert("not positive")(x, T.all(x > 0))
    f = theano.function([x], positive, mode="FAST_COMPILE")
    with pytest.raises(AssertionError, match="not positive") as caught:
        f([-1.0])
    assert not isinstance(caught.value, LengthError)


def test_a_number_that_its_type_cannot_represent():
    x = T.bvector("x")
    for given in ([312], [3, 2**40]):
        with pytest.raises(TypeError):
            theano.function([x], x, mode="FAST_COMPILE")(given)
    f = theano.function([x], x, mode="FAST_COMPILE", allow_input_downcast=True)
    np.testing.assert_array_equal(f([312]), [56])


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_tensors_have_no_such_axis(mode):
    axis, m = T.lscalar("axis"), T.dmatrix("m")
    f = theano.function([axis, m], T.join(axis, m, m), mode=mode)
    assert f(-1, np.ones((2, 3))).shape == (2, 6)
    with pytest.raises(IndexError):
        f(-3, np.ones((2, 3)))


@pytest.mark.parametrize(
    ("inputs", "outputs", "words"),
    [
        ([x, y], x, "theano.function was asked to create a function computing outputs"),
        ([x, x], x, "Variable x is used twice in inputs to theano.function"),
        ([x], [None], "Outputs must be theano Variable or Out instances."),
    ],
)
def test_a_function_that_cannot_be_made(inputs, outputs, words):
    with pytest.raises((TypeError, theano.compile.UnusedInputError)) as caught:
        theano.function(inputs, outputs, mode="FAST_COMPILE")
    # Printed by Theano 1.0.5.
    assert str(caught.value).startswith(words)
    assert "pytensor" not in str(caught.value)


@pytest.mark.parametrize("by", ["argument", "setting"])
def test_a_warning_of_unused_inputs_names_theano_and_the_callers_line(by):
    chosen = {"on_unused_input": "warn"} if by == "argument" else {}
    setting = "raise" if by == "argument" else "warn"
    with (
        theano.config.change_flags(on_unused_input=setting),
        pytest.warns(UserWarning, match=r"theano\.function .* at index 1 .*: y\.") as caught,
    ):
        f = theano.function([x, y], x + 1, **chosen)
    assert [warning.filename for warning in caught] == [__file__]
    assert "pytensor" not in str(caught[0].message)
    assert f([1.0], [2.0]) == [2.0]


def test_a_determinant_of_a_matrix_that_is_not_square():
    A = T.dmatrix("A")
    f = theano.function([A], T.nlinalg.det(A))
    with pytest.raises(np.linalg.LinAlgError):
        f(np.ones((2, 3)))
