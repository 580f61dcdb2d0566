"""Products and sums divided over the rows: the same numbers, and operands stored once."""

import jax
import numpy as np
import pytensor.tensor as pt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pytensor.graph.fg import FunctionGraph
from pytensor.tensor.elemwise import DimShuffle

from autoenc.backends import resolve_backend
from autoenc.backends.step import make_step
from autoenc.backends.xla import xla_backend as xla
from autoenc.backends.xla.compiling import GPU_MODE, MODE, jaxify
from autoenc.backends.xla.large import (
    PARTS_OF_A_SUM,
    ProductOverRows,
    Stored,
    SumOverRows,
    parts_of_product,
    parts_of_rows,
)
from autoenc.graph import AutoEncoderLayer, masking, resolve_optimizer, sgd, symbolic_generator
from autoenc.graph.precision import with_mixed_products


def compiled(inputs, outputs, mode):
    function, _ = jaxify(inputs, outputs, mode)
    return jax.jit(function)


@given(
    st.sampled_from([1, 2, 63, 128, 500, 512, 1000, 2048]),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(0, 2**32),
)
def test_products_and_sums_over_rows_are_numpys(n, n_columns, n_others, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(n, n_columns)), rng.normal(size=(n, n_others))
    x, y = pt.dmatrices("x", "y")
    with jax.enable_x64(True):
        product, total = compiled([x, y], [x.T @ y, y.sum(axis=0)], GPU_MODE)(a, b)
    assert_allclose(product, a.T @ b, rtol=1e-12, atol=1e-12)
    assert_allclose(total, b.sum(axis=0), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("shape", "parts"),
    [((784, 500, 4096), 4), ((784, 500, 500), 1), ((64, 8, 100_000), 32), ((4096, 500, 784), 1)],
)
def test_a_product_with_a_small_result_is_divided_and_no_other(shape, parts):
    assert parts_of_product(*shape) == parts


@given(st.integers(1, 10_000), st.integers(1, 300), st.integers(1, 300))
def test_parts_are_equal_and_long_enough(n_rows, most, least):
    parts = parts_of_rows(n_rows, most, least)
    assert n_rows % parts == 0
    assert parts == 1 or (parts <= most and n_rows // parts >= least)


def step_of(rule="sgd", tied=True):
    layer = AutoEncoderLayer(30, 20, rng=np.random.default_rng(0), tied=tied)
    x = pt.matrix("x")
    cost = layer.cross_entropy(x, corrupted=masking(x, 0.3, symbolic_generator(1))).mean()
    return make_step(cost, resolve_optimizer(rule)(cost, layer.params, 0.1), [x])


def graph_of(step):
    shared = [*step.state, *step.generators, *step.constants]
    inputs, outputs = step.with_inputs_for(shared)
    return [*step.inputs, *inputs], outputs


def operations(inputs, outputs):
    graph = FunctionGraph(list(inputs), list(outputs), clone=True)
    GPU_MODE.optimizer.rewrite(graph)
    return [node.op for node in graph.toposort()]


def test_gradients_of_weights_and_biases_are_over_rows_and_what_they_read_is_stored_once():
    ops = operations(*graph_of(step_of()))
    assert ops.count(ProductOverRows(mixed=False)) == 2
    assert ops.count(SumOverRows()) == 2
    # The masked rows, the code, and the gradients of both pre-activations.
    assert ops.count(Stored()) == 4


def test_in_mixed_precision_products_are_over_rows_and_nothing_is_stored_in_float32():
    inputs, outputs = graph_of(step_of())
    ops = operations(inputs, with_mixed_products(outputs))
    assert ops.count(ProductOverRows(mixed=True)) == 2
    assert Stored() not in ops
    # That of W alone is transposed, not a gradient of it.
    assert sum(isinstance(op, DimShuffle) and op.new_order == (1, 0) for op in ops) == 1


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("rule", ["sgd", "momentum", "adam"])
def test_training_is_that_of_the_program_for_a_cpu(monkeypatch, rule, tied):
    rows = np.random.default_rng(0).random((2048, 30), dtype="float32")
    ends = []
    for mode in (MODE, GPU_MODE):
        monkeypatch.setattr(xla, "MODE", mode)
        step, backend = step_of(rule, tied), xla.XlaBackend("cpu")
        runner = backend.compile(step)
        costs = runner.run([backend.put(rows)], np.arange(2048).reshape(2, 1024), (0,))
        runner.sync()
        ends.append([costs, *(v.get_value() for v in step.state)])
    for plain, divided in zip(*ends, strict=True):
        assert_allclose(divided, plain, rtol=2e-4, atol=2e-6)


def test_what_the_host_reads_comes_with_the_costs_and_is_never_stale():
    x = pt.matrix("x")
    layer = AutoEncoderLayer(3, 2, rng=np.random.default_rng(0))
    cost = layer.squared_error(x).mean()
    step = make_step(cost, sgd(cost, layer.params, 0.1), [x])
    backend = resolve_backend("xla", "cpu")
    runner = backend.compile(step)
    data = [backend.put(np.ones((4, 3), np.float32))]
    runner.run(data, np.arange(4).reshape(2, 2), ())
    layer.W.set_value(np.full((3, 2), 7, np.float32))
    runner.keep()
    runner.sync()
    assert_array_equal(layer.W.get_value(), np.full((3, 2), 7))


def test_a_sum_has_so_many_parts_at_most():
    assert parts_of_rows(2**20, PARTS_OF_A_SUM, 64) == PARTS_OF_A_SUM
