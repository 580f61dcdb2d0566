"""scan returns outputs and updates, and advances the random streams it draws from."""

import numpy as np
import pytest
from pytensor.scan.op import Scan

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.random.streams import RandomStreams
from tests.theano.quick import function


def test_outputs_and_updates_of_a_cumulated_sum():
    sums, updates = theano.scan(
        lambda entry, total: entry + total, sequences=T.arange(5.0), outputs_info=T.constant(0.0)
    )
    assert updates == theano.OrderedUpdates()
    np.testing.assert_array_equal(function([], sums)(), [0, 1, 3, 6, 10])


@pytest.mark.parametrize("steps", [3, 3.0, np.int64(3), T.constant(3)])
def test_counts_of_steps(steps):
    powers, _ = theano.scan(lambda p: p * 2, outputs_info=T.constant(1.0), n_steps=steps)
    np.testing.assert_array_equal(function([], powers)(), [2, 4, 8])


def test_a_negative_count_goes_backwards():
    entries, _ = theano.scan(lambda e: e, sequences=T.arange(4), n_steps=-3)
    np.testing.assert_array_equal(function([], entries)(), [3, 2, 1])


def test_a_state_of_known_length_takes_outputs_of_unknown_length():
    v = T.dvector("v")
    states, _ = theano.scan(
        lambda s, w: s + w, outputs_info=T.zeros(30, dtype="float64"), non_sequences=v, n_steps=2
    )
    assert function([v], states)(np.ones(30)).sum() == 90


def test_updates_of_a_step_reach_the_shared_variable():
    w = theano.shared(np.float64(1))
    _, updates = theano.scan(lambda: (w, [(w, w * 3)]), n_steps=4)
    function([], updates=updates)()
    assert w.get_value() == 81


@pytest.mark.parametrize("inside", [True, False])
def test_noise_is_new_in_each_step_and_each_call(inside):
    streams = RandomStreams(7)
    outside = streams.normal(size=(2,))
    noise, updates = theano.scan(
        lambda: streams.normal(size=(2,)) if inside else outside * 1, n_steps=3
    )
    assert len(updates) == 1
    f = function([], noise, updates=updates)
    draws = np.concatenate([f(), f()]).ravel()
    assert len(np.unique(draws)) == 12


def test_map_reduce_and_folds():
    v = T.dvector("v")
    doubled, _ = theano.map(lambda e: e * 2, v)
    total, _ = theano.reduce(lambda e, s: e + s, v, T.constant(0.0, dtype="float64"))
    left, _ = theano.foldl(lambda e, s: e - s, v, T.constant(0.0, dtype="float64"))
    right, _ = theano.foldr(lambda e, s: e - s, v, T.constant(0.0, dtype="float64"))
    results = function([v], [doubled, total, left, right])(np.array([1.0, 2.0, 4.0]))
    np.testing.assert_array_equal(results[0], [2, 4, 8])
    assert [float(r) for r in results[1:]] == [7, 4 - (2 - 1), 1 - (2 - 4)]


def test_until_stops():
    from autoenc.theano.scan_module import until

    powers, _ = theano.scan(
        lambda p: (p * 2, until(p * 2 > 50)), outputs_info=T.constant(1.0), n_steps=100
    )
    np.testing.assert_array_equal(function([], powers)(), [2, 4, 8, 16, 32, 64])


def test_the_stream_of_a_mask_from_outside_is_drawn_from_once_a_call():
    mask = RandomStreams(3).uniform((2,))
    sums, updates = theano.scan(
        lambda total, m: total + m,
        outputs_info=T.zeros(2, dtype=mask.dtype),
        non_sequences=mask,
        n_steps=3,
    )
    assert not updates
    f = function([], sums[-1], updates=updates)
    alone = function([], RandomStreams(3).uniform((2,)))
    for _ in range(2):
        np.testing.assert_allclose(f(), 3 * alone(), rtol=1e-6)


def test_variables_inside_a_loop_have_theanos_names():
    from autoenc.theano.scan_module.scan_op import Scan

    from autoenc.theano.gof.graph import ancestors

    doubled, _ = theano.scan(lambda entry: entry * 2, sequences=T.arange(3.0))
    (loop,) = {
        v.owner.op for v in ancestors([doubled]) if v.owner and isinstance(v.owner.op, Scan)
    }
    step = theano.function(loop.inputs, loop.outputs, mode="FAST_COMPILE")
    np.testing.assert_array_equal(step(4.0), [8.0])


def test_mapped_variables_may_contain_what_they_replace():
    from autoenc.theano.scan_module.scan_utils import map_variables

    x = T.dscalar()
    y = T.exp(x)
    (z,) = map_variables(lambda v: v * 2 + 1 if v is y else v, [y * y])
    assert function([x], z)(0.0) == 9


def test_the_last_of_several_results():
    v = T.dvector("v")
    zero, one = T.constant(0.0, dtype="float64"), T.constant(1.0, dtype="float64")
    results, _ = theano.reduce(lambda e, s, p: [s + e, p * e], v, [zero, one])
    values = function([v], results)(np.array([2.0, 3.0, 4.0]))
    assert [float(value) for value in values] == [9, 24]


@pytest.mark.parametrize("steps", [np.inf, float("nan")])
def test_an_infinite_count_is_the_length_of_the_sequence(steps):
    entries, _ = theano.scan(lambda e: e + 1, sequences=T.arange(4), n_steps=steps)
    np.testing.assert_array_equal(function([], entries)(), [1, 2, 3, 4])


def test_outputs_without_a_state_beside_states_with_several_taps():
    (states, squares), _ = theano.scan(
        lambda before, last: [before + last, last**2],
        outputs_info=[{"initial": T.constant([1.0, 1.0]), "taps": [-2, -1]}, {}],
        n_steps=5,
    )
    states, squares = function([], [states, squares])()
    np.testing.assert_array_equal(states, [2, 3, 5, 8, 13])
    np.testing.assert_array_equal(squares, [1, 4, 9, 25, 64])


def test_initial_states_may_be_arrays():
    states, _ = theano.scan(
        lambda s, w: s * w,
        outputs_info=[{"initial": np.ones(2), "taps": [-1]}],
        non_sequences=T.dvector("w"),
        n_steps=2,
    )
    (w,) = (v for v in theano.gof.graph.inputs([states]) if v.name == "w")
    np.testing.assert_array_equal(function([w], states)([2.0, 3.0]), [[2, 3], [4, 9]])


@pytest.mark.parametrize("initial", [np.zeros(3, "float32"), np.float32(0)])
def test_a_state_of_another_type_than_the_output_is_refused(initial):
    v = T.dvector("v")
    with pytest.raises((TypeError, ValueError)):
        theano.scan(lambda s: s + v, outputs_info=T.constant(initial), n_steps=2)


def test_a_state_gives_its_length_to_an_output_that_does_not_depend_on_it():
    v = T.dvector("v")
    initial = T.zeros(3, dtype="float64")
    states, _ = theano.scan(lambda s, w: w * 2, outputs_info=initial, non_sequences=v, n_steps=2)
    f = function([v], states)
    np.testing.assert_array_equal(f([1.0, 2.0, 3.0]), [[2, 4, 6]] * 2)
    with pytest.raises(AssertionError):
        f([1.0, 2.0])


def test_an_array_is_a_state():
    states, _ = theano.scan(lambda s: s * 2, outputs_info=np.ones(2), n_steps=3)
    np.testing.assert_array_equal(states.eval(), [[2, 2], [4, 4], [8, 8]])


def test_ranges_are_taps():
    x = T.dvector("x")
    sums, _ = theano.scan(lambda a, b: a + b, sequences={"input": x, "taps": range(-1, 1)})
    start = {"initial": T.constant([1.0, 1.0]), "taps": range(-2, 0)}
    fibonacci, _ = theano.scan(lambda a, b: a + b, outputs_info=start, n_steps=3)
    sums, fibonacci = function([x], [sums, fibonacci])(np.arange(6.0))
    np.testing.assert_array_equal(sums, [1, 3, 5, 7, 9])
    np.testing.assert_array_equal(fibonacci, [2, 3, 5])


@pytest.mark.parametrize(
    "mode",
    [
        "FAST_COMPILE",
        "DebugMode",
        theano.Mode("py", "fast_compile"),
        theano.Mode("c|py", "fast_run"),
        theano.Mode(linker="py", optimizer=None),
    ],
    ids=["FAST_COMPILE", "DebugMode", "py", "c|py", "no-optimizer"],
)
def test_the_steps_of_a_gradient_are_compiled_in_any_mode(mode):
    x, w = T.dmatrix("x"), T.dmatrix("w")
    states, _ = theano.scan(
        lambda row, h, w: T.tanh(row + T.dot(h, w)),
        sequences=x,
        outputs_info=T.zeros((3,), "float64"),
        non_sequences=w,
        mode=mode,
    )
    total = states.sum()
    found = function([x, w], [total, T.grad(total, w).sum()])(np.ones((4, 3)), np.eye(3) / 2)
    # From Theano 1.0.5.
    np.testing.assert_allclose(found, [10.2948434304, 5.05492570455])


def test_loops_in_python_have_no_c_code():
    x, w = T.dvector("x"), T.dscalar("w")
    with theano.config.change_flags(linker="py"):
        sums, _ = theano.scan(
            lambda a, b, c: a * c + b, x, outputs_info=T.zeros((), "float64"), non_sequences=w
        )
        f = theano.function([x, w], [sums, T.grad(sums.sum(), w)])
    loops = [node.op for node in f.maker.fgraph.apply_nodes if isinstance(node.op, Scan)]
    assert loops
    for loop in loops:
        assert not any(hasattr(thunk, "cthunk") for thunk in loop.fn.vm.thunks)
    found, gradient = f([1, 2, 3], 2)
    np.testing.assert_array_equal(found, [2, 6, 12])
    assert gradient == 3 * 1 + 2 * 2 + 3
