"""Graphs of the same structure are rewritten once, and share nothing else."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode
from pytensor.link.vm import VMLinker

from autoenc.backends import rewritten
from autoenc.backends.rewritten import RewrittenGraphs
from autoenc.graph import AutoEncoderLayer, adam, masking, symbolic_generator

MODE = "FAST_COMPILE"


@pytest.fixture
def n_rewritten(monkeypatch):
    """Number of graphs that PyTensor was asked to rewrite."""
    calls, function = [], pytensor.function
    monkeypatch.setattr(pytensor, "function", lambda *a, **k: calls.append(a) or function(*a, **k))
    return lambda: len(calls)


def product(value):
    x, w = pt.vector("x"), pytensor.shared(np.asarray(value, "float32"))
    return w, x, x @ w


def test_each_function_has_its_own_weights(n_rewritten):
    graphs = RewrittenGraphs(MODE)
    (w, x, y), (v, x2, y2) = product([1, 2]), product([3, 4, 5])
    first, second = graphs.function([x], [y]), graphs.function([x2], [y2])
    assert n_rewritten() == 1
    assert first(np.ones(2, "float32"))[0] == 3
    assert second(np.ones(3, "float32"))[0] == 12
    w.set_value(np.zeros(2, "float32"))
    assert first(np.ones(2, "float32"))[0] == 0
    assert second(np.ones(3, "float32"))[0] == 12
    assert v.get_value().sum() == 12


def test_each_step_changes_its_own_state(n_rewritten):
    graphs, rng = RewrittenGraphs(MODE), np.random.default_rng(0)
    X = rng.random((9, 5), "float32")
    costs = []
    for n_hidden in (3, 3, 7):
        x, layer = pt.matrix("x"), AutoEncoderLayer(5, n_hidden, rng=np.random.default_rng(1))
        cost = layer.cross_entropy(x).mean()
        step = graphs.function([x], [cost], adam(cost, layer.params, 0.1))
        costs.append([float(step(X)[0]) for _ in range(30)])
        assert costs[-1][-1] < costs[-1][0]
    assert n_rewritten() == 1
    assert costs[0] == costs[1] != costs[2]


@pytest.mark.parametrize("change", ["operation", "constant", "updated", "dtype", "output"])
def test_other_graphs_are_others(change, n_rewritten):
    graphs = RewrittenGraphs(MODE)
    a, b = pytensor.shared(np.float32(2), "a"), pytensor.shared(np.float32(3), "b")
    y = a * b
    assert graphs.function([], [y], {a: y})() == [6]
    other = {
        "operation": lambda: ([a + b], {a: y}),
        "constant": lambda: ([y + 1], {a: y}),
        "updated": lambda: ([y], {b: y}),
        "dtype": lambda: ([y.astype("float64")], {a: y}),
        "output": lambda: ([y, a], {a: y}),
    }[change]()
    expected = [output.eval() for output in other[0]]
    assert graphs.function([], *other)() == expected
    assert n_rewritten() == 2
    values = [float(v.get_value()) for v in (a, b)]
    assert values == ([6, 18] if change == "updated" else [18, 3])


def test_no_weights_are_kept_alive():
    graphs = RewrittenGraphs(MODE)
    w, x, y = product(np.ones(1000))
    function, weights = graphs.function([x], [y]), weakref.ref(w.get_value(borrow=True))
    assert function(np.ones(1000, "float32")) == [1000]
    del w, x, y, function
    gc.collect()
    assert weights() is None


def test_code_in_use_is_copied_for_another_caller(n_rewritten):
    graphs = RewrittenGraphs(MODE)
    (w, x, y), (v, x2, y2) = product([1, 2]), product([3, 4])
    first = graphs.function([x], [y], {w: w + 1})
    second = graphs.function([x2], [y2], {v: v + 1})
    ones = np.ones(2, "float32")
    with first.running([ones]) as one, second.running([ones]) as other:
        assert [one(ones), other(ones), one(ones), other(ones)] == [[3], [7], [5], [9]]
    assert first(ones) == [7]
    assert n_rewritten() == 1


def test_threads_run_models_of_one_structure_at_once(n_rewritten):
    graphs = RewrittenGraphs(MODE)
    models = [product([k, 1]) for k in range(8)]
    steps = [graphs.function([x], [y], {w: w + 1}) for w, x, y in models]

    def run(step):
        return [step(np.ones(2, "float32"))[0] for _ in range(50)]

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(run, steps))
    assert found == [[k + 1 + 2 * i for i in range(50)] for k in range(8)]
    assert n_rewritten() == 1


def test_updates_before_an_error_count_and_the_code_is_not_used_again(n_rewritten):
    graphs, used = RewrittenGraphs(MODE), []
    w, x, y = product([1, 2])
    function = graphs.function([x], [y], {w: w + 1})
    ones = np.ones(2, "float32")

    def interrupted():
        with function.running([ones]) as code:
            used.append(code)
            code(ones)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert w.get_value().tolist() == [2, 3]
    with function.running([ones]) as again:
        assert again is not used[0]
        assert again(ones) == [5]
    assert n_rewritten() == 1


def test_arguments_and_results_are_let_go():
    """Also by code that keeps the memory of intermediate arrays for the next call."""
    keeps_memory = Mode(VMLinker(allow_gc=False, use_cloop=False), "fast_compile")
    x = pt.vector("x")
    function = RewrittenGraphs(keeps_memory).function([x], (x[::2] + 1) * 2)
    argument = np.ones(1000, "float32")
    result = weakref.ref(function(argument))
    row = weakref.ref(argument)
    del argument
    gc.collect()
    assert result() is None
    assert row() is None


def test_one_result_and_a_list_of_one_differ():
    graphs, x = RewrittenGraphs(MODE), pt.vector("x")
    ones = np.ones(2, "float32")
    assert isinstance(graphs.function([x], [x + 1])(ones), list)
    assert isinstance(graphs.function([x], x + 1)(ones), np.ndarray)


def test_graphs_of_noise_are_shared(n_rewritten):
    graphs = RewrittenGraphs(MODE)
    for seed in (0, 1):
        generator, x = symbolic_generator(seed), pt.matrix("x")
        noisy = masking(x, 0.5, generator)
        kept = graphs.function([x], [noisy])(np.ones((50, 50), "float32"))[0].mean()
        assert 0.4 < kept < 0.6
    assert n_rewritten() == 1


def test_the_oldest_graphs_are_forgotten(monkeypatch, n_rewritten):
    monkeypatch.setattr(rewritten, "KEPT", 2)
    graphs, x = RewrittenGraphs(MODE), pt.vector("x")
    for power in (2, 3, 4, 4, 2):
        assert graphs.function([x], x**power)(np.float32([2])) == [2**power]
    assert n_rewritten() == 4
