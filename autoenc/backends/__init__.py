"""Backends that compile and run graphs: C, XLA and Numba.

Only this package imports Numba. Only this package and `autoenc.theano` import JAX.

>>> resolve_backend("xla", device="cpu").name
'xla'
"""

from __future__ import annotations

import importlib.util
import os

from autoenc.backends.c.blas import find_blas
from autoenc.backends.c.c_backend import CBackend
from autoenc.backends.c.compiler import compiler_trouble
from autoenc.backends.cpu import cpu_vendor, has_cpu_flag, usable_threads
from autoenc.backends.interface import Backend, BackendError, BlockRunner, SharingBackend
from autoenc.backends.merging import keep_empty_arrays_apart
from autoenc.backends.mixed_precision import in_precision
from autoenc.backends.python_loops import give_numbers_their_types
from autoenc.backends.restricted_rewrites import restrict_rewrites
from autoenc.backends.softmax_products import recognise_softmax
from autoenc.backends.step import Step, make_step
from autoenc.configuration import Settings, check_device, user_settings
from autoenc.processes import Processes
from autoenc.threads import once

__all__ = [
    "BACKENDS",
    "Backend",
    "BackendError",
    "BlockRunner",
    "Processes",
    "SharingBackend",
    "Step",
    "in_precision",
    "make_step",
    "resolve_backend",
    "usable_threads",
]

BACKENDS = ("c", "xla", "numba")

# Corrections of PyTensor that all backends need.
keep_empty_arrays_apart()
restrict_rewrites()
recognise_softmax()
give_numbers_their_types()


def resolve_backend(
    backend: str | Backend = "auto",
    device: str | None = None,
    devices: int | str | None = None,
) -> Backend:
    """Return the backend with a given name.

    Parameters
    ----------
    backend : {"auto", "c", "xla", "numba"} or Backend
        ``"auto"`` selects CUDA if there is a GPU. Otherwise it selects C if a trial compilation
        succeeds and there is a fast BLAS, except on AMD processors without AVX-512, where XLA's
        products are faster. In all other cases it selects XLA on the CPU. The environment variable
        ``AUTOENC_BACKEND`` overrides the choice.
    device : {"cpu", "cuda", "cuda0", ...}, optional
        By default the device in ``THEANO_FLAGS`` or ``.theanorc``, which are read once per
        process; otherwise chosen as above.
    devices : int, str or "all", optional
        Number of devices that share the rows of every minibatch, on XLA; by default one. With
        ``"4x2"``, four groups share the rows, and the two devices of each group share the units.

    Returns
    -------
    Backend
        The backend. The same choice, made for the same reason, returns the same object, so that a
        process sets it up only once.

    Raises
    ------
    BackendError
        If the backend or device is not available here. The message says what to install.
    ValueError
        If a name is unknown, if several devices are requested from a backend with one device, or
        if a device is requested from a backend that is an object.
    """
    if not isinstance(backend, str):
        if not hasattr(backend, "description"):
            _check_name(backend, "backend")
        if device is not None:
            raise ValueError(
                f"device is {device!r}, but the backend is an object, which has its own device; "
                "give the name of a backend, or leave device out."
            )
        if devices is not None:
            raise _one_device(backend.name, devices)
        return backend
    _check_name(backend, "backend")
    settings = user_settings()
    device = device or settings.device
    reason = "asked for"
    if backend == "auto" and (backend := os.environ.get("AUTOENC_BACKEND", "auto")) != "auto":
        _check_name(backend, "AUTOENC_BACKEND")
        reason = "AUTOENC_BACKEND requests it"
    if backend == "auto" and devices is not None:
        backend, reason = "xla", "several devices were requested"
    if backend != "auto":
        if devices is not None and backend != "xla":
            raise _one_device(backend, devices)
        return _make(backend, _device_for(backend, device), settings, reason, devices)
    # The choice is remembered for each value of AUTOENC_BLAS, on which it depends.
    backend, device, reason = _chosen(device, os.environ.get("AUTOENC_BLAS"))
    try:
        return _make(backend, device, settings, reason)
    except BackendError as error:
        if backend != "c":
            raise
        return _make_xla(settings, error)


def _make_xla(settings: Settings, trouble: BackendError) -> Backend:
    """Return XLA on the CPU, because of trouble with C."""
    try:
        return _make("xla", "cpu", settings, f"C would be faster here, but {trouble}")
    except BackendError as error:
        raise BackendError(f"{error} C is not available either: {trouble}") from trouble


def _one_device(backend: str, devices: int | str) -> ValueError:
    return ValueError(
        f"devices is {devices!r}, but backend {backend!r} has only one; use backend='xla', or "
        "leave devices out."
    )


def _check_name(name: object, what: str) -> None:
    if not isinstance(name, str) or name not in ("auto", *BACKENDS):
        known = ", ".join(map(repr, BACKENDS))
        raise ValueError(f"{what} {name!r} is not known; expected 'auto', {known}.")


@once
def _chosen(device: str | None, blas: str | None) -> tuple[str, str, str]:
    return _choose(check_device(device))


def _choose(device: str | None) -> tuple[str, str, str]:
    """Return backend, device and the reason for the choice."""
    if device not in (None, "cpu"):
        return "xla", device, f"device {device!r} was requested"
    if device is None and _has_cuda():
        return "xla", "cuda", "there is a CUDA GPU"
    if cpu_vendor() == "AuthenticAMD" and not has_cpu_flag("avx512f") and _installed("jax"):
        return "xla", "cpu", "its products are the fastest on AMD processors without AVX-512"
    if not find_blas():
        return "xla", "cpu", "there is no fast BLAS for C"
    if trouble := compiler_trouble():
        return "xla", "cpu", f"C would be faster here, but {trouble}"
    return "c", "cpu", "it is the fastest on this processor"


def _device_for(name: str, device: str | None) -> str:
    if device not in (None, "cpu"):
        check_device(device)
    if name == "xla":
        return device or ("cuda" if _has_cuda() else "cpu")
    if device not in (None, "cpu"):
        raise BackendError(
            f"backend {name!r} runs on the CPU, but device {device!r} was requested; "
            "use backend='xla' or 'auto' for a GPU."
        )
    return "cpu"


@once
def _make(
    name: str, device: str, settings: Settings, reason: str, devices: int | str | None = None
) -> Backend:
    backend = _construct(name, device, settings, devices)
    backend.reason = reason
    return backend


def _construct(name: str, device: str, settings: Settings, devices: int | str | None) -> Backend:
    if name == "c":
        return CBackend(settings)
    needed = {"xla": "jax", "numba": "numba"}[name]
    if not _installed(needed):
        raise BackendError(
            f"backend {name!r} needs {needed}, which is not installed; pip install {needed}, "
            "or use backend='c'."
        )
    if name == "numba":
        from autoenc.backends.numba import NumbaBackend

        return NumbaBackend(settings)
    from autoenc.backends.xla.xla_backend import XlaBackend

    return XlaBackend(device, devices)


def _installed(library: str) -> bool:
    return importlib.util.find_spec(library) is not None


@once
def _has_cuda() -> bool:
    # Importing JAX takes a second, which is not needed if its CUDA plugin is not installed.
    plugins = ("jax_cuda12_plugin", "jax_cuda13_plugin")
    if not any(importlib.util.find_spec(plugin) for plugin in plugins):
        return False
    import jax

    try:
        return bool(jax.devices("cuda"))
    except RuntimeError:
        return False
