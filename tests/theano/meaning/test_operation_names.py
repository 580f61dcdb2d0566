"""Names of operations in text, beyond those that the conformance scripts print."""

import numpy as np
import pytest
from pytensor.graph.fg import FunctionGraph

import autoenc.theano.tensor as T
from autoenc import theano

x, v = T.matrix("x"), T.vector("v")


@pytest.mark.usefixtures("compiler")
def test_compiled_operations_keep_the_names_of_functions():
    function = theano.function([x], x + 1, mode="FAST_RUN")
    assert [str(node.op) for node in function.maker.fgraph.toposort()] == [
        "Elemwise{add,no_inplace}"
    ]


@pytest.mark.usefixtures("compiler")  # XLA overwrites nothing
def test_operations_that_overwrite_an_input_name_it():
    function = theano.function(
        [theano.In(x, mutable=True, borrow=True)], theano.Out(T.tanh(x), borrow=True),
        mode="FAST_RUN",
    )  # fmt: skip
    assert str(function.maker.fgraph.outputs[0].owner.op) == "Elemwise{Tanh}[(0, 0)]"


def test_gradients_have_operations_without_a_name_of_a_function():
    gradient = T.grad(T.sum(T.tanh(x)), x)
    assert str(gradient) == "Elemwise{mul}.0"
    assert str(T.grad(T.sum(T.nnet.sigmoid(x)), x).owner.inputs[1].owner) == (
        "Elemwise{sub}(InplaceDimShuffle{x,x}.0, Elemwise{scalar_sigmoid}.0)"
    )


@pytest.mark.parametrize(
    ("dtype", "accumulated"), [("float32", "float64"), ("int8", "int64"), ("uint16", "uint64")]
)
def test_sums_name_the_type_in_which_they_add(dtype, accumulated):
    total = T.sum(T.matrix(dtype=dtype), axis=1)
    assert str(total) == f"Sum{{axis=[1], acc_dtype={accumulated}}}.0"


def test_loops_are_named_for_or_do_while():
    def step(state):
        return state + 1, theano.scan_module.until(state > 3)

    counted = theano.scan(lambda row: row * 2, sequences=x, name="double")[0]
    until = theano.scan(step, outputs_info=T.constant(1.0), n_steps=5)[0]
    assert str(counted.owner.op) == "for{cpu,double}"
    assert str(until.owner.inputs[0].owner.op) == "do_while{cpu,scan_fn}"


def test_constants_are_shortened():
    assert str(T.constant(np.arange(100.0))) == "TensorConstant{[ 0.  1.  ... 98. 99.]}"
    assert repr(T.constant(np.ones((3, 4)))) == "TensorConstant{(3, 4) of 1.0}"
    assert str(T.constant(2.0, name="two")) == "two"


def test_graphs_print_their_outputs():
    y = T.vector("y")
    graph = FunctionGraph([v, y], [T.add(v, T.mul(v, y))], clone=False)
    assert str(graph) == "[Elemwise{add,no_inplace}(v, Elemwise{mul,no_inplace}(v, y))]"


def test_indices_by_masks_and_by_several_vectors_are_told_apart():
    rows = T.ivector("rows")
    assert str(x[x > 0]) == "AdvancedBooleanSubtensor.0"
    assert str(x[rows, rows]) == "AdvancedSubtensor.0"
    assert str(T.inc_subtensor(x[rows, rows], v)) == (
        "AdvancedIncSubtensor{inplace=False,  set_instead_of_inc=False}.0"
    )
