"""Products of the same shape write into arrays of their own, which are never merged."""

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.graph.features import ReplaceValidate
from pytensor.graph.utils import InconsistencyError
from pytensor.tensor.basic import AllocEmpty

from autoenc.backends.c.c_backend import CBackend
from autoenc.configuration import Settings


def test_empty_arrays_are_not_merged(monkeypatch):
    undone = []
    validated = ReplaceValidate.replace_all_validate

    def watch(feature, graph, replacements, reason=None, **more):
        try:
            return validated(feature, graph, replacements, reason=reason, **more)
        except InconsistencyError:
            undone.append(reason)
            raise

    monkeypatch.setattr(ReplaceValidate, "replace_all_validate", watch)
    weights, vectors = pt.matrix("w"), pt.vectors(*"abc")
    backend = CBackend(Settings())
    with backend.flags():
        products = pytensor.function(
            [weights, *vectors], [weights @ x for x in vectors], mode=backend.mode
        )
    ops = [node.op for node in products.maker.fgraph.apply_nodes]
    assert sum(isinstance(op, AllocEmpty) for op in ops) == len(vectors)
    assert "MergeOptimizer" not in undone
    values = [np.full(2, i, dtype=pytensor.config.floatX) for i in range(3)]
    ones = np.ones((3, 2), dtype=pytensor.config.floatX)
    assert [y.tolist() for y in products(ones, *values)] == [[2.0 * i] * 3 for i in range(3)]
