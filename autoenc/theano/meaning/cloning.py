"""Copies of graphs with parts replaced: ``theano.clone``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytensor.graph.replace import clone_replace


def clone(
    output: Any,
    replace: Any = None,
    strict: bool = True,
    share_inputs: bool = True,
    copy_inputs: Any = None,
) -> Any:
    """Return a copy of a graph with parts of it replaced.

    Parameters
    ----------
    output : Variable or list of Variable
    replace : dict or list of pairs, optional
        Variables of the graph, and their replacements.
    strict : bool
        Whether a replacement must have the type of the variable that it replaces.
    share_inputs : bool
        Whether the copy has the same inputs and shared variables.
    copy_inputs : bool, optional
        Older name of `share_inputs`.

    Returns
    -------
    Variable or list of Variable
    """
    pairs = replace.items() if isinstance(replace, Mapping) else replace or ()
    share = share_inputs if copy_inputs is None else copy_inputs
    return clone_replace(
        output, replace=dict(pairs), rebuild_strict=strict, copy_inputs_over=share
    )
