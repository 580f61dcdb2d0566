"""Steps without subnormal numbers.

If the gradient of a weight is 0, as for a ReLU that is never active, the optimizer's moments decay
geometrically. After some hundred minibatches they are subnormal: below 1e-38 in single precision.
Processors compute with such numbers many times more slowly. XLA treats them as zero, and so does
the C backend while a block of steps runs.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autoenc.backends.rewritten import Calling


def flushed(library: Path) -> Calling:
    """Return a context for calls, in which the processor treats subnormal numbers as zero.

    It changes the state of the calling thread. The kernels' threads use the state of their caller.

    Parameters
    ----------
    library : Path
        The compiled kernels.
    """
    kernels = ctypes.CDLL(str(library))
    kernels.autoenc_flush_subnormals.restype = ctypes.c_uint64
    kernels.autoenc_set_floating_point.argtypes = [ctypes.c_uint64]

    @contextmanager
    def flushing(*_: Any) -> Iterator[None]:
        before = kernels.autoenc_flush_subnormals()
        try:
            yield
        finally:
            kernels.autoenc_set_floating_point(before)

    return flushing
