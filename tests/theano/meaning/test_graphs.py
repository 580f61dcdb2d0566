"""Traversal of graphs."""

import pytest

import autoenc.theano.tensor as T
from autoenc.theano.gof import graph

x, y = T.dvectors("x", "y")
total = x + y
product = total * 3.0
(three,) = (v for v in product.owner.inputs if v is not total)
# The constant is broadcast.
constant = three.owner.inputs[0] if three.owner else three
between = [v for v in (three,) if v.owner]


def test_variables_between_inputs_and_outputs():
    expected = {x, y, total, constant, *between, product}
    assert set(graph.variables([x, y], [product])) == expected
    assert set(graph.variables([total], [product])) == expected - {x, y}


def test_orphans_are_what_is_not_given():
    assert set(graph.orphans([x], [product])) == {y, constant}
    assert graph.orphans([x, y], [total]) == []


def test_variables_and_orphans():
    found, orphans = graph.variables_and_orphans(iter([total]), iter([product]))
    assert set(found) == {total, constant, *between, product}
    assert orphans == [constant]


def test_operations_between_inputs_and_outputs():
    inner = {v.owner for v in between}
    assert graph.ops([x, y], [product]) == {total.owner, product.owner} | inner
    assert set(graph.list_of_nodes([x, y], [product])) == {total.owner, product.owner} | inner


def test_the_operation_that_computes_an_input_is_left_out():
    result = total * y
    assert graph.ops([total], [result]) == {result.owner}
    assert graph.list_of_nodes([total], [result]) == [result.owner]


def test_roots_of_views():
    m = T.dmatrix()
    assert graph.view_roots(x) == [x]
    assert graph.view_roots(m.T[1:]) == [m]
    assert graph.view_roots(total) == [total]
    assert graph.view_roots(total[1:]) == [total]


def test_what_an_operation_overwrites_is_not_viewed():
    overwritten = T.inplace.exp_inplace(total)
    assert overwritten.owner.op.destroy_map == {0: [0]}
    assert graph.view_roots(overwritten) == [overwritten]


TREE = {"a": ["b", "c"], "b": ["d"], "c": ["d", "e"]}


@pytest.mark.parametrize(("mode", "order"), [("bfs", "abcde"), ("dfs", "acedb")])
def test_order_of_a_search(mode, order):
    assert graph.stack_search(["a"], TREE.get, mode) == list(order)


def test_a_search_finds_what_led_to_each_entry():
    found, clients = graph.stack_search(["a"], TREE.get, "bfs", build_inv=True)
    assert found == list("abcde")
    assert clients == {"b": ["a"], "c": ["a"], "d": ["b", "c"], "e": ["c"]}


def test_a_search_is_breadth_or_depth_first():
    with pytest.raises(ValueError, match="mode should be bfs or dfs"):
        graph.stack_search(["a"], TREE.get, "best")
