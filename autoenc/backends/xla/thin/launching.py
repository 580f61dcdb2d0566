"""Compile the kernel and register it with XLA."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import logging
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jax
from pytensor import config

from autoenc.backends.xla.thin.elements import NotThinError
from autoenc.backends.xla.thin.kernel_source import Program, shared_bytes_of, whole_source
from autoenc.files import atomic_write
from autoenc.folders import cache_folder

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).parent
HOST_FLAGS = ("-O2", "-std=c++17", "-fPIC", "-shared")
# CU_DEVICE_ATTRIBUTE_...
COOPERATIVE_LAUNCH, SHARED_BYTES_OPTIN, MULTIPROCESSORS = 95, 97, 16
_lock = threading.Lock()


class Gpu:
    """Properties of a CUDA device that the kernel needs.

    Attributes
    ----------
    n_multiprocessors, shared_bytes : int
    architecture : str
        Architecture such as ``"sm_90"``.
    """

    groups = (4, 4)

    def __init__(self, device: Any) -> None:
        self.architecture = f"sm_{device.compute_capability.replace('.', '')}"
        number = device.local_hardware_id
        self.n_multiprocessors = _attribute(number, MULTIPROCESSORS)
        self.shared_bytes = _attribute(number, SHARED_BYTES_OPTIN)
        if not _attribute(number, COOPERATIVE_LAUNCH):
            raise NotThinError("the GPU has no cooperative launches")

    def add(self, program: Program) -> tuple[str, str]:
        """Compile a program; return the name of XLA's target, and that of the program."""
        source = whole_source(program, "cuda")
        name = hashlib.sha256(f"{source} {self.architecture}".encode()).hexdigest()[:32]
        with _lock:
            image = _cubin(source, self.architecture, name)
            library = host_library()
            library.autoenc_add_kernel(
                name.encode(),
                image,
                ctypes.c_size_t(len(image)),
                program.sizes["G"],
                program.threads,
                shared_bytes_of(program.sizes),
            )
        return "autoenc_thin_block", name


class EmulatedGpu:
    """A CPU that emulates a GPU with one thread for each of the GPU's threads, for tests.

    Parameters
    ----------
    n_multiprocessors : int
    """

    groups = (2, 2)

    def __init__(self, n_multiprocessors: int = 3, shared_bytes: int = 1 << 20) -> None:
        self.n_multiprocessors = n_multiprocessors
        self.shared_bytes = shared_bytes

    def add(self, program: Program) -> tuple[str, str]:
        """Compile a program; return the name of XLA's target, and that of the program."""
        source = whole_source(program, "emulated")
        source += (FOLDER / "emulated.cpp").read_text(encoding="utf-8")
        name = hashlib.sha256(source.encode()).hexdigest()[:32]
        with _lock:
            if name not in _emulated:
                _emulated[name] = _compile_emulated(source)
                handler = _emulating_library()
                handler.autoenc_add_emulated(name.encode(), _emulated[name].thin_block_emulated)
        return "autoenc_thin_block_emulated", name


_emulated: dict[str, Any] = {}


def _compile_emulated(source: str) -> Any:
    with TemporaryDirectory() as folder:
        kernel, output = Path(folder, "kernel.cpp"), Path(folder, "kernel.so")
        kernel.write_text(source, encoding="utf-8")
        flags = ["-std=c++20", "-O1", "-pthread", "-ffp-contract=off"]
        _compile_host([*flags, str(kernel)], output)
        return ctypes.CDLL(str(output))


@functools.cache
def _emulating_library() -> Any:
    with TemporaryDirectory() as folder:
        output = Path(folder, "emulated.so")
        _compile_host(["-DEMULATED", str(FOLDER / "launch.cpp")], output)
        library = ctypes.CDLL(str(output))
    _register(library, "autoenc_thin_block_emulated", "cpu")
    return library


def _compile_host(arguments: Sequence[str], output: Path) -> None:
    if not config.cxx:
        raise NotThinError("there is no C++ compiler for the few lines that launch the kernel")
    include = f"-I{jax.ffi.include_dir()}"
    command = [*shlex.split(config.cxx), *HOST_FLAGS, include, *arguments, "-ldl"]
    done = subprocess.run(
        [*command, "-o", str(output)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotThinError(f"the compiler failed: {done.stderr[-2000:]}")


def _register(library: ctypes.CDLL, target: str, platform: str) -> None:
    handler = jax.ffi.pycapsule(library.ThinBlock)
    jax.ffi.register_ffi_target(target, handler, platform=platform)


@functools.cache
def host_library() -> Any:
    """Return the library that launches kernels, compiled and registered with XLA.

    Raises
    ------
    NotThinError
        If it cannot be compiled, or written to the cache.
    """
    source = FOLDER / "launch.cpp"
    key = hashlib.sha256(
        f"{source.read_text(encoding='utf-8')} {jax.__version__} {config.cxx}".encode()
    ).hexdigest()
    path = cache_folder(executable=True) / f"launch-{key[:16]}.so"
    if not path.exists():
        try:
            with atomic_write(path) as temporary:
                _compile_host([str(source)], Path(temporary))
        except OSError as error:
            raise NotThinError(f"the library that launches kernels: {error}") from error
    library = ctypes.CDLL(str(path))
    library.autoenc_add_kernel.argtypes = [
        ctypes.c_char_p,
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_int,
    ]
    library.autoenc_add_kernel.restype = None
    _register(library, "autoenc_thin_block", "CUDA")
    return library


def _cubin(source: str, architecture: str, name: str) -> bytes:
    """Compile CUDA to machine code with NVRTC, once for each source and GPU."""
    path = cache_folder() / f"thin-{name}.cubin"
    if path.exists():
        return path.read_bytes()
    image = compile_cuda(source, architecture)
    # On a full disk, the next process compiles it again.
    with suppress(OSError), atomic_write(path) as temporary:
        Path(temporary).write_bytes(image)
    return image


def compile_cuda(source: str, architecture: str) -> bytes:
    """Compile CUDA C++ to machine code, for which no GPU is needed.

    Raises
    ------
    NotThinError
        If NVRTC is not available, or does not accept the source.
    """
    nvrtc = _nvrtc()
    program = ctypes.c_void_p()
    _check(
        nvrtc.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"thin.cu", 0, None, None)
    )
    options = [f"--gpu-architecture={architecture}".encode(), b"--std=c++17"]
    array = (ctypes.c_char_p * len(options))(*options)
    if nvrtc.nvrtcCompileProgram(program, len(options), array):
        raise NotThinError(f"NVRTC: {_text(nvrtc, program, 'ProgramLog')[:2000]!r}")
    image = _text(nvrtc, program, "CUBIN")
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    return image


def _text(nvrtc: Any, program: Any, what: str) -> bytes:
    size = ctypes.c_size_t()
    _check(getattr(nvrtc, f"nvrtcGet{what}Size")(program, ctypes.byref(size)))
    buffer = ctypes.create_string_buffer(size.value)
    _check(getattr(nvrtc, f"nvrtcGet{what}")(program, buffer))
    return bytes(buffer.raw)


def _check(code: int) -> None:
    if code:
        raise NotThinError(f"NVRTC returned error {code}")


@functools.cache
def _nvrtc() -> Any:
    for name in _nvrtc_candidates():
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise NotThinError("NVRTC was not found; pip install nvidia-cuda-nvrtc")


def _nvrtc_candidates() -> Iterator[str]:
    for folder in map(Path, sys.path):
        yield from map(str, sorted(folder.glob("nvidia/*/lib/libnvrtc.so.*[0-9]"), reverse=True))
    for version in ("13", "12"):
        yield f"libnvrtc.so.{version}"


@functools.cache
def _driver() -> Any:
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        raise NotThinError(f"no CUDA driver: {error}") from error
    if driver.cuInit(0):
        raise NotThinError("the CUDA driver does not start")
    return driver


def _attribute(number: int, attribute: int) -> int:
    device, value = ctypes.c_int(), ctypes.c_int()
    driver = _driver()
    if driver.cuDeviceGet(ctypes.byref(device), number) or driver.cuDeviceGetAttribute(
        ctypes.byref(value), attribute, device
    ):
        raise NotThinError(f"CUDA device {number} does not answer")
    return value.value
