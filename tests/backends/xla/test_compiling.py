"""Conversion of graphs to JAX functions."""

import numpy as np
import pytensor.tensor as pt
from pytensor import config

from autoenc.backends.xla.compiling import MODE, SHARED_MODE, jaxify

X = np.float32([-2, 0, 3])


def graph(factor):
    x = pt.vector("x", dtype="float32")
    return [x], [pt.log(1 / (1 + pt.exp(-x))) * np.float32(factor)]


def test_graphs_of_the_same_structure_are_converted_once():
    """As for other numbers of devices, whose programs differ and whose steps do not."""
    function, checks = jaxify(*graph(3.25), SHARED_MODE)
    assert jaxify(*graph(3.25), SHARED_MODE) == (function, checks)
    assert jaxify(*graph(3.25), MODE)[0] is not function
    assert jaxify(*graph(3.5), SHARED_MODE)[0] is not function
    np.testing.assert_allclose(function(X)[0], -3.25 * np.log1p(np.exp(-X)), rtol=1e-6)


def test_rewrites_do_not_look_for_the_lines_of_code_that_make_nodes(monkeypatch):
    limits, given = [], graph(3.75)

    def note(limit=None, **_):
        limits.append(limit)
        return []

    monkeypatch.setattr("pytensor.graph.utils.simple_extract_stack", note)
    with config.change_flags(traceback__limit=8):
        jaxify(*given)
    assert set(limits) == {0}
