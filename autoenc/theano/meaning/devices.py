"""Theano's functions for GPU back-ends; the engines choose the device themselves."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytensor.tensor as pt
from pytensor.link.c.type import generic

from autoenc.graph.types import Expression
from autoenc.theano.meaning.sharing import shared
from autoenc.theano.refusals import NotAvailableError

logger = logging.getLogger("theano")

# Scripts that find a GPU of the old kind use its operations. On XLA, the GPU runs the same graph
# as the CPU.
cuda_available = cuda_enabled = pygpu_activated = False
float32_shared_constructor = shared_constructor = gpuarray_shared_constructor = shared


def as_is(x: Any, *_: Any, **__: Any) -> Expression:
    """Return `x` as an expression; the graph does not determine where it is computed."""
    return pt.as_tensor_variable(x)


host_from_gpu = gpu_from_host = gpu_contiguous = as_is
as_cuda_ndarray_variable = as_gpuarray_variable = as_is


class _AsIs:
    """Operation that moved or copied a variable; returns the variable itself."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, x: Any) -> Expression:
        """Return `x` as an expression."""
        return as_is(x)


GpuFromHost = HostFromGpu = GpuContiguous = _AsIs


class GpuAllocEmpty:
    """Operation that creates an uninitialised array: ``GpuAllocEmpty(dtype, context)(*shape)``."""

    def __init__(self, dtype: str = "float32", context_name: str | None = None) -> None:
        self.dtype = dtype

    def __call__(self, *shape: Any) -> Expression:
        """Return an uninitialised array."""
        return pt.empty(shape, dtype=self.dtype)


gpu_alloc_empty = GpuAllocEmpty()


class CudaNdarray:
    """Array of Theano's old CUDA back-end, for isinstance checks; no value is of this class.

    Raises
    ------
    NotAvailableError
        If it is instantiated.
    """

    def __init__(self, *_: Any) -> None:
        raise NotAvailableError(
            "CudaNdarray does not work under autoenc.theano: XLA manages values on a GPU. "
            "Use numpy.asarray and run with device=cuda."
        )


# Type of a parameter of operations on GPUs.
gpu_context_type = generic

# The compiled module had the name of the module that contained it.
cuda_ndarray = SimpleNamespace(CudaNdarray=CudaNdarray)


def use(device: str = "gpu", *_: Any, **__: Any) -> None:
    """Log how to choose a device; do nothing else."""
    logger.warning(
        "use(%r) has no effect: run with THEANO_FLAGS=device=cuda to use a GPU.", str(device)
    )


def unuse(*_: Any, **__: Any) -> None:
    """Do nothing."""


def dnn_available(*_: Any) -> bool:
    """Return False, so that scripts use the general operations."""
    return False


dnn_available.msg = "XLA chooses cuDNN's operations by itself"  # type: ignore[attr-defined]
dnn_present = dnn_available


def ctc_available() -> bool:
    """Return False: there is no binding of warp-ctc."""
    return False


ctc_available.msg = "autoenc has no binding of Baidu's warp-ctc"  # type: ignore[attr-defined]
ctc_present = ctc_available


def get_context(name: str | None = None) -> None:
    """Return None: there are no contexts."""


def list_contexts() -> list[str]:
    """Return an empty list: there are no contexts."""
    return []


def infer_context_name(*_: Any) -> None:
    """Return None: there are no contexts."""
