"""Merging of scans that do not depend on each other.

PyTensor finds all sets of such scans before it merges the first one. If two layers are linear, the
gradients do not depend on the layers, and the sets are the first layer with its gradient and the
second layer with its gradient. After the first merge, the second set depends on itself. Merging it
gave a cyclic graph, and compiling never ended.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

from pytensor.graph.basic import Apply
from pytensor.graph.traversal import apply_depends_on
from pytensor.scan.op import Scan
from pytensor.scan.rewriting.merge import ScanMerge


def extend() -> None:
    """Merge only scans that still do not depend on each other."""
    ScanMerge.apply = _merge_sets


def _merge_sets(self: Any, fgraph: Any) -> None:
    for scans in _sets(self, fgraph):
        if len(scans) > 1 and not _depend(scans):
            merged = self.merge(scans)
            fgraph.replace_all_validate_remove(merged, remove=scans, reason="scan_merge")


def _sets(merging: Any, fgraph: Any) -> list[list[Apply]]:
    sets: list[list[Apply]] = []
    for node in fgraph.toposort():
        if isinstance(node.op, Scan):
            own = next((scans for scans in sets if merging.belongs_to_set(node, scans)), None)
            if own is None:
                sets.append([node])
            else:
                own.append(node)
    return sets


def _depend(scans: list[Apply]) -> bool:
    return any(apply_depends_on(a, b) for a, b in permutations(scans, 2))
