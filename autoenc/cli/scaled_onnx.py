"""ONNX graphs that take rows in the units of the data."""

from __future__ import annotations

from typing import Any

import numpy as np

from autoenc.tables import MinMax

_INNER = "scaled"


def with_scaling(model: Any, scaling: MinMax) -> Any:
    """Add scaling before an exported graph, and its inverse after reconstructions.

    Parameters
    ----------
    model : onnx.ModelProto
        As `autoenc.export.to_onnx` returns it: input ``x``, one output. It is modified.
    scaling : MinMax

    Returns
    -------
    onnx.ModelProto
        The same graph, with the same names of input and output.
    """
    from onnx import checker, helper, numpy_helper

    graph = model.graph
    x, output = graph.input[0], graph.output[0].name
    dtype = helper.tensor_dtype_to_np_dtype(x.type.tensor_type.elem_type)
    constants = {
        "table_offset": scaling.offset,
        "table_factor": scaling.factor,
        "table_low": np.array(0.0),
        "table_high": np.array(1.0),
    }
    graph.initializer.extend(
        numpy_helper.from_array(value.astype(dtype), name) for name, value in constants.items()
    )
    _rename(graph, x.name, f"{_INNER}_x")
    before = [
        helper.make_node("Sub", [x.name, "table_offset"], [f"{_INNER}_moved"]),
        helper.make_node("Mul", [f"{_INNER}_moved", "table_factor"], [f"{_INNER}_free"]),
        helper.make_node("Clip", [f"{_INNER}_free", "table_low", "table_high"], [f"{_INNER}_x"]),
    ]
    after = []
    if output == "reconstruction":
        _rename(graph, output, f"{_INNER}_z")
        after = [
            helper.make_node("Div", [f"{_INNER}_z", "table_factor"], [f"{_INNER}_wide"]),
            helper.make_node("Add", [f"{_INNER}_wide", "table_offset"], [output]),
        ]
    nodes = [*before, *graph.node, *after]
    del graph.node[:]
    graph.node.extend(nodes)
    checker.check_model(model, full_check=True)
    return model


def _rename(graph: Any, old: str, new: str) -> None:
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [new if name == old else name for name in names]
