"""Rewrites of graphs that users define."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano import gof
from tests.theano.quick import function

x, y = T.dvectors("x", "y")


def operations(graph):
    return [node.op for node in graph.toposort()]


def graph_of(output):
    return gof.FunctionGraph([x, y], [output], clone=False)


class DifferenceOfLog(gof.LocalOptimizer):
    """log(x) - log(y) -> log(x / y), as a class of Theano's time."""

    def tracks(self):
        return [T.sub]

    def transform(self, node):
        if all(v.owner and v.owner.op == T.log for v in node.inputs):
            a, b = (v.owner.inputs[0] for v in node.inputs)
            return [T.log(a / b)]
        return False


@gof.local_optimizer([T.sub])
def of_node(node):
    return DifferenceOfLog().transform(node)


@gof.local_optimizer([T.sub])
def of_graph_and_node(fgraph, node):
    return DifferenceOfLog().transform(fgraph, node)


@pytest.mark.parametrize(
    "rewrite", [DifferenceOfLog(), of_node, of_graph_and_node], ids=["class", "node", "graph"]
)
def test_a_rewrite_of_nodes(rewrite):
    graph = graph_of(T.log(x) - T.log(y))
    gof.TopoOptimizer(rewrite).optimize(graph)
    assert operations(graph) == [T.true_div, T.log]
    value = function([x, y], graph.outputs[0])([8.0], [2.0])
    np.testing.assert_allclose(value, np.log(4))


def test_a_rewrite_that_does_not_apply():
    graph = graph_of(T.log(x) - y)
    gof.TopoOptimizer(of_node).optimize(graph)
    assert operations(graph) == [T.log, T.sub]


def test_an_operation_is_removed():
    graph = graph_of(T.exp(T.log(x)) * y)
    gof.TopoOptimizer(gof.OpRemove(T.log)).optimize(graph)
    assert operations(graph) == [T.exp, T.mul]
    remove = gof.OpRemove(T.exp, name="no exp")
    assert (remove.name, remove.tracks()) == ("no exp", [T.exp])
    assert remove.transform(T.log(x).owner) is False


def test_a_rewrite_of_graphs():
    @gof.optimizer
    def twice(fgraph):
        fgraph.replace(fgraph.outputs[0], fgraph.outputs[0] * y)

    graph = graph_of(x + y)
    twice.optimize(graph)
    assert operations(graph) == [T.add, T.mul]
    np.testing.assert_array_equal(function([x, y], graph.outputs[0])([1.0], [2.0]), [6])


def test_a_rewrite_with_operations_in_place():
    @gof.inplace_optimizer
    def in_place(fgraph):
        (node,) = fgraph.toposort()
        fgraph.replace_all(zip(node.outputs, [T.inplace.exp_inplace(x)], strict=True))

    graph = graph_of(T.exp(x))
    in_place.optimize(graph)
    assert operations(graph)[0].destroy_map == {0: [0]}


def test_the_class_of_rewrites_is_the_base_class():
    assert isinstance(of_node, theano.gof.opt.LocalOptimizer.__mro__[1])


def test_rewrites_of_refused_operations_are_never_applied():
    from autoenc.theano.sandbox.cuda import GpuOp, host_from_gpu

    class Own(GpuOp):
        pass

    @gof.local_optimizer([Own, GpuOp, host_from_gpu])
    def refuse(node):
        raise AssertionError("The rewrite was applied.")

    rewriter = gof.TopoOptimizer(refuse, order="in_to_out")
    x = T.dscalar("x")
    graph = gof.FunctionGraph([x], [x + 1], clone=True)
    rewriter.optimize(graph)
    assert len(graph.apply_nodes) == 1


def test_rewrites_that_fail_in_pytensor_log_nothing(caplog):
    i, n = T.ivector("i"), T.iscalar("n")
    function([i, n], i[T.arange(n) + 1])(np.arange(6, dtype="int32"), 3)
    negative = function([], -T.shared_randomstreams.RandomStreams(0).uniform((3,)))
    assert (negative() < 0).all()
    assert caplog.messages == []


def test_rewrites_for_gpus_are_added_and_removed_where_scripts_are_imported():
    from autoenc.theano.gpuarray.opt import gpu_optimizer, op_lifter, register_opt, register_opt2

    name = "local_gpua_advanced_subtensor1"
    rewrite = gpu_optimizer.__db__[name].copy().pop()
    gpu_optimizer.remove_tags(name, "fast_compile")
    gpu_optimizer.__db__[type(rewrite).__name__].remove(rewrite)
    gpu_optimizer._names.remove(name)
    del gpu_optimizer.__db__[name]

    @register_opt("fast_compile")
    @op_lifter([T.AdvancedSubtensor1])
    @register_opt2([T.AdvancedSubtensor1], "fast_compile")
    def lifted(op, context_name, inputs, outputs):
        return op

    assert lifted(1, None, [], []) == 1


def test_parameters_of_operations_may_be_contexts_of_gpus():
    from autoenc.theano.gpuarray.type import gpu_context_type
    from autoenc.theano.scalar import bool as bool_t

    from autoenc.theano.gof import ParamsType

    assert ParamsType(context=gpu_context_type, keepdims=bool_t).fields == ("context", "keepdims")
