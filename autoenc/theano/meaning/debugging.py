"""Inspection of compiled functions, with Theano's arguments: ``debugprint``, ``MonitorMode``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from pytensor.compile.debug import monitormode
from pytensor.printing import debugprint as _debugprint

Monitor = Callable[[int, Any, Any], None]


def debugprint(
    obj: Any,
    depth: int = -1,
    print_type: bool = False,
    file: Any = None,
    ids: str = "CHAR",
    stop_on_name: bool = False,
    done: Any = None,
    print_storage: bool = False,
    print_clients: bool = False,
    used_ids: Any = None,
    **more: Any,
) -> Any:
    """Print a graph; see `pytensor.printing.debugprint`.

    Parameters
    ----------
    obj : variable, node, function, or list of these
    depth : int
        Number of levels to print; -1 for all.
    print_type : bool
    file : file or "str", optional
        Output file; "str" returns the text.
    ids : {"CHAR", "int", "id", "auto", ""}
        How variables are identified.
    stop_on_name : bool
        Whether to omit what named variables are computed from.
    done, used_ids : dict, optional
        Variables printed before, and their identifiers.
    print_storage : bool
    print_clients : bool
        Not used.
    **more
        As for PyTensor.
    """
    del print_clients
    printed = _debugprint(
        obj,
        depth=depth,
        print_type=print_type,
        file=file,
        id_type=more.pop("id_type", ids),
        stop_on_name=stop_on_name,
        done=done,
        print_storage=print_storage,
        used_ids=used_ids,
        **more,
    )
    return printed if file is not None else None


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
