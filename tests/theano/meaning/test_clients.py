"""Nodes that use a variable."""

import pytest

import autoenc.theano.tensor as T
from autoenc import theano


def test_a_variable_of_a_function_knows_who_uses_it():
    x = T.dvector("x")
    f = theano.function([x], [T.exp(x), x * 2], mode="FAST_COMPILE")
    (given,) = f.maker.fgraph.inputs
    nodes = {node for node, _ in given.clients}
    assert nodes == {output.owner for output in f.maker.fgraph.outputs}
    assert all(node.inputs[i] is given for node, i in given.clients)
    assert [output.clients for output in f.maker.fgraph.outputs] == [
        [("output", 0)],
        [("output", 1)],
    ]
    assert given.fgraph is f.maker.fgraph
    assert all(node.fgraph is f.maker.fgraph for node in nodes)


@pytest.mark.parametrize("attribute", ["clients", "fgraph"])
def test_a_variable_outside_of_functions_has_no_graph(attribute):
    x = T.exp(T.dvector())
    with pytest.raises(AttributeError, match="does not belong to a FunctionGraph"):
        getattr(x, attribute)
    assert not hasattr(x.owner, "fgraph")


def test_a_rewrite_sees_who_uses_the_outputs_of_a_node():
    seen = []

    @theano.gof.local_optimizer([T.exp])
    def look(node):
        seen.append(len(node.outputs[0].clients))

    x = T.dvector("x")
    y = T.exp(x)
    graph = theano.gof.FunctionGraph([x], [y * y, y + 1], clone=False)
    theano.gof.TopoOptimizer(look).optimize(graph)
    assert set(seen) == {3}
