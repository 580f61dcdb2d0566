"""Inspection of compiled functions, with Theano's arguments: ``MonitorMode``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from pytensor.compile.debug import monitormode

from autoenc.theano.meaning.graph_text import debugprint

Monitor = Callable[[int, Any, Any], None]


class MonitorMode(monitormode.MonitorMode):
    """Mode that calls functions before and after each operation: ``pre_func(i, node, fn)``."""

    def eval(self, _: Any, i: int, node: Any, fn: Any) -> None:
        """Run one operation, preceded and followed by the functions."""
        if self.pre_func is not None:
            self.pre_func(i, node, fn)
        fn()
        if self.post_func is not None:
            self.post_func(i, node, fn)


def detect_nan(i: int, node: Any, fn: Any) -> None:
    """Print an operation that returns NaN; to be used as `post_func` of `MonitorMode`."""
    del i
    if any(_has_nan(output[0]) for output in fn.outputs):
        print("*** NaN detected ***")
        debugprint(node)
        print(f"Inputs : {[value[0] for value in fn.inputs]}")
        print(f"Outputs: {[value[0] for value in fn.outputs]}")


def _has_nan(value: Any) -> bool:
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return kind in ("f", "c") and bool(np.isnan(value).any())
