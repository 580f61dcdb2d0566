"""Scripts find the inputs of a loop by the attributes of its operation."""

import copy
import pickle

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from tests.theano.quick import function

x, W, h0 = T.dmatrix("x"), T.dmatrix("W"), T.dvector("h0")


def of_one_value():
    def step(x, h, W):
        return T.tanh(T.dot(h, W) + x)

    h, _ = theano.scan(step, sequences=x, outputs_info=h0, non_sequences=W, name="net")
    return h, h.owner.inputs[0].owner


def of_two_values():
    def step(x, before, now, W):
        return [before + now * x, x.sum()], theano.scan_module.until(x.sum() > 3)

    start = {"initial": T.zeros((2, 2), "float64"), "taps": [-2, -1]}
    (h, _), _ = theano.scan(step, sequences=x, outputs_info=[start, None], non_sequences=W)
    return h, h.owner.inputs[0].owner


# What Theano 1.0.5 has.
EXPECTED = {
    of_one_value: {
        "n_seqs": 1, "n_mit_mot": 0, "n_mit_sot": 0, "n_sit_sot": 1, "n_nit_sot": 0,
        "n_shared_outs": 0, "n_mit_mot_outs": 0, "as_while": False, "tap_array": [[-1]],
        "mit_mot_out_slices": [], "name": "net", "truncate_gradient": -1,
    },
    of_two_values: {
        "n_seqs": 1, "n_mit_mot": 0, "n_mit_sot": 1, "n_sit_sot": 0, "n_nit_sot": 1,
        "n_shared_outs": 0, "n_mit_mot_outs": 0, "as_while": True, "tap_array": [[-2, -1]],
        "mit_mot_out_slices": [], "name": "scan_fn", "truncate_gradient": -1,
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "again", [lambda op: op, copy.copy, lambda op: pickle.loads(pickle.dumps(op))]
)
@pytest.mark.parametrize("loop", EXPECTED)
def test_attributes_and_info(loop, again):
    op = again(loop()[1].op)
    assert {name: getattr(op, name) for name in EXPECTED[loop]} == EXPECTED[loop]
    assert {name: op.info[name] for name in EXPECTED[loop]} == EXPECTED[loop]
    assert set(EXPECTED[loop]) <= set(op.info.keys())
    assert "n_seqs" in op.info
    assert op.info.get("unknown", 3) == 3
    assert op.n_outs == 1


def test_parts_of_a_node_and_of_its_graph():
    _, node = of_one_value()
    op = node.op
    assert op.outer_seqs(node) == op.outer_seqs(node.inputs) == node.inputs[1:2]
    assert op.outer_sitsot(node) == node.inputs[2:3]
    assert op.outer_non_seqs(node) == node.inputs[3:]
    assert op.outer_sitsot_outs(node) == node.outputs
    assert op.outer_shared(node) == op.inner_shared(op.inputs) == []
    assert [variable.ndim for variable in op.inner_seqs(op.inputs)] == [1]
    assert len(op.inner_sitsot_outs(op.outputs)) == 1


def test_gradients_of_all_states_by_that_of_the_initial_one():
    """As in programs on vanishing gradients."""
    h, node = of_one_value()
    states = node.inputs[node.op.n_seqs + 1]
    gradient = function([x, W, h0], T.grad(h[-1].sum(), states))
    # Computed by Theano 1.0.5.
    expected = [4.07108630e-04, 5.76226294e-03, 7.61018464e-02, 1.0]
    found = gradient(np.ones((3, 2)), np.eye(2), np.ones(2))
    np.testing.assert_allclose(found, np.transpose([expected, expected]), rtol=1e-7)
