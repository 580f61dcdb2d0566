"""Functions on XLA: shared values stay on the device, and what cannot run there runs in C."""

import copy
import logging
import pickle

import numpy as np
import pytensor.tensor as pt
import pytest
from autoenc.theano.sandbox.rng_mrg import MRG_RandomStreams

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.backends import resolve_backend
from autoenc.backends.c.compiler import compiler_trouble
from autoenc.theano.random.streams import RandomStreams
from autoenc.training import train

BACKENDS = ["xla", "numba"] if compiler_trouble() else ["c", "xla", "numba"]

x = T.fmatrix("x")


def test_a_step_of_training_updates_weights_that_stay_on_the_device():
    w = theano.shared(np.ones((3, 2), "float32"), "w")
    data = theano.shared(np.arange(12, dtype="float32").reshape(4, 3), "data")
    i = T.iscalar("i")
    cost = T.tanh(T.dot(x, w)).sum()
    step = theano.function(
        [i],
        cost,
        updates=[(w, w - 0.1 * T.grad(cost, w))],
        givens={x: data[i : i + 2]},
        mode="JAX",
    )
    assert isinstance(step(0), np.ndarray)
    assert not isinstance(data.container.storage[0], np.ndarray)
    before = data.container.storage[0]
    step(1)
    assert data.container.storage[0] is before
    assert isinstance(w.get_value(), np.ndarray)
    assert w.get_value().flags.writeable


def test_a_minibatch_may_be_overwritten_after_a_call_without_outputs():
    """XLA computes in the background, and reads arrays of NumPy where they are."""
    w = theano.shared(np.eye(300, dtype="float32"))
    total = theano.shared(np.zeros((2_000, 300), "float32"))
    product = x
    for _ in range(10):
        product = T.dot(product, w)
    add = theano.function([x], updates=[(total, total + product)], mode="JAX")
    minibatch = np.empty((2_000, 300), "float32")
    for k in range(5):
        minibatch[:] = k
        add(minibatch)
        minibatch[:] = np.nan
    np.testing.assert_array_equal(total.get_value(), 0 + 1 + 2 + 3 + 4)


def on_xla(caplog, inputs, outputs, **options):
    """Compile for XLA; the function raises if it has gone over to C."""
    f = theano.function(inputs, outputs, mode="JAX", **options)

    def call(*arguments):
        results = f(*arguments)
        assert not [r.message for r in caplog.records if "runs in C" in r.message]
        return results

    return call


def test_a_minibatch_is_a_slice_of_any_length(caplog):
    data = theano.shared(np.arange(14, dtype="float32").reshape(7, 2))
    begin, end = T.lscalars("begin", "end")
    f = on_xla(caplog, [begin, end], data[begin:end] * 2)
    rows = np.arange(7)
    for a, b in ((0, 3), (3, 6), (6, 9), (-3, 7), (-2, 100), (4, 2), (-100, 2)):
        np.testing.assert_array_equal(f(a, b)[:, 0], rows[a:b] * 4)


def test_slices_within_other_indices(caplog):
    data = theano.shared(np.arange(24, dtype="float32").reshape(4, 6))
    i, column = T.lscalars("i", "column")
    f = on_xla(caplog, [i, column], [data[i : i + 2, column], data[1, i:], data[:i, 1 : i + 1]])
    a, b, c = f(1, 4)
    np.testing.assert_array_equal(a, [10, 16])
    np.testing.assert_array_equal(b, [7, 8, 9, 10, 11])
    np.testing.assert_array_equal(c, [[1]])


@pytest.mark.parametrize("write", [T.set_subtensor, T.inc_subtensor])
def test_a_slice_is_written(caplog, write):
    w = theano.shared(np.ones((5, 2), "float32"))
    i = T.lscalar("i")
    y = T.fmatrix("y")
    f = on_xla(caplog, [i, y], [], updates=[(w, write(w[i : i + 2], y))])
    f(3, np.full((2, 2), 7, "float32"))
    last = 7 if write is T.set_subtensor else 8
    np.testing.assert_array_equal(w.get_value()[:, 0], [1, 1, 1, last, last])


def test_the_gradient_of_a_slice(caplog):
    data = theano.shared(np.arange(6, dtype="float32"))
    i = T.lscalar("i")
    f = on_xla(caplog, [i], T.grad((data[i : i + 2] ** 2).sum(), data))
    np.testing.assert_array_equal(f(3), [0, 0, 0, 6, 8, 0])
    np.testing.assert_array_equal(f(5), [0, 0, 0, 0, 0, 10])


def test_the_cost_of_a_classifier_stays_on_xla(caplog):
    """T.arange(y.shape[0]) and zeros of a minibatch's size have lengths that the host knows."""
    data = theano.shared(np.linspace(-1, 1, 21, dtype="float32").reshape(7, 3))
    labels = T.cast(theano.shared(np.float32([0, 1, 2, 0, 1, 2, 1])), "int32")
    w = theano.shared(np.zeros((3, 3), "float32"))
    y, i = T.ivector("y"), T.lscalar("i")
    p = T.nnet.softmax(T.dot(x, w))
    cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
    givens = {x: data[i * 3 : (i + 1) * 3], y: labels[i * 3 : (i + 1) * 3]}
    step = {"updates": [(w, w - T.grad(cost, w))], "givens": givens}
    f = on_xla(caplog, [i], cost, **step)
    costs = [float(f(k)) for k in (0, 1, 2)]
    w.set_value(np.zeros((3, 3), "float32"))
    g = theano.function([i], cost, mode="FAST_COMPILE", **step)
    np.testing.assert_allclose(costs, [float(g(k)) for k in (0, 1, 2)], rtol=1e-5)


def test_a_scan_over_a_sequence_of_any_length(caplog):
    sequence = T.fvector("sequence")
    outputs, _ = theano.scan(
        lambda s, before: before * 0.5 + s,
        sequences=sequence,
        outputs_info=T.constant(np.float32(0)),
    )
    f = on_xla(caplog, [sequence], [outputs, T.grad(outputs[-1], sequence)])
    for n in (2, 4):
        values, gradient = f(np.ones(n, "float32"))
        np.testing.assert_allclose(values, 2 - 0.5 ** np.arange(n))
        np.testing.assert_allclose(gradient, 0.5 ** np.arange(n)[::-1])


def test_lengths_that_always_change_are_for_c(caplog):
    n = T.lscalar("n")
    f = theano.function([n], T.arange(n).sum(), mode="JAX", name="growing")
    with caplog.at_level(logging.WARNING, "theano"):
        assert [int(f(k)) for k in range(40)] == [k * (k - 1) // 2 for k in range(40)]
    (message,) = [r.message for r in caplog.records if "growing" in r.message]
    assert "lengths of arrays differ from call to call" in message


def test_dtypes_are_those_of_the_graph(caplog):
    big = theano.shared(np.array([2**40, 1]))
    d = T.dvector("d")
    f = on_xla(caplog, [d], [d * 2, big + 1, T.argmax(d), d.sum() / 3], updates=[(big, big + 1)])
    double, integers, place, third = f([1.0, 1e-12])
    assert [a.dtype.name for a in (double, integers, place, third)] == [
        "float64",
        "int64",
        "int64",
        "float64",
    ]
    assert integers[0] == 2**40 + 1
    np.testing.assert_allclose(third, (1 + 1e-12) / 3, rtol=1e-15)
    assert big.get_value()[0] == 2**40 + 1


@pytest.mark.parametrize("again", [copy.deepcopy, lambda w: pickle.loads(pickle.dumps(w))])
def test_values_on_the_device_are_copied_and_pickled_as_arrays(caplog, again):
    w = theano.shared(np.zeros(2, "float32"), "w")
    f = on_xla(caplog, [], [], updates=[(w, w + 1)])
    f()
    other = again(w)
    assert type(other.container.storage[0]) is np.ndarray
    f()
    assert (other.get_value()[0], w.get_value()[0]) == (1, 2)


def test_complex_numbers_are_not_truncated(caplog):
    numbers = np.array([1 + 1e-10j, 1e-300])
    kept, z = theano.shared(numbers), T.TensorType("complex128", (False,))("z")
    f = on_xla(caplog, [z], [kept * 2, z * 2, T.imag(z)])
    for result, expected in zip(f(numbers), [2 * numbers, 2 * numbers, numbers.imag], strict=True):
        np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(kept.get_value(), numbers)


def test_archives_keep_the_names_of_variables_on_the_device(caplog, tmp_path):
    w = theano.shared(np.zeros(2, "float32"), "w")
    on_xla(caplog, [], [], updates=[(w, w + 1)])()
    with (tmp_path / "w.zip").open("wb") as file:
        theano.misc.pkl_utils.dump(w, file)
    np.testing.assert_array_equal(np.load(tmp_path / "w.zip")["w"], [1, 1])


@pytest.mark.parametrize("backend", BACKENDS)
def test_training_continues_from_values_on_the_device(caplog, backend):
    rows = np.random.default_rng(0).uniform(size=(200, 3)).astype("float32")
    found = []
    for is_watched in (False, True):
        w, x = theano.shared(np.zeros((3, 2), "float32"), "w"), T.fmatrix("x")
        f = on_xla(caplog, [x], T.dot(x, w), updates=[(w, w + np.float32(0.25))])
        f(rows)
        seen = theano.function([x], T.dot(x, w), mode="JAX")
        cost = ((T.dot(x, w) - 1) ** 2).mean()
        updates = {w: w - np.float32(0.1) * T.grad(cost, w)}
        callback = (lambda record, seen=seen: seen(rows)) if is_watched else None
        history = train(
            cost, updates, inputs=[x], data=rows, n_epochs=3, batch_size=20, block_size=2,
            backend=backend, progress=False, callbacks=callback,
        )  # fmt: skip
        found.append(([record["cost"] for record in history], w.get_value().tolist()))
    assert found[0] == found[1]
    assert found[0][0] == sorted(found[0][0], reverse=True)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_functions_in_other_modes_see_values_on_the_device(caplog, mode):
    w = theano.shared(np.ones((2, 2), "float32"), "w")
    v = T.fmatrix("v")
    before = theano.function([v], T.dot(v, w), updates=[(w, 2 * w)], mode=mode)
    on_device = on_xla(caplog, [], [], updates=[(w, w + 1)])
    on_device()
    after = theano.function([], w.sum(), mode=mode)
    ones = np.ones((1, 2), "float32")
    for expected in (2, 5, 11):
        np.testing.assert_array_equal(before(ones), [[2 * expected, 2 * expected]])
        assert after() == 8 * expected
        on_device()
        assert type(w.container.storage[0]) is not np.ndarray


def test_assertions_are_checked(caplog):
    y = T.fvector("y")
    f = on_xla(caplog, [y], theano.tensor.opt.Assert("y is to be positive")(y, T.all(y > 0)) * 2)
    np.testing.assert_array_equal(f([1, 2]), [2, 4])
    with pytest.raises(AssertionError, match="y is to be positive"):
        f([1, -2])
    np.testing.assert_array_equal(f([3]), [6])


def test_assertions_within_a_loop_are_checked(caplog):
    y = T.fvector("y")

    def step(value):
        return theano.tensor.opt.Assert("y is to be positive")(value, value > 0) * 2

    doubled, _ = theano.scan(step, sequences=y)
    f = on_xla(caplog, [y], doubled)
    np.testing.assert_array_equal(f([1, 2]), [2, 4])
    with pytest.raises(AssertionError, match="y is to be positive"):
        f([1, -2])


k, ks = T.lscalar("k"), T.lvector("ks")
table = T.arange(12, dtype="float32").reshape((4, 3))
looked_up, _ = theano.scan(lambda one: table[one].sum(), sequences=ks)
INDEXED = {
    "one": (k, table[k], 4),
    "one from the end": (k, table[k], -5),
    "several": (ks, table[ks], [0, 4]),
    "several from the end": (ks, table[ks], [-4, -5]),
    "pairs": (ks, table[T.arange(ks.shape[0]), ks], [0, 3]),
    "labels": (ks, T.nnet.categorical_crossentropy(T.nnet.softmax(table[:2]), ks), [0, 3]),
    "set": (k, T.set_subtensor(table[k], 0), 4),
    "added to": (ks, T.inc_subtensor(table[ks], 1), [0, 4]),
    "in a loop": (ks, looked_up, [3, 4]),
}


@pytest.mark.parametrize("name", INDEXED)
def test_an_index_out_of_range_is_refused(caplog, name):
    index, output, wrong = INDEXED[name]
    w = theano.shared(np.float32(0))
    f = on_xla(caplog, [index], output, updates=[(w, w + 1)])
    right = {"labels": [1, 2]}.get(name, -1 if index is k else [1, -2])
    expected = theano.function([index], output, mode="FAST_COMPILE")(right)
    np.testing.assert_allclose(f(right), expected, rtol=1e-6)
    with pytest.raises((IndexError, ValueError)):
        f(wrong)
    assert w.get_value() == 1


def test_values_are_those_of_c():
    outputs = [T.nnet.sigmoid(x).sum(axis=0), x.max()]
    value = np.linspace(-2, 2, 6, dtype="float32").reshape(2, 3)
    on_xla = theano.function([x], outputs, mode="JAX")(value)
    expected = theano.function([x], outputs, mode="FAST_COMPILE")(value)
    for a, b in zip(on_xla, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_what_xla_cannot_take_runs_in_c_and_says_so_once(caplog):
    streams = RandomStreams(3)
    w = theano.shared(np.zeros(2, "float32"))
    theano.function([], updates=[(w, w + 1)], mode="JAX")()
    f = theano.function([], w + streams.uniform((2,)).astype("float32"), mode="JAX", name="noisy")
    with caplog.at_level(logging.WARNING, "theano"):
        first, second = f(), f()
    assert not np.array_equal(first, second)
    assert (first >= 1).all()
    assert sum("noisy runs in C" in r.message for r in caplog.records) <= 1


def test_an_error_is_theanos():
    f = theano.function([x], T.dot(x, x), mode="JAX")
    with pytest.raises(ValueError, match=r"[Ss]hape|aligned"):
        f(np.ones((2, 3), "float32"))


@pytest.mark.parametrize("operation", [T.int_div, T.mod])
def test_an_integer_is_not_divided_by_zero(operation, caplog):
    i, j = T.ivectors("i", "j")
    f = on_xla(caplog, [i, j], operation(i, j))
    np.testing.assert_array_equal(f([7, -7], [2, 2]), operation(T.constant([7, -7]), 2).eval())
    with pytest.raises(ZeroDivisionError):
        f([7, -7], [2, 0])
    np.testing.assert_array_equal(f([8, 6], [4, 2]), operation(T.constant([8, 6]), [4, 2]).eval())
    quotients, _ = theano.scan(lambda a, b: a // b, [i, j])
    divide = theano.function([i, j], quotients, mode="JAX")
    np.testing.assert_array_equal(divide([7, -7], [2, 2]), [3, -4])
    with pytest.raises(ZeroDivisionError):
        divide([7, -7], [2, 0])


def test_modes_made_of_its_mode_run_on_it_too():
    mode = theano.compile.mode.get_mode("JAX").excluding("fusion")
    double = theano.function([x], x * 2, mode=mode)
    result = double(np.ones((2, 3), "float32"))
    assert type(result) is np.ndarray
    result[0] = 5  # a result belongs to the script
    np.testing.assert_array_equal(double(np.ones((2, 3), "float32")), 2)


# Results of Theano 1.0.5, which computed them in C.
NUMBERS = [
    (lambda v: T.cast(v, "uint8"), "float64", [-1.5, 300.7, 70000.2], [255, 44, 112]),
    (lambda v: T.cast(v, "int16"), "float32", [-1.5, 300.7, 70000.2], [-1, 300, 4464]),
    (lambda v: T.cast(v * 255, "uint8") + 1, "float64", [0.5, 2.0], [128, 255]),
    (lambda v: T.cast(v, "int32"), "float64", [3e9, np.nan, -2.9], [-(2**31), -(2**31), -2]),
    (
        lambda v: T.cast(v, "int64"),
        "float64",
        [1e300, np.nan, 2.0**40],
        [-(2**63), -(2**63), 2**40],
    ),
    (lambda v: v // np.float64(0.1), "float64", [1.0, 0.3, 0.6, 0.7], [10, 2, 5, 6]),
    (lambda v: v // 0.0, "float64", [1.0, -2.0], [np.inf, -np.inf]),
    (lambda v: v ** v[::-1], "int64", [2, -1, 3, -2], [0, -1, 0, 4]),
    (lambda v: T.constant(3) ** v, "int64", [2, -1], [9, 0]),
    (lambda v: v.sum(), "float32", [2.0**24, 1, 1], 2**24 + 2),
    (lambda v: T.sum(v, dtype="float64") / 2e38, "float32", [2e38, 2e38], 2),
    (lambda v: v.sum(), "int8", [100, 100], 200),
]


@pytest.mark.parametrize(("compute", "dtype", "values", "expected"), NUMBERS)
def test_numbers_are_those_of_c(compute, dtype, values, expected):
    v = T.vector("v", dtype)
    found = theano.function([v], compute(v), mode="JAX")(np.array(values, dtype))
    np.testing.assert_allclose(found, expected, rtol=1e-7)


@pytest.mark.parametrize("compute", [lambda a, b: 1 + a // b, lambda a, b: [a // b, a % b]])
def test_integers_are_not_divided_by_zero_within_larger_expressions(compute):
    a, b = T.lvectors("a", "b")
    f = theano.function([a, b], compute(a, b), mode="JAX")
    f(np.array([4, 5]), np.array([2, 1]))
    with pytest.raises(ZeroDivisionError):
        f(np.array([4, 5]), np.array([2, 0]))


def test_filters_that_do_not_fit_are_refused():
    image, filters = T.ftensor4(), T.ftensor4()
    f = theano.function([image, filters], T.nnet.conv2d(image, filters), mode="JAX")
    ones = np.ones((2, 2, 5, 7), "float32")
    assert f(ones, ones[:, :, :3, :2]).shape == (2, 2, 3, 6)
    with pytest.raises(ValueError, match=r"fit|bigger|shape"):
        f(ones[:, :, :2], ones[:, :, :3, :2])


def test_draws_between_bounds_have_the_bits_of_theano():
    draw = MRG_RandomStreams(7).uniform((999,), low=0, high=3, dtype="float32")
    found = theano.function([], draw, mode="JAX")()
    expected = [0.040376003831624985, 0.463406503200531, 1.4298598766326904]
    assert found[:3].tolist() == expected
    assert found.astype("float64").sum() == 1480.8442591421772


def test_models_of_the_same_process_keep_the_numbers_of_xla():
    theano.function([x], x + 1, mode="JAX")(np.ones((1, 2), "float32"))
    values = np.array([[-1.5, 300.7]], "float32")
    v = pt.fmatrix("v")
    for expression, expected in (
        (pt.cast(v, "uint8"), [0, 255]),
        (v // np.float32(0.1), [-15, 3007]),
    ):
        found = resolve_backend("xla", "cpu").function([v], expression)(values)
        np.testing.assert_array_equal(found, [expected])
