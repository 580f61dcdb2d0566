"""Convert ``lambda (a, b), c: ...``; fissix itself converts only ``lambda (a, b): ...``."""

from __future__ import annotations

from typing import Any

from fissix.fixer_util import syms
from fissix.fixes.fix_tuple_params import FixTupleParams


class FixLambdaTuples(FixTupleParams):
    """Replaces each tuple among the parameters by one name, whose entries the body reads."""

    PATTERN = "lambdef< 'lambda' args=varargslist< any* > ':' any >"

    def transform(self, node: Any, results: dict[str, Any]) -> None:
        """Convert one lambda expression."""
        for part in [*results["args"].children]:
            if part.type == syms.vfpdef:
                found = {"args": part, "inner": part.children[1], "body": node.children[-1]}
                self.transform_lambda(node, found)
