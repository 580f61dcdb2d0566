"""Competitors that are installed with autoenc run, and compute the same costs."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import gpu
from benchmarks.competitors.floor import Matrices, address
from benchmarks.data import make_table, tile_rows, write_rows
from benchmarks.field import absence, everyone
from benchmarks.inference import appliers, products
from benchmarks.runner import (
    CostError,
    Measurement,
    WorkerError,
    check_costs,
    measure,
    measure_alone,
)
from benchmarks.work import WORKS
from benchmarks.worker import Task
from tests import reference

N_ROWS, BATCH_SIZE = 2000, 50
NAMES = ("jax", "autoenc-xla", "autoenc-c-openblas", "floor-xla", "floor-openblas")
MASKED = ("jax", "autoenc-xla")


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    work = WORKS["100-64"]
    path = write_rows(work, tmp_path_factory.mktemp("rows"), None, N_ROWS)
    return Task(str(path), work.n_visible, work.n_hidden, BATCH_SIZE, n_epochs=3)


@pytest.fixture(scope="module")
def entrants():
    """They keep compiled code where the user's is, so that C is compiled once."""
    return [
        replace(e, environment={k: v for k, v in e.environment.items() if v != "{cache}"})
        for e in everyone()
        if e.name in NAMES
    ]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def test_everybody_reaches_the_same_cost(task, entrants, cache):
    results = measure(entrants, task, 1, 2, cache)
    assert set(check_costs(entrants, results, 0)) == set(NAMES) - {"floor-xla", "floor-openblas"}
    for name in NAMES:
        found = results[name]
        assert found.costs[0] is None or found.costs == sorted(found.costs, reverse=True)
        assert len(found.costs) == len(found.resident_bytes) == 3
        assert len(found.seconds) == 1
        assert found.peak_bytes >= max(found.resident_bytes) > 10 * 2**20
    np.testing.assert_allclose(results["jax"].costs, expected_costs(task), rtol=1e-5)


def test_with_masks_they_reach_it_on_average(task, entrants, cache):
    masked = [e.masked(0.3) for e in entrants if e.name in MASKED]
    results = measure(masked, task, 1, 2, cache)
    assert set(check_costs(masked, results, 0.3)) == {f"{name}, masks" for name in MASKED}
    assert results["jax, masks"].costs[-1] > 1.01 * expected_costs(task)[-1]
    assert results["jax, masks"].costs != results["autoenc-xla, masks"].costs


def expected_costs(task):
    from benchmarks import work

    start = reference.Parameters(*(a.astype("float64") for a in work.start(task)))
    _, costs = reference.train_reference(
        start, work.rows(task).astype("float64"), batch_size=task.batch_size,
        n_epochs=task.n_epochs, learning_rate=work.LEARNING_RATE,
    )  # fmt: skip
    return np.reshape(costs, (task.n_epochs, -1)).mean(axis=1)


@pytest.mark.parametrize("method", ["transform", "score_samples"])
def test_models_are_applied(task, cache, method):
    own = replace(task, options={"method": method})
    some = [replace(e, environment={}) for e in [*appliers(), products()]
            if e.name in ("autoenc-xla", "floor-numpy")]  # fmt: skip
    results = measure(some, own, 1, 1, cache)
    from benchmarks import work

    W, *_ = work.start(task)
    rows = work.rows(task)[:1000].astype("float64")
    code = 1 / (1 + np.exp(-rows @ W))
    pre = code @ W.T
    cost = (np.logaddexp(0, pre) - rows * pre).sum(axis=1)
    deviance = (cost - reference.bernoulli_entropy(rows)).mean()
    expected = {"transform": code.mean(), "score_samples": deviance}[method]
    np.testing.assert_allclose(results["autoenc-xla"].costs, expected, rtol=1e-5)
    assert results["floor-numpy"].costs == [None, None]


def test_the_floor_multiplies_what_a_step_multiplies(task):
    from benchmarks.blas import load_sgemm

    sgemm, _ = load_sgemm("openblas")
    x = np.random.default_rng(0).random((BATCH_SIZE, 100), dtype=np.float32)
    matrices = Matrices(task)
    W = matrices.W.copy()
    for call in matrices.step(address(x)):
        sgemm(*call)
    code = x @ W
    np.testing.assert_allclose(matrices.code, code, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(matrices.output, code @ W.T, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(matrices.code_gradient, code @ W.T @ W, rtol=1e-3, atol=1e-2)


def test_the_floor_of_a_gpu_is_beside_the_times(task, entrants):
    jax = next(e for e in entrants if e.name == "jax")
    results = {"jax": Measurement(seconds=[0.04])}
    text = gpu.where_it_goes("NVIDIA H200", [jax], results, task)
    assert "3 million operations at 66.9 TFLOP/s" in text
    floor = gpu.Floor(gpu.GPUS["H200"], BATCH_SIZE, 100, 64)
    row = text.splitlines()[-1].split("|")
    assert row[2].strip() == "1,000.0"
    assert float(row[3].replace(",", "")) == pytest.approx(1000 / floor.micros, rel=1e-3)


def test_a_worker_that_fails_says_why(task, cache):
    broken = replace(everyone()[0], options={"corruption": "much"})
    with pytest.raises(WorkerError, match="could not convert string to float: 'much'"):
        measure_alone(broken, task, 0, cache)


def entrant(name, precision="float32"):
    return replace(everyone()[0], name=name, precision=precision)


@pytest.mark.parametrize(
    ("second", "precision", "corruption", "fits"),
    [
        (100.05, "float32", 0, True),
        (100.5, "float32", 0, False),
        (100.5, "bfloat16", 0, True),
        (102.5, "bfloat16", 0, False),
        (100.5, "float32", 0.3, True),
        (103, "float32", 0.3, False),
        (float("nan"), "float32", 0, False),
    ],
)
def test_costs_are_compared(second, precision, corruption, fits):
    field = [entrant("a"), entrant("b", precision), entrant("floor")]
    costs = {"a": [110.0, 100.0], "b": [110.0, second], "floor": [None, None]}
    results = {name: Measurement(costs=c) for name, c in costs.items()}
    if fits:
        assert set(check_costs(field, results, corruption)) == {"a", "b"}
    else:
        with pytest.raises(CostError, match="COSTS DIFFER"):
            check_costs(field, results, corruption)


def test_the_table_is_the_same_every_time_and_its_columns_hang_together():
    table = make_table(100)
    assert table.shape == (50_000, 100)
    assert table.dtype == np.float32
    assert 0 < table.min() < 0.05
    assert 0.95 < table.max() <= 1
    np.testing.assert_array_equal(table[:3], make_table(100)[:3])
    variances = np.linalg.svd(table[:2000] - table[:2000].mean(axis=0), compute_uv=False) ** 2
    assert 0.6 < variances[:8].sum() / variances.sum() < 0.95


def test_rows_are_tiled(tmp_path):
    rows = np.arange(6, dtype=np.float32).reshape(3, 2)
    tile_rows(rows, tmp_path / "rows.npy", 7)
    np.testing.assert_array_equal(np.load(tmp_path / "rows.npy"), rows[[0, 1, 2, 0, 1, 2, 0]])


def test_who_is_not_here_is_said():
    theano = next(e for e in everyone("no/such/python") if e.name == "theano")
    assert absence(theano) == "no/such/python does not exist"
    here = next(e for e in everyone(sys.executable) if e.name == "theano")
    assert absence(here) == f"{sys.executable} has no Theano"
    assert replace(theano, module="x", needs=("no_such_module",)).missing() is not None
    names = [e.name for e in everyone()]
    assert len(set(names)) == len(names)
