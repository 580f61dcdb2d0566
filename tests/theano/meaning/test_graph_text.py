"""`debugprint`, beyond what the conformance scripts print."""

import io

import numpy as np
import pytest

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.meaning.graph_text import letters
from autoenc.theano.printing import debugprint

x, v = T.matrix("x"), T.vector("v")


@pytest.mark.parametrize(
    ("number", "text"), [(0, "A"), (25, "Z"), (26, "BA"), (27, "BB"), (676, "BAA")]
)
def test_identifiers_count_in_letters(number, text):
    assert letters(number) == text


def test_functions_print_the_order_of_their_operations():
    function = theano.function([x], x.shape)
    assert debugprint(function, file="str").splitlines() == [
        "MakeVector{dtype='int64'} [id A] ''   2",
        " |Shape_i{0} [id B] ''   1",
        " | |x [id C]",
        " |Shape_i{1} [id D] ''   0",
        "   |x [id C]",
    ]
    graph = function.maker.fgraph
    assert debugprint(graph, file="str") == debugprint(function, file="str")


def test_graphs_of_loops_follow():
    states, _ = theano.scan(lambda row, state: T.tanh(row + state), x, v)
    text = debugprint(states[-1], file="str")
    outer, inner = text.split("\nInner graphs of the scan ops:\n\n")
    assert " | |for{cpu,scan_fn} [id C] ''   \n" in outer
    lines = inner.splitlines()
    assert lines[0] == "for{cpu,scan_fn} [id C] ''   "
    assert lines[1].startswith(" >Elemwise{tanh,no_inplace} [id ")
    # The inputs of the loop: a part of x, and the states, which begin with v.
    assert [line.split(" -> ")[1] for line in lines[3:]] == ["[id J]", "[id L]"]


def test_loops_in_loops_are_printed():
    def outer(row):
        return theano.scan(lambda entry: entry * 2, sequences=row, name="inner")[0]

    results, _ = theano.scan(outer, sequences=x, name="outer")
    inner = debugprint(results, file="str").split("Inner graphs of the scan ops:\n")[1]
    assert inner.count("for{cpu,outer}") == 1
    assert "\nfor{cpu,inner}" in inner


def test_results_of_several_are_numbered():
    u, s, _ = T.nlinalg.svd(x)
    text = debugprint([u, s], file="str").splitlines()
    assert ".0 [id A]" in text[0]
    assert text[1] == " |x [id B]"
    assert ".1 [id A]" in text[2]
    assert len(text) == 3  # the operands of the second are not repeated


def test_clients_and_storage():
    doubled = x * 2
    function = theano.function([x], [T.exp(doubled), T.dot(doubled, doubled)])
    text = debugprint(function, file="str", print_storage=True, print_clients=True)
    assert "[None]" in text
    assert " clients:[" in text


def test_identifiers_are_shared_between_calls():
    done, used = {}, {}
    first = debugprint(T.exp(x), file="str", done=done, used_ids=used)
    second = debugprint(T.log(x), file="str", done=done, used_ids=used)
    assert first.splitlines()[1] == " |x [id B]"
    assert second.splitlines() == ["Elemwise{log,no_inplace} [id C] ''   ", " |x [id B]"]


def test_files_are_written_and_returned():
    file = io.StringIO()
    assert debugprint([2, np.ones(2), theano.Out(x)], file=file) is file
    assert file.getvalue() == "2\n[1. 1.]\nx [id A]\n"


def test_other_objects_are_refused():
    with pytest.raises(TypeError, match=r"debugprint prints variables, nodes.*, not str"):
        debugprint("x")
    with pytest.raises(TypeError, match="depth must be an int"):
        debugprint(x, depth=1.5)
