"""The host computes lengths and starts that XLA must know."""

import numpy as np
import pytest
from pytensor.compile.mode import Mode

import autoenc.theano.tensor as T
from autoenc import theano
from autoenc.theano.engines.lengths import Lengths, TooManyLengthsError, is_known
from autoenc.theano.gof import FunctionGraph

DATA = np.arange(21.0).reshape(7, 3)
data, part = T.dmatrix("data"), T.dmatrix("part")
i, n = T.lscalar("i"), T.lscalar("n")


def taken_over(inputs, outputs, is_rewritten=True):
    """Return lengths and a function of the graph that uses them."""
    graph = FunctionGraph(inputs, outputs, clone=True)
    if is_rewritten:
        Mode(linker="py", optimizer="fast_compile").optimizer.rewrite(graph)
    lengths = Lengths(graph)
    # Rewrites would replace what has no inputs by constants.
    plain = Mode(linker="py", optimizer=None)
    compute = theano.function(graph.inputs, graph.outputs, plain, on_unused_input="ignore")

    def call(*arguments):
        arguments = [np.asarray(a, v.dtype) for a, v in zip(arguments, inputs, strict=True)]
        lengths.known, lengths.begins = lengths.of(arguments)
        return compute(*arguments)

    return lengths, call


@pytest.mark.parametrize(
    ("start", "count", "bounds", "known"),
    [(2, 3, (2, 5), 3), (5, 4, (5, 7), 2), (0, 0, (0, 0), 0), (-3, 2, (4, 6), 2)],
)
def test_a_window(start, count, bounds, known):
    lengths, f = taken_over([data, i, n], [data[i : i + n] * 2])
    (value,) = f(DATA, start, count)
    np.testing.assert_array_equal(value, DATA[slice(*bounds)] * 2)
    assert lengths
    assert lengths.known == (known,)
    assert lengths.begins.tolist() == [bounds[0]]
    assert lengths.begins.dtype == "int32"


def test_windows_of_two_axes_and_an_index():
    _, f = taken_over([data, i, n], [data[i:n, 1:i], data[n, i:]])
    block, row = f(DATA, 2, 4)
    np.testing.assert_array_equal(block, DATA[2:4, 1:2])
    np.testing.assert_array_equal(row, DATA[4, 2:])


@pytest.mark.parametrize("write", [T.set_subtensor, T.inc_subtensor])
def test_a_part_is_written(write):
    _, f = taken_over([data, part, i], [write(data[i : i + 2], part)])
    given = np.full((2, 3), 100.0)
    (value,) = f(DATA, given, 4)
    expected = DATA.copy()
    expected[4:6] = given if write is T.set_subtensor else expected[4:6] + given
    np.testing.assert_array_equal(value, expected)
    np.testing.assert_array_equal(DATA, np.arange(21.0).reshape(7, 3))


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (T.arange(1, n) * 2, [2, 4, 6]),
        (T.alloc(1.5, n, 2), np.full((4, 2), 1.5)),
        (data.flatten()[: 3 * n].reshape((n, 3)), DATA[:4]),
        (T.arange(data.shape[0]) + n, np.arange(7) + 4),
        (data[::n], DATA[::4]),
    ],
)
def test_lengths_of_operations(output, expected):
    lengths, f = taken_over([data, n], [output])
    (value,) = f(DATA, 4)
    np.testing.assert_array_equal(value, expected)
    assert lengths


def test_what_depends_on_values_is_left_alone():
    count = T.cast(data.sum(), "int64")
    lengths, f = taken_over([data], [T.arange(count)])
    assert not lengths
    np.testing.assert_array_equal(f(np.ones((2, 2)))[0], np.arange(4))


def test_known_lengths_are_recognised():
    graph = FunctionGraph([n], [T.arange(n)], clone=True)
    assert not is_known(graph.inputs[0])
    Lengths(graph)
    (node,) = (node for node in graph.toposort() if len(node.inputs) == 3)
    assert any(is_known(v) for v in node.inputs)


def test_results_are_kept_for_the_same_arguments():
    lengths, f = taken_over([data, i, n], [data[i : i + n]])
    f(DATA, 1, 2)
    first = lengths.known, lengths.begins
    f(DATA, 1, 2)
    assert lengths.known is first[0]
    assert lengths.begins is first[1]


def test_a_limit_of_lengths():
    _, f = taken_over([n], [T.arange(n)])
    for k in range(32):
        np.testing.assert_array_equal(f(k)[0], np.arange(k))
    with pytest.raises(TooManyLengthsError, match="more than 32 programs would be needed"):
        f(32)


def test_lengths_from_whole_shapes():
    lengths, f = taken_over([data], [T.alloc(2.5, data.shape[0], 1)], is_rewritten=False)
    np.testing.assert_array_equal(f(DATA)[0], np.full((7, 1), 2.5))
    assert lengths.known == (7,)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (data[i:n:2], DATA[1:5:2]),
        (data[: T.cast(data[0].sum(), "int64")], DATA[:3]),
        (T.set_subtensor(data[i:n, 0], 0)[1:5], DATA[1:5] * [0, 1, 1]),
    ],
)
def test_slices_that_are_no_windows(output, expected):
    lengths, f = taken_over([data, i, n], [output])
    np.testing.assert_array_equal(f(DATA, 1, 5)[0], expected)
    assert len(lengths.begins) == 0


def test_a_part_of_a_result_of_unknown_shape_is_no_window():
    lengths, f = taken_over([data, i], [(data * 2)[i:]], is_rewritten=False)
    np.testing.assert_array_equal(f(DATA, 5)[0], 2 * DATA[5:])
    assert len(lengths.begins) == 0
