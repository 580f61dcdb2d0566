"""The function object: defaults, names, state, copies."""

import copy
import pickle

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from tests.theano.quick import function

x, y = T.dscalars("x", "y")


@pytest.mark.parametrize(
    "y_of_two",
    [
        theano.In(y, value=2.0),
        theano.In(y, value=2.0, implicit=None),
        theano.Param(y, default=2.0),
        (y, 2.0),
    ],
)
def test_a_default_is_restored_for_each_call(y_of_two):
    f = function([x, y_of_two], x * y)
    assert f(3.0) == 6
    assert f(3.0, 5.0) == 15
    assert f(3.0, y=4.0) == 12
    assert f(3.0) == 6


def test_nobody_may_fill_an_implicit_input():
    f = function([x, theano.In(y, value=2.0, implicit=True)], x * y)
    assert f(3.0) == 6
    with pytest.raises(TypeError, match="implicit input: y"):
        f(3.0, y=4.0)


def test_an_input_with_an_update_keeps_its_state():
    state = T.dscalar("state")
    f = function([x, theano.In(state, value=1.0, update=state + x)], state)
    assert [float(f(10.0)), float(f(10.0)), float(f[state])] == [1, 11, 21]
    f["state"] = 5.0
    assert f(1.0) == 5


@pytest.mark.parametrize(
    ("given", "named", "message"),
    [
        ([], {}, "Missing required input: x"),
        ([1, 2], {}, "Too many parameter passed to theano function"),
        ([], {"y": 1}, "Unknown input or state: y"),
    ],
)
def test_arguments_that_do_not_fit(given, named, message):
    with pytest.raises(TypeError, match=message):
        function([x], x * 2)(*given, **named)


def test_outputs_by_name_come_sorted_and_may_be_chosen():
    f = function([x], {"b": x + 1, "a": x * 2})
    assert f(3.0) == {"a": 6, "b": 4}
    assert f(3.0, output_subset=["b"]) == {"b": 4}


def test_no_outputs_give_an_empty_list():
    w = theano.shared(1.0)
    f = function([], updates=[(w, w + 1)])
    assert f() == []
    assert w.get_value() == 2


def test_values_of_inputs_and_shared_variables_by_name_and_variable():
    w = theano.shared(np.float64(3), "w")
    f = function([theano.In(x, value=2.0)], w * x)
    assert f[w] == f["w"] == f.container[w].value == 3
    assert w in f
    assert f[x] == 2
    with pytest.raises(TypeError, match="Unknown input or state: z"):
        _ = f["z"]


def test_updates_are_a_dictionary_or_pairs_and_nothing_else():
    w = theano.shared(1.0)
    for updates in ({w: w + 1}, [(w, w + 1)], [[w, w + 1]], theano.OrderedUpdates({w: w + 1})):
        w.set_value(1.0)
        function([], updates=updates)()
        assert w.get_value() == 2
    for wrong in (w, [w], [(w, w, w)]):
        with pytest.raises(ValueError, match="updates parameter must be"):
            function([], updates=wrong)


def test_an_update_of_another_type_is_refused():
    w = theano.shared(np.float32(1))
    with pytest.raises(TypeError, match="same type as the original shared variable"):
        function([], updates=[(w, T.constant(1.0, dtype="float64") * w)])


def test_inputs_come_in_a_list():
    with pytest.raises(Exception, match="should be contained in a list"):
        function(x, x)


def test_arguments_may_lose_precision_only_if_allowed():
    v = T.fvector("v")
    with pytest.raises(TypeError):
        function([v], v)(np.ones(2))
    assert function([v], v, allow_input_downcast=True)(np.ones(2)).dtype == "float32"


def test_a_copy_has_another_state_or_none():
    w, other = theano.shared(1.0, "w"), theano.shared(100.0, "other")
    f = function([x], w, updates=[(w, w + x)])
    swapped, frozen = f.copy(swap={w: other}), f.copy(delete_updates=True)
    assert f(1.0) == 1
    assert [float(swapped(1.0)[0]), float(other.get_value())] == [100, 101]
    assert [float(frozen(5.0)[0]), float(frozen(5.0)[0]), float(w.get_value())] == [2, 2, 2]
    assert isinstance(copy.copy(f), theano.Function)


@pytest.mark.parametrize(
    ("duplicate", "state"),
    [
        (copy.copy, 0),
        (copy.deepcopy, 3),
        (lambda f: f.copy(), 0),
        (lambda f: pickle.loads(pickle.dumps(f)), 3),
    ],
)
def test_copies_have_a_state_and_defaults_of_their_own(duplicate, state):
    total = T.dscalar("total")
    given = [x, theano.In(y, value=2.0), theano.In(total, value=0.0, update=total + x)]
    f = function(given, total + y)
    f(3.0)
    g = duplicate(f)
    assert [float(g["total"]), float(g["y"])] == [state, 2]
    f[y], f[total] = 7.0, 100.0
    assert [float(g["total"]), float(g["y"])] == [state, 2]
    g(1.0)
    assert [float(f[total]), float(g["total"])] == [100, state + 1]
    assert float(function(given, total + y)[total]) == 0


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
def test_copies_of_two_functions_share_a_state_as_the_originals_do(duplicate):
    total = T.dscalar("total")
    add = function([x, theano.In(total, value=0.0, update=total + x)], total)
    subtract = function([x, theano.In(total, value=add.container[total], update=total - x)], total)
    add(5.0)
    subtract(2.0)
    assert float(add[total]) == 3
    plus, minus = duplicate([add, subtract])
    plus(4.0)
    assert float(minus["total"]) == 7
    assert float(subtract[total]) == 3


def test_functions_can_be_pickled():
    f = function([x, theano.In(y, value=2.0)], {"product": x * y})
    assert pickle.loads(pickle.dumps(f))(3.0) == {"product": 6}


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "JAX"])
def test_copies_and_pickles_run_on_the_engine_of_the_original(mode):
    x, w, other = T.fscalar("x"), theano.shared(np.float32(1), "w"), theano.shared(np.float32(5))
    f = theano.function([x], w * x, updates=[(w, w + x)], mode=mode, name="f")
    copied = f.copy(swap={w: other}, name="other")
    assert type(copied) is type(f)
    assert copied.name == "other"
    assert copied(2.0) == [10]
    assert (w.get_value(), other.get_value()) == (1, 7)
    pickled, own = pickle.loads(pickle.dumps((f, w)))
    assert type(pickled) is type(f)
    assert pickled(3.0) == 3
    assert (own.get_value(), w.get_value()) == (4, 1)
    assert pickle.loads(pickle.dumps(copied))(1.0) == 7


def test_a_swap_is_of_one_type_for_a_variable_that_is_there():
    x, w = T.fscalar("x"), theano.shared(np.float32(1), "w")
    f = function([x], w * x)
    with pytest.raises(ValueError, match=r"SharedVariable: .+ not found"):
        f.copy(swap={theano.shared(np.float32(1)): w})
    with pytest.raises(AssertionError, match="expected a shared variable of its type"):
        f.copy(swap={w: theano.shared(np.zeros(2, "float32"))})


def test_numbers_are_not_pulled_down_to_their_precision():
    single = T.fscalar("single")
    result = function([single], single)(3.0)
    assert 1e100 - result == 1e100
    assert (result * 2.0).dtype == (2 + result).dtype == "float64"
    assert (result * np.ones(2, "float32")).dtype == "float32"
    assert repr(result) == "array(3., dtype=float32)"
    assert type(pickle.loads(pickle.dumps(result))) is np.ndarray


def test_default_updates_can_be_left_out():
    w = theano.shared(1.0)
    w._default_update = w + 1
    function([], w)()
    assert w.get_value() == 2
    function([], w, no_default_updates=True)()
    function([], w, no_default_updates=[w])()
    assert w.get_value() == 2


def test_a_graph_of_givens():
    w = theano.shared(5.0)
    assert function([], x * 2, givens={x: w})() == 10


LENT = {
    "elementwise": lambda x: x * 2 + 1,
    "a product": lambda x: T.dot(x, x),
    "a softmax": T.nnet.softmax,
    "a view": lambda x: (x * 2).T,
    "a part of what is written to": lambda x: T.set_subtensor((x * 2)[0], 5.0)[1],
}


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("graph", LENT.values(), ids=LENT.keys())
def test_results_that_are_not_copied_stay_as_they_are(graph, mode):
    x = T.dmatrix("x")
    lent = theano.function([x], theano.Out(graph(x), borrow=True), mode=mode)
    copied = theano.function([x], graph(x), mode=mode)
    inputs = [np.full((2, 2), float(i)) for i in range(3)]
    # All are made before the first is looked at.
    results = list(map(lent, inputs))
    np.testing.assert_array_equal(results, [copied(value) for value in inputs])


@pytest.mark.parametrize("optimizer", ["fast_run", None])
def test_operations_in_python_have_any_number_of_inputs(optimizer):
    vectors = T.dvectors(40)
    products = [T.tanh(a) * b for a, b in zip(vectors[:20], vectors[20:], strict=True)]
    f = theano.function(
        vectors, [sum(products, 0.0), sum(vectors)], mode=theano.Mode("py", optimizer)
    )
    fused, total = f(*[np.array([1.0, k]) for k in range(40)])
    np.testing.assert_allclose(fused[0], 20 * np.tanh(1))
    np.testing.assert_allclose(fused[1], sum(np.tanh(k) * (k + 20) for k in range(20)))
    np.testing.assert_allclose(total, [40, 780])
