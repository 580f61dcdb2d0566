"""Lengths of new arrays: what the graph knows, and that large graphs are not simplified for it."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.meaning import static_lengths


def layers(n):
    h = T.tensor3("x")
    for _ in range(n):
        states = T.zeros((h.shape[1], h.shape[2]))
        h, _ = theano.scan(lambda s, p: T.tanh(p + s), sequences=[h], outputs_info=[states])
    return h


def test_lengths_of_small_graphs_are_found():
    n = T.iscalar("n")
    assert T.zeros((2 * T.constant(3) - 5, n)).type.broadcastable == (True, False)
    assert T.alloc(0.0, T.row().shape[0], 4).type.shape == (1, 4)


def test_lengths_of_large_graphs_are_those_of_constants_and_types(monkeypatch):
    h = layers(12)
    monkeypatch.setattr(static_lengths, "_by_simplifying", None)
    row = T.zeros((1, h.shape[2]))
    assert row.type.broadcastable == (True, False)
    assert T.zeros((row.shape[0], h.shape[1])).type.broadcastable == (True, False)


def test_no_large_graph_is_simplified(monkeypatch):
    simplified = []
    simplify = static_lengths._by_simplifying

    def counted(lengths):
        simplified.append(lengths)
        return simplify(lengths)

    monkeypatch.setattr(static_lengths, "_by_simplifying", counted)
    layers(8)
    few = len(simplified)
    layers(24)
    assert len(simplified) <= 2 * few


def test_results_do_not_depend_on_what_is_known(monkeypatch):
    X = np.random.default_rng(0).normal(size=(6, 2, 1)).astype(theano.config.floatX)
    results = []
    for few in (1_000, 0):
        monkeypatch.setattr(static_lengths, "_FEW", few)
        h = layers(2)
        (x,) = theano.gof.graph.inputs([h])[:1]
        results.append(theano.function([x], [h, T.grad(h.sum(), x)])(X))
    states = X
    for _ in range(2):
        state, after = np.zeros((2, 1)), []
        for part in states:
            state = np.tanh(part + state)
            after.append(state)
        states = np.array(after)
    for found in results:
        np.testing.assert_allclose(found[0], states, 1e-5)
    np.testing.assert_allclose(results[0][1], results[1][1], 1e-6)


def test_a_length_is_an_integer():
    with pytest.raises(TypeError, match="integers"):
        T.zeros((2, T.dscalar()))
