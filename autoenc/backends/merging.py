"""Keep PyTensor from merging empty arrays, which its rewrites can repeat forever.

Products write into new empty arrays. Empty arrays of the same shape look like equal computations.
Once products overwrite them, they cannot be merged: PyTensor would notice only after each attempt,
undo it, and schedule it again.
"""

from __future__ import annotations

from typing import Any

from pytensor.graph.rewriting.basic import MergeFeature
from pytensor.tensor.basic import AllocEmpty

_process_node = MergeFeature.process_node


def keep_empty_arrays_apart() -> None:
    """Exclude empty arrays from merging, for all graphs; later calls have no effect."""
    MergeFeature.process_node = _process_other_node


def _process_other_node(feature: MergeFeature, graph: Any, node: Any) -> None:
    if not isinstance(node.op, AllocEmpty):
        _process_node(feature, graph, node)
