"""Structure of graphs: two graphs with the same structure can share compiled code."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pytensor.graph.basic import Constant
from pytensor.graph.traversal import io_toposort

from autoenc.graph.types import Expression

# Types whose repr shows the whole value.
_SHOWN_WHOLE = (np.generic, bool, int, float, complex, str, slice, type(None))


def structure(inputs: Sequence[Expression], outputs: Sequence[Expression]) -> Hashable:
    """Return a value that is equal for graphs that compute the same outputs from their inputs.

    Parameters
    ----------
    inputs : sequence of variables
        Inputs and shared variables of the graph, but no constants.
    outputs : sequence of expressions
        Outputs of the graph.

    Returns
    -------
    hashable
        Operations, constants and types of the inputs, without names or values of shared
        variables.

    Examples
    --------
    >>> import pytensor.tensor as pt
    >>> x, y = pt.matrices("x", "y")
    >>> structure([x], [x + 1]) == structure([y], [y + 1])
    True
    >>> structure([x], [x + 1]) == structure([x], [x + 2])
    False
    """
    numbers: dict[Any, int] = {variable: k for k, variable in enumerate(inputs)}
    parts: list[Hashable] = [tuple(variable.type for variable in inputs)]
    nodes = io_toposort(inputs, outputs)
    for variable in [*(v for node in nodes for v in node.inputs), *outputs]:
        if isinstance(variable, Constant) and variable not in numbers:
            numbers[variable] = len(numbers)
            parts.append((variable.type, _content(variable)))
    for node in nodes:
        parts.append((node.op, tuple(numbers[variable] for variable in node.inputs)))
        numbers |= {variable: len(numbers) + k for k, variable in enumerate(node.outputs)}
    return (*parts, tuple(numbers[output] for output in outputs))


def describe_structure(value: Hashable) -> str:
    """Return a structure as text that is the same in every process."""
    if isinstance(value, tuple):
        return f"({', '.join(describe_structure(part) for part in value)})"
    return re.sub(r"0x[0-9a-fA-F]+", "", repr(value) + str(getattr(value, "__props__", "")))


def _content(constant: Any) -> Hashable:
    """Return the content of a constant; if that is not known, one that no other has."""
    data = constant.data
    if isinstance(data, np.ndarray) and data.dtype != object:
        return data.tobytes()
    if isinstance(data, _SHOWN_WHOLE):
        return repr(data)
    if hasattr(data, "indptr"):  # a sparse matrix, whose repr lacks the entries
        arrays = (data.data, data.indices, data.indptr)
        return (data.format, data.shape, *(array.tobytes() for array in arrays))
    return _Only(constant)


@dataclass(frozen=True, eq=False)
class _Only:
    """The content of one constant, which is equal to that of no other."""

    constant: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Only) and other.constant is self.constant

    def __hash__(self) -> int:
        return id(self.constant)
