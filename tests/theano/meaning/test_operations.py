"""Operations that users define as Theano's documentation taught it."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from tests.theano.quick import function


class Double(theano.Op):
    __props__ = ()

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 2

    def infer_shape(self, node, shapes):
        return shapes

    def grad(self, inputs, output_gradients):
        return [output_gradients[0] * 2]

    def R_op(self, inputs, eval_points):
        return [eval_points[0] * 2]


class ByTypes(theano.Op):
    itypes = [T.dvector]  # noqa: RUF012
    otypes = [T.dvector]  # noqa: RUF012

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] + 1


class InC(theano.Op):
    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def c_support_code(self):
        return "static double thrice(double x) { return 3 * x; }"

    def c_code(self, node, name, inputs, outputs, sub):
        (x,), (z,) = inputs, outputs
        return f"""
        Py_XDECREF({z});
        {z} = (PyArrayObject*)PyArray_NewCopy({x}, NPY_CORDER);
        for (npy_intp i = 0; i < PyArray_SIZE({z}); ++i)
            ((double*)PyArray_DATA({z}))[i] = thrice(((double*)PyArray_DATA({x}))[i]);
        """

    def c_code_cache_version(self):
        return (1,)


x = T.dvector("x")


def test_perform_gradient_shape_and_directional_derivative():
    y = Double()(x)
    values = np.array([1.0, 2.0])
    shape = function([x], y.shape)
    assert not any(isinstance(node.op, Double) for node in shape.maker.fgraph.toposort())
    np.testing.assert_array_equal(function([x], y)(values), [2, 4])
    np.testing.assert_array_equal(function([x], T.grad(y.sum(), x))(values), [2, 2])
    derivative = theano.Rop(y, x, T.ones_like(x))
    np.testing.assert_array_equal(function([x], derivative)(values), [2, 2])


def test_types_in_place_of_make_node():
    np.testing.assert_array_equal(function([x], ByTypes()(x))([1.0]), [2])


def test_c_code_is_compiled(compiler):
    f = theano.function([x], InC()(x), mode=theano.Mode("cvm", "fast_compile"))
    np.testing.assert_array_equal(f(np.array([1.0, 2.0])), [3, 6])


def test_gradient_that_a_script_puts_on_an_operation():
    # Releases before 1.0 used it; this is how pictures of what a network sees were made.
    guided = theano.OpFromGraph([x], [T.nnet.relu(x)])
    guided.grad = lambda inputs, gradients: (gradients[0] * (inputs[0] > 0) * (gradients[0] > 0),)
    seen = T.grad((guided(x) * T.constant([1.0, 1.0, -1.0])).sum(), x)
    np.testing.assert_array_equal(function([x], seen)([1.0, -2.0, 3.0]), [1, 0, 0])


def test_gradients_that_a_script_asks_operations_for():
    y = T.exp.grad([x], [T.ones_like(x) * 2])[0]
    np.testing.assert_allclose(function([x], y)([0.0, 1.0]), [2, 2 * np.e])
    with pytest.raises(NotImplementedError, match="no method grad"):
        ByTypes().grad([x], [x])


@pytest.mark.parametrize(
    ("a", "b", "einsum"),
    [
        ((2,), (2,), "n,n->n"),
        ((2,), (2, 3), "n,nk->nk"),
        ((2, 3), (2, 3), "nk,nk->n"),
        ((2, 3), (2, 3, 4), "nk,nkj->nj"),
        ((2, 5, 3), (2, 3), "nik,nk->ni"),
        ((2, 5, 3), (2, 3, 4), "nik,nkj->nij"),
        ((2, 6, 5, 3), (2, 3, 4), "nhik,nkj->nhij"),
    ],
)
def test_batched_dot(a, b, einsum):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=a), rng.normal(size=b)
    x, y = (T.TensorType("float64", (False,) * v.ndim)() for v in (a, b))
    f = theano.function([x, y], T.batched_dot(x, y), mode="FAST_COMPILE")
    np.testing.assert_allclose(f(a, b), np.einsum(einsum, a, b))


def test_batched_tensordot():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(2, 4, 5, 6))
    x, y = T.dtensor4s("x", "y")
    outputs = [T.batched_tensordot(x, y, 2), T.batched_tensordot(x, y, [[3, 2], [2, 1]])]
    for value in theano.function([x, y], outputs, mode="FAST_COMPILE")(a, b):
        np.testing.assert_allclose(value, np.einsum("nabc,nbcd->nad", a, b))


class WithLOp(Double):
    """Its gradient is in L_op, from its output."""

    def L_op(self, inputs, outputs, output_gradients):
        return [output_gradients[0] * outputs[0] / inputs[0]]


class NoGradient(theano.Op):
    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0]


class InOldC(Double):
    """Its C code was for another NumPy."""

    def c_code(self, node, name, inputs, outputs, sub):
        return "this is not C;"

    def c_code_cache_version(self):
        return (1,)


class InOldCOnly(NoGradient):
    perform = theano.Op.perform
    c_code = InOldC.c_code
    c_code_cache_version = InOldC.c_code_cache_version


def test_gradient_from_l_op_and_from_grad():
    values = np.array([1.0, 4.0])
    gradient = T.grad(WithLOp()(x).sum(), x)
    np.testing.assert_array_equal(function([x], gradient)(values), [2, 2])
    (same,) = Double().L_op([x], [Double()(x)], [x])
    np.testing.assert_array_equal(function([x], same)(values), values * 2)


def test_an_operation_without_a_gradient():
    with pytest.raises(NotImplementedError, match="NoGradient has no method grad"):
        T.grad(NoGradient()(x).sum(), x)
    with pytest.raises(NotImplementedError, match="Unique has no method grad"):
        T.extra_ops.Unique()(x).owner.op.grad([x], [x])


@pytest.mark.parametrize("method", ["perform", "c_code"])
def test_methods_that_a_subclass_did_not_define(method):
    arguments = {"perform": (None, [], []), "c_code": (None, "n", [], [], {})}
    with pytest.raises(theano.gof.utils.MethodNotDefined):
        getattr(theano.Op(), method)(*arguments[method])


def test_c_code_that_does_not_compile_is_replaced_by_perform(compiler, caplog):
    mode = theano.Mode("cvm", "fast_compile")
    for _ in range(2):
        f = theano.function([x], InOldC()(x), mode=mode)
        np.testing.assert_array_equal(f([1.0, 2.0]), [2, 4])
    (record,) = [r for r in caplog.records if r.name == "theano"]
    assert record.message.startswith("c_code of InOldC does not compile (")
    assert record.message.endswith("); perform is used instead.")


def test_c_code_that_does_not_compile_and_cannot_be_replaced(compiler):
    from autoenc.theano.gof.cmodule import CompileError

    with pytest.raises(CompileError):
        theano.function([x], InOldCOnly()(x), mode=theano.Mode("cvm", "fast_compile"))


def test_values_for_tests():
    from autoenc.theano.gof.op import get_debug_values, get_test_value, missing_test_message

    tagged = T.dvector()
    tagged.tag.test_value = np.ones(2)
    np.testing.assert_array_equal(get_test_value(tagged), [1, 1])
    np.testing.assert_array_equal(get_test_value(T.constant([2.0, 3.0])), [2, 3])
    np.testing.assert_array_equal(get_test_value(theano.shared(np.ones(3))), np.ones(3))
    assert get_test_value([4.0]).tolist() == [4]
    assert get_test_value(4).shape == ()
    with pytest.raises(AttributeError):
        get_test_value(T.dvector())
    assert list(get_debug_values(tagged)) == []
    assert missing_test_message("no value") is None


def test_infer_shape_may_be_called_with_and_without_the_graph():
    y = Double()(x)
    assert Double().infer_shape(y.owner, [(3,)]) == [(3,)]
    assert Double().infer_shape(None, y.owner, [(3,)]) == [(3,)]
    node = T.dmatrix().dimshuffle(1, 0).owner
    assert node.op.infer_shape(node, [(3, 4)]) == [[4, 3]]
    assert node.op.infer_shape(None, node, [(3, 4)]) == [[4, 3]]


class Adding(NoGradient):
    """Adds its input to an output that it finds, and else to zeros."""

    itypes = otypes = (T.dvector,)

    def perform(self, node, inputs, output_storage):
        (x,), (output,) = inputs, output_storage
        if output[0] is None or output[0].shape != x.shape:
            output[0] = np.zeros_like(x)
        output[0] += x


class AddingInC(Adding):
    def c_code(self, node, name, inputs, outputs, sub):
        (x,), (z,) = inputs, outputs
        return f"""
        if (!{z} || PyArray_DIM({z}, 0) != PyArray_DIM({x}, 0)) {{
            Py_XDECREF({z});
            {z} = (PyArrayObject*)PyArray_ZEROS(1, PyArray_DIMS({x}), NPY_DOUBLE, 0);
        }}
        for (npy_intp i = 0; i < PyArray_DIM({x}, 0); i++)
            *(double*)PyArray_GETPTR1({z}, i) += *(double*)PyArray_GETPTR1({x}, i);
        """

    def c_code_cache_version(self):
        return (1,)


class AddingTwiceInC(AddingInC):
    def perform(self, node, inputs, output_storage):
        super().perform(node, inputs, output_storage)
        super().perform(node, inputs, output_storage)

    def c_code(self, node, name, inputs, outputs, sub):
        return 2 * super().c_code(node, name, inputs, outputs, sub)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize(("kind", "times"), [(Adding, 1), (AddingInC, 1), (AddingTwiceInC, 2)])
def test_an_operation_finds_no_outputs_of_an_earlier_call(kind, times, mode):
    x = T.dvector("x")
    f = theano.function([x], kind()(x).sum(), mode=mode)
    for _ in range(3):
        assert f([1.0, 2.0]) == 3 * times


class WithConstantPart(InC):
    """A part of its C code is an attribute, and another takes keywords."""

    c_headers = None

    def c_libraries(self, **more):
        return sorted(more)


def test_parts_of_c_code_take_the_keywords_of_today():
    assert "thrice" in InC().c_support_code(c_compiler=None)
    assert WithConstantPart.c_headers is None
    assert WithConstantPart().c_libraries(c_compiler=None) == ["c_compiler"]


def test_directional_derivatives_beside_inputs_that_do_not_vary():
    class Product(theano.Op):
        __props__ = ()

        def make_node(self, a, b):
            return theano.Apply(self, [a, b], [a.type(), b.type()])

        def perform(self, node, inputs, output_storage):
            output_storage[0][0], output_storage[1][0] = inputs[0] * inputs[1], inputs[1] * 2

        def R_op(self, inputs, eval_points):
            # Theano passed None for what does not vary, and took None for zero.
            assert eval_points[1] is None
            return [eval_points[0] * inputs[1], None]

    y = T.dvector("y")
    still = theano.gradient.DisconnectedType()()
    along, none = Product().pushforward([x, y], Product()(x, y), [T.ones_like(x) * 3, still])
    assert isinstance(none.type, theano.gradient.DisconnectedType)
    np.testing.assert_array_equal(
        function([y, x], along, on_unused_input="ignore")([2.0], [5.0]), [6]
    )


class Scaled(theano.Op):
    """Its factor is a parameter, which C code gets as a member of a structure."""

    params_type = theano.gof.ParamsType(factor=theano.scalar.float64)
    __props__ = ("factor",)

    def __init__(self, factor):
        self.factor = factor

    def make_node(self, value):
        return theano.Apply(self, [value], [value.type()])

    def perform(self, node, inputs, output_storage, params):
        output_storage[0][0] = inputs[0] * params.factor


class ScaledByAny(Scaled):
    params_type = theano.gof.generic

    def get_params(self, node):
        return {"factor": self.factor}

    def perform(self, node, inputs, output_storage, params):
        output_storage[0][0] = inputs[0] * params["factor"]


@pytest.mark.parametrize("op", [Scaled(3.0), ScaledByAny(3.0)])
def test_perform_gets_parameters(op):
    np.testing.assert_array_equal(function([x], op(x))([1.0, 2.0]), [3, 6])


def test_c_code_of_a_class_within_a_function(compiler):
    class Cube(theano.scalar.UnaryScalarOp):
        def impl(self, value):
            return value**3

        def c_code(self, node, name, inputs, outputs, sub):
            return f"{outputs[0]} = {inputs[0]} * {inputs[0]} * {inputs[0]};"

        def c_code_cache_version(self):
            return (1,)

    cube = T.Elemwise(Cube(theano.scalar.upgrade_to_float, name="cube"))
    f = theano.function([x], cube(x), mode="FAST_RUN")
    np.testing.assert_array_equal(f([2.0, 3.0]), [8, 27])
    g = theano.function([x], cube(x).sum(), mode="FAST_RUN")
    assert g([2.0, 3.0]) == 35
