"""Rewritten graphs raise the errors of wrong lengths and indices that graphs as written raise."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode
from pytensor.scan.op import Scan
from pytensor.tensor.subtensor import Subtensor

from autoenc import backends

# Python's loops, so that nothing is compiled.
AS_WRITTEN = Mode("py", None)
REWRITTEN = Mode("py", "fast_run").excluding("fusion")
assert backends  # restricts the rewrites where it is imported

PARTS = (
    slice(3, None),
    slice(-5, None),
    slice(2),
    slice(1, 3),
    slice(None, None, -1),
    slice(4, 1, -1),
)


@pytest.mark.parametrize("part", PARTS, ids=str)
@pytest.mark.parametrize("index", [-4, -2, -1, 0, 1, 2])
def test_entries_of_parts_are_those_of_numpy_or_errors(part, index):
    """x[3:][-1] is not x[-1] if x has two entries."""
    x, i, a, b = pt.dvector(), pt.lscalar(), pt.lscalar(), pt.lscalar()
    bounds = (part.start, part.stop, part.step)
    symbolic = slice(
        *(end and known for end, known in zip(bounds[:2], (a, b), strict=True)), part.step
    )
    graphs = [x[part][index], x[part][i], x[symbolic][index], x[symbolic][i]]
    function = pytensor.function([x, i, a, b], graphs, REWRITTEN, on_unused_input="ignore")
    entries = [
        pytensor.function([x, i, a, b], graph, REWRITTEN, on_unused_input="ignore")
        for graph in graphs
    ]
    for length in range(6):
        values = np.arange(float(length))
        given = (values, index, part.start or 0, part.stop or 0)
        try:
            expected = values[part][index]
        except IndexError:
            for entry in entries:
                with pytest.raises(IndexError):
                    entry(*given)
        else:
            assert function(*given) == [expected] * 4


def test_the_last_state_of_a_loop_is_read_from_its_states():
    """states[1:][-1] would need all states."""
    x, start = pt.dmatrix(), pt.zeros(2, "float64")
    states = pytensor.scan(lambda row, state: row + state, x, start, return_updates=False)
    function = pytensor.function([x], states[-1], REWRITTEN)
    graph = function.maker.fgraph
    (loop,) = [node for node in graph.apply_nodes if isinstance(node.op, Scan)]
    ((read, _),) = graph.clients[loop.outputs[0]]
    assert isinstance(read.op, Subtensor)
    assert read.outputs[0].type.ndim == 1
    np.testing.assert_array_equal(function(np.ones((5, 2))), [5, 5])


@pytest.mark.parametrize(("rows", "given"), [([5, 5], 2), ([1], 2)])
def test_a_list_of_indices_is_checked_where_it_is_assigned_and_read(rows, given):
    x, y, i = pt.dmatrix(), pt.dmatrix(), pt.lvector()
    function = pytensor.function([x, y, i], pt.set_subtensor(x[i], y)[i], REWRITTEN)
    np.testing.assert_array_equal(function(np.ones((2, 3)), np.zeros((2, 3)), [1, 0]), 0)
    with pytest.raises((IndexError, ValueError)):
        function(np.ones((2, 3)), np.zeros((given, 3)), rows)


x, v, w, n, rows = (
    pt.dmatrix("x"),
    pt.dvector("v"),
    pt.dvector("w"),
    pt.lscalar("n"),
    pt.lvector("rows"),
)
# Graphs of x (2, 3), v and w (3,) that have values for n = 1, and an error for another n or rows.
LOSING = {
    "a length": (x.reshape((x.shape[0], 2 + n)), 2),
    "a new axis": (pt.expand_dims(v, 0)[n - 1], 2),
    "a new axis of a sum": (pt.expand_dims(v + w, 1)[0, n - 1], 2),
    "rows of zeros": (pt.zeros((2, 3))[rows * n], 2),
    "a row of zeros": (pt.zeros((n + 1, 3))[n], -5),
    "a column of a product": ((x * v[: 2 + n]).T[-2], 0),
}


@pytest.mark.parametrize(("graph", "wrong"), LOSING.values(), ids=LOSING)
def test_errors_of_what_is_not_computed_are_raised(graph, wrong):
    given = [np.ones((2, 3)), np.ones(3), np.ones(3), 1, [1, 0]]
    function, as_written = (
        pytensor.function([x, v, w, n, rows], graph, mode, on_unused_input="ignore")
        for mode in (REWRITTEN, AS_WRITTEN)
    )
    np.testing.assert_array_equal(function(*given), as_written(*given))
    given[3] = wrong
    for either in (function, as_written):
        with pytest.raises((IndexError, ValueError, AssertionError)):
            either(*given)
