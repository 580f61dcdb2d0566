"""Theano's functions for GPU back ends, for engines that decide on devices themselves."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytensor.tensor as pt

from autoenc.graph.types import Expression
from autoenc.theano.meaning.sharing import shared
from autoenc.theano.refusals import NotAvailableError

logger = logging.getLogger("theano")

# Scripts that find a GPU of the old kind take paths that need its operations. Under XLA the
# same graph as for the CPU runs on the GPU.
cuda_available = cuda_enabled = pygpu_activated = False
float32_shared_constructor = shared_constructor = gpuarray_shared_constructor = shared


def as_is(x: Any, *_: Any, **__: Any) -> Expression:
    """Return `x` as an expression: where it is computed is not for the graph to say."""
    return pt.as_tensor_variable(x)


host_from_gpu = gpu_from_host = gpu_contiguous = as_is
as_cuda_ndarray_variable = as_gpuarray_variable = as_is


class _AsIs:
    """An operation that moved or copied a variable: the variable itself."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, x: Any) -> Expression:
        """Return `x` as an expression."""
        return as_is(x)


GpuFromHost = HostFromGpu = GpuContiguous = _AsIs


class GpuAllocEmpty:
    """An array that is not filled: ``GpuAllocEmpty(dtype, context)(*shape)``."""

    def __init__(self, dtype: str = "float32", context_name: str | None = None) -> None:
        self.dtype = dtype

    def __call__(self, *shape: Any) -> Expression:
        """Return an array of a shape, whose entries may be anything."""
        return pt.empty(shape, dtype=self.dtype)


gpu_alloc_empty = GpuAllocEmpty()


class CudaNdarray:
    """An array of Theano's old CUDA back-end: scripts ask whether values are such, and none is.

    Raises
    ------
    NotAvailableError
        If one is made.
    """

    def __init__(self, *_: Any) -> None:
        raise NotAvailableError(
            "CudaNdarray does not work under autoenc.theano: values on a GPU are XLA's. "
            "Use numpy.asarray and run with device=cuda."
        )


# The compiled module within the module of the same name, as scripts spelt it.
cuda_ndarray = SimpleNamespace(CudaNdarray=CudaNdarray)


def use(device: str = "gpu", *_: Any, **__: Any) -> None:
    """Say how a device is chosen here; nothing else."""
    logger.warning(
        "use(%r) has no effect: run with THEANO_FLAGS=device=cuda to use a GPU.", str(device)
    )


def unuse(*_: Any, **__: Any) -> None:
    """Do nothing."""


def dnn_available(*_: Any) -> bool:
    """Return False: the operations of cuDNN are not used by name."""
    return False


dnn_available.msg = "XLA chooses cuDNN's operations by itself"  # type: ignore[attr-defined]
dnn_present = dnn_available


def get_context(name: str | None = None) -> None:
    """Return no context."""


def list_contexts() -> list[str]:
    """Return no contexts."""
    return []


def infer_context_name(*_: Any) -> None:
    """Return no context."""
