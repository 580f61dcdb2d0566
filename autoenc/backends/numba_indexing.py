"""Lists of indices for the Numba backend, which are checked. Importing the module registers them.

PyTensor checks single indices and one list of them. With several lists, as in
``log_p[arange(n), y]``, it reads and writes beyond the array.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytensor.link.numba.dispatch import basic
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_and_cache_key
from pytensor.tensor import subtensor

VERSION = 1


def _check(op_type: type) -> None:
    """Register code with checks of indices in place of PyTensor's code for an operation."""
    unchecked = basic.numba_funcify_and_cache_key.dispatch(op_type)

    @register_funcify_and_cache_key(op_type)  # type: ignore[untyped-decorator]
    def checked(op: Any, node: Any, **more: Any) -> tuple[Callable[..., Any], Any]:
        function, key = unchecked(op, node, **more)
        python = getattr(function, "py_func", function)
        return numba_njit(python, boundscheck=True), key and f"{key}_checked_{VERSION}"


for _name in (
    "AdvancedSubtensor",
    "AdvancedIncSubtensor",
    "AdvancedIncSubtensor1",  # which newer versions of PyTensor do not have
):
    if hasattr(subtensor, _name):
        _check(getattr(subtensor, _name))
