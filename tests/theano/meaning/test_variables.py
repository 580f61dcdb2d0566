"""Variables answer as Theano's did."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from tests.theano.quick import function


def test_a_variable_is_true_and_a_comparison_has_no_truth():
    x = T.matrix("x")
    assert x
    assert T.lt(x, 1)
    with pytest.raises(TypeError, match="do not support boolean operations"):
        bool(x < 1)
    with pytest.raises(TypeError):
        _ = 0 < x < 1


def test_flatten_takes_both_names_of_the_number_of_dimensions():
    x = T.tensor3("x")
    assert [x.flatten().ndim, x.flatten(2).ndim, x.flatten(ndim=2).ndim] == [1, 2, 2]
    assert x.flatten(outdim=2).ndim == T.flatten(x, outdim=2).ndim == 2
    with pytest.raises(ValueError, match="You should only specify ndim"):
        x.flatten(ndim=1, outdim=2)
    with pytest.raises(ValueError, match="out of bound"):
        x.flatten(4)


def test_reshape_takes_the_number_of_dimensions_by_position_and_float_lengths():
    x, shape = T.dvector("x"), T.lvector("shape")
    assert x.reshape(shape, 2).ndim == T.reshape(x, shape, 2).ndim == 2
    assert T.zeros((2.0, 3.0)).eval().shape == (2, 3)
    assert function([x], x.reshape((2, 3.0)))(np.arange(6.0)).shape == (2, 3)


def test_eval():
    x = T.dvector("x")
    assert (x.sum() * 2).eval({x: [1.0, 2.0]}) == 6


def test_makers_take_the_dtype_by_position():
    assert T.matrix("m", "int32").dtype == "int32"
    assert T.tensor("float32", [False, True], name="c").broadcastable == (False, True)
    a, b = T.fmatrices("a", "b")
    assert (a.name, b.name, a.dtype) == ("a", "b", "float32")
    assert [v.name for v in T.matrices(2)] == [None, None]
    assert T.lscalar("n").type == T.lscalar


def test_stack_as_before_and_after_0_7():
    a, b = T.dvectors("a", "b")
    values = np.array([1.0, 2]), np.array([3.0, 4])
    rows = function([a, b], T.stack(a, b))(*values)
    np.testing.assert_array_equal(rows, function([a, b], T.stack([a, b]))(*values))
    columns = function([a, b], T.stack([a, b], axis=1))(*values)
    np.testing.assert_array_equal(columns, [[1, 3], [2, 4]])


def test_broadcasting_is_added_and_taken_away():
    x = T.matrix("x")
    row = T.addbroadcast(x, 0)
    assert row.broadcastable == (True, False)
    assert T.unbroadcast(row, 0).broadcastable == (False, False)
    assert T.patternbroadcast(x, (False, True)).broadcastable == (False, True)
    assert T.Rebroadcast((1, True))(x).broadcastable == (False, True)


def test_gradients_go_through_unbroadcast():
    row = T.row("row", "float64")
    gradient = T.grad((T.unbroadcast(row, 0) ** 2).sum(), row)
    assert gradient.broadcastable == (True, False)
    np.testing.assert_array_equal(function([row], gradient)(np.array([[1.0, 3.0]])), [[2, 6]])


def test_consider_constant_stops_the_gradient():
    x = T.dscalar("x")
    gradient = T.grad(T.consider_constant(x) * x, x)
    assert function([x], gradient)(3.0) == 3


@pytest.mark.parametrize(
    ("op", "expected"),
    [(T.largest, [3, 2]), (T.smallest, [1, 1])],
)
def test_largest_and_smallest(op, expected):
    a, b = T.dvectors("a", "b")
    np.testing.assert_array_equal(function([a, b], op(a, b))([1.0, 2.0], [3.0, 1.0]), expected)


def test_letters_of_a_text_are_names():
    assert [v.name for v in T.matrices("xyz")] == ["x", "y", "z"]
    assert T.vectors("x").name == "x"
    assert [v.name for v in T.scalars(["first", "second"])] == ["first", "second"]


def test_variables_need_no_owner():
    assert theano.Variable(T.dmatrix).owner is None
    assert T.TensorVariable(T.dmatrix).type == T.dmatrix


def test_a_default_update_of_known_length_fits_a_shared_vector():
    mean = theano.shared(np.zeros(30))
    mean.default_update = mean + T.ones(30)
    function([], mean * 1)()
    assert mean.get_value().sum() == 30


def test_inputs_of_a_graph_come_in_the_order_they_are_met():
    x, y, z = T.dvectors("xyz")
    assert theano.gof.graph.inputs([x + y * z]) == [x, y, z]
    assert theano.gof.graph.inputs([x + y, z]) == [z, x, y]


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "JAX"])
def test_all_of_an_array_is_set_to_one_of_its_shape(mode):
    x, y = T.fmatrices("x", "y")
    row = T.frow("row")
    ones, zeros = np.ones((1, 3), "float32"), np.zeros((2, 3), "float32")
    f = theano.function([x, y], T.set_subtensor(y[:], x), mode=mode)
    with pytest.raises(AssertionError, match=r"shape"):
        f(ones, zeros)
    np.testing.assert_array_equal(f(zeros + 1, zeros), zeros + 1)
    g = theano.function([row, y], T.set_subtensor(y[:], row), mode=mode)
    np.testing.assert_array_equal(g(ones, zeros), zeros + 1)


def test_parts_of_an_array_are_added_and_assigned_to_each_other():
    state = theano.shared(np.arange(3.0))
    options = {"tolerate_inplace_aliasing": True}
    added = T.inc_subtensor(state[1], state[2], **options)
    assigned = T.set_subtensor(state[1], state[2], **options)
    same = T.inc_subtensor(state[:], state * 2, set_instead_of_inc=True)
    added, assigned, same = function([], [added, assigned, same])()
    np.testing.assert_array_equal(added, [0, 3, 2])
    np.testing.assert_array_equal(assigned, [0, 2, 2])
    np.testing.assert_array_equal(same, [0, 2, 4])


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "JAX"])
def test_a_length_of_1_that_the_type_does_not_know_is_an_error(mode):
    x, y = T.fmatrices("x", "y")
    f = theano.function([x, y], x + y * 2, mode=mode)
    with pytest.raises(ValueError, match=r"[Bb]roadcasting not allowed"):
        f(np.ones((1, 3), "float32"), np.ones((2, 3), "float32"))


def test_modes_have_methods_and_keep_the_choice_of_the_engine():
    from autoenc.theano.compile.mode import FAST_RUN

    assert FAST_RUN == "FAST_RUN"
    mode = FAST_RUN.excluding("inplace")
    y = T.dvector()
    f = theano.function([y], y * 2 + 1, mode=mode)
    assert not any(node.op.destroy_map for node in f.maker.fgraph.toposort())
    assert not hasattr(FAST_RUN, "other")


def test_scripts_find_a_dimshuffle_by_its_name():
    x = T.dmatrix("x")
    assert str(x.dimshuffle(1, "x", 0).owner.op) == "InplaceDimShuffle{1,x,0}"
    assert str(x.T.owner.op) == "InplaceDimShuffle{1,0}"


@pytest.mark.parametrize(
    "order", [range(1, -1, -1), (i for i in (1, 0)), [1, 0], np.array([1, 0])]
)
def test_any_iterable_is_an_order_of_dimensions(order):
    x = T.dmatrix("x")
    f = function([x], x.dimshuffle(order))
    np.testing.assert_array_equal(f(np.arange(6.0).reshape(2, 3)), [[0, 3], [1, 4], [2, 5]])
    assert x.transpose(range(1, -1, -1)).owner.op == T.transpose(x, range(1, -1, -1)).owner.op


def test_a_transposed_variable_is_a_new_one():
    x, m = T.dvector("x"), T.dmatrix("m")
    assert T.transpose(x).name == "x.T"
    assert x.name == "x"
    assert T.transpose(m).name == "m.T"
    assert T.transpose(m, (0, 1)).name is None
    np.testing.assert_array_equal(function([x], T.transpose(x))([1.0, 2.0]), [1, 2])


class Weights(T.sharedvar.TensorSharedVariable):
    """A class of a script, which passes Theano's arguments on."""

    def __init__(self, *arguments, **named):
        T.sharedvar.TensorSharedVariable.__init__(self, *arguments, **named)
        self.tag.is_weight = True


@pytest.mark.parametrize("kind", [Weights, T.sharedvar.TensorSharedVariable])
def test_shared_variables_take_the_name_first(kind):
    weights = kind("W", T.dvector, np.array([1.0, 2.0]), False)
    f = theano.function([], weights.sum(), updates=[(weights, weights * 2)])
    assert (weights.name, f(), f()) == ("W", 3, 6)
    assert weights.clone().name == "W"
