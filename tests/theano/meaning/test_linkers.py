"""Linkers that scripts use directly."""

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano import gof
from autoenc.theano.gof import link

x, y = T.dvectors("x", "y")
VALUES = [1.0, 2.0], [3.0, 5.0]


def accepted(outputs):
    return link.PerformLinker().accept(gof.FunctionGraph([x, y], outputs, clone=True))


@pytest.mark.parametrize("n_arguments", [3, 4, None])
def test_a_wrapper_runs_each_operation(n_arguments):
    seen = []

    def run(i, node, thunk):
        seen.append((i, type(node.op).__name__, len(node.fgraph.inputs)))
        thunk()

    wrappers = {
        3: run,
        4: lambda graph, i, node, thunk: run(i, node, thunk),
        None: lambda *arguments: run(*arguments[-3:]),
    }
    linker = link.WrapLinker([link.PerformLinker()], wrappers[n_arguments])
    f = theano.function([x, y], x + y, mode=theano.Mode(linker, "fast_compile"))
    np.testing.assert_array_equal(f(*VALUES), [4, 7])
    assert seen == [(0, "Elemwise", 2)]


def test_several_wrappers():
    seen = []

    def before(i, node, *thunks):
        seen.append(("before", thunks[0].outputs[0][0]))

    def run(i, node, thunk):
        thunk()
        seen.append(("after", thunk.outputs[0][0].tolist()))

    linker = link.WrapLinkerMany([link.PerformLinker()], [before, run])
    f = theano.function([x, y], x + y, mode=theano.Mode(linker, "fast_compile"))
    np.testing.assert_array_equal(f(*VALUES), [4, 7])
    assert seen == [("before", None), ("after", [4, 7])]


def test_a_function_of_a_linker():
    f = accepted([T.dot(x, y)]).make_function()
    assert f(*map(np.array, VALUES)) == 13
    assert len(f.inputs) == 2
    assert f.outputs[0].data == 13


def test_one_output_as_a_list():
    (result,) = accepted([x + y]).make_function(unpack_single=False)(*map(np.array, VALUES))
    np.testing.assert_array_equal(result, [4, 7])


def test_several_outputs_are_a_list():
    total, product = accepted([x + y, x * y]).make_function()(*map(np.array, VALUES))
    np.testing.assert_array_equal(total, [4, 7])
    np.testing.assert_array_equal(product, [3, 10])


def test_a_wrong_number_of_arguments():
    f = accepted([x + y]).make_function()
    with pytest.raises(TypeError, match=r"Function call takes exactly 2 arguments \(1 given\)"):
        f(np.ones(2))


def test_a_virtual_machine_calls_back():
    seen = []

    def callback(node, thunk, storage_map, compute_map):
        seen.append(storage_map[node.outputs[0]][0].tolist())

    linker = gof.vm.VM_Linker(use_cloop=False, callback=callback)
    f = theano.function([x, y], x + y, mode=theano.Mode(linker, "fast_compile"))
    np.testing.assert_array_equal(f(*VALUES), [4, 7])
    assert seen == [[4, 7]]


class Counting(link.WrapLinker):
    """A class of a script."""

    def __init__(self, linkers, wrapper=lambda i, node, thunk: thunk()):
        super().__init__(linkers, wrapper)


def test_a_derived_linker():
    x = T.dvector("x")
    mode = theano.Mode(Counting([link.PerformLinker()]), None)
    f = theano.function([x], T.exp(x).sum(), mode=mode)
    assert f([0.0, 0.0]) == 2
    assert isinstance(f.maker.linker, link.WrapLinker)
