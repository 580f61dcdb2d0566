"""Settings and fixtures of all tests."""

from __future__ import annotations

import atexit
import gc
import multiprocessing
import os
import shutil
import signal
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytensor
import pytest
from hypothesis import settings
from pytensor.link.c.op import ExternalCOp

from autoenc import backends, load_mnist
from autoenc.backends.c.compiler import compiler_trouble
from autoenc.datasets import Mnist
from autoenc.folders import cache_folder, expand
from tests.browser import is_required, started

# The full data set may be in a folder that several checkouts share. If it is found, more tests are
# collected.
_SHARED = Path(__file__).parents[2] / "shared" / "data" / "mnist.pkl.gz"
if _SHARED.is_file():
    os.environ.setdefault("AUTOENC_DATA", str(_SHARED))

# MLflow reports its use over the network unless this is set before it is imported.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

# A shell starts background jobs with SIGINT ignored, and nohup with SIGHUP. Tests send both.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Notebooks need a home folder, and so does PyTensor when competitors of the benchmarks import it.
if not os.access(expand("~"), os.W_OK):
    os.environ["HOME"] = tempfile.mkdtemp(prefix="autoenc-home-")
    atexit.register(shutil.rmtree, os.environ["HOME"], ignore_errors=True)


# PyTensor logs a rewrite that raises an error, and continues. In tests, and in the processes that
# they start, the error counts.
pytensor.config.on_opt_error = "raise"
os.environ.setdefault("PYTENSOR_FLAGS", "on_opt_error=raise")

# A test process builds thousands of graphs. Recording where each node was created, and repeatedly
# searching all of them for garbage, takes an eighth of the time.
pytensor.config.traceback__limit = 0
gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure():
    """Collect garbage once; pytest collects five times when a process ends."""
    gc.collect()
    gc.freeze()


def _read_c_code_once():
    """Let operations with the same C file share its content, which each would read again."""
    read, known = ExternalCOp.load_c_code, {}

    def load(op, files):
        key = type(op), tuple(files)
        if key not in known:
            read(op, files)
            known[key] = op.func_codes, op.code_sections
        op.func_codes, op.code_sections = known[key]

    ExternalCOp.load_c_code = load


_read_c_code_once()


def _keep_compiled_code():
    """Compile once for all test processes, even without a usable home folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            cache_folder()
        except UserWarning:
            folder = tempfile.mkdtemp(prefix="autoenc-tests-")
            os.environ["XDG_CACHE_HOME"] = folder
            atexit.register(shutil.rmtree, folder, ignore_errors=True)


_keep_compiled_code()

# Where a test does not name a backend, its subject is not the backend. XLA compiles a model again
# for each size of the data, which takes most of a small fit. C modules are compiled once for all
# sizes, and kept for the next run.
os.environ.setdefault("AUTOENC_BACKEND", "xla" if compiler_trouble() else "c")

# Compilation makes the first example of a property slow.
settings.register_profile("autoenc", deadline=None)
settings.load_profile("autoenc")


def _semaphore_trouble():
    """Return why processes cannot use semaphores, for example because /dev/shm is read-only."""
    try:
        multiprocessing.get_context("spawn").Lock()
    except OSError as error:
        return str(error)
    return ""


if _semaphore_trouble():
    # Otherwise joblib warns when it is imported, in other processes too.
    os.environ["JOBLIB_MULTIPROCESSING"] = "0"

BACKENDS = ("c", "xla", "numba")


def _skip_c(*_):
    pytest.skip(f"the C backend is not available: {compiler_trouble()}")


# If nothing can be compiled, a test that requests C is reported as skipped, with the reason.
if compiler_trouble():
    backends.CBackend = _skip_c


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Skip a test also if another process requests C without a compiler."""
    try:
        return (yield)
    except Exception as error:
        said = f"{error} {getattr(error, 'stderr', '')}"
        if (reason := compiler_trouble()) and reason in said:
            _skip_c()
        raise


@pytest.fixture(scope="session")
def compiler():
    """Skip a test that compiles C, for example in another process, if there is no compiler."""
    if compiler_trouble():
        _skip_c()


@pytest.fixture(scope="session")
def semaphores():
    """Skip a test of processes that need semaphores if there are none."""
    if trouble := _semaphore_trouble():
        pytest.skip(f"processes cannot use semaphores: {trouble}")


@pytest.fixture(scope="session")
def digits() -> Mnist:
    """The bundled sample of real digits, read-only."""
    digits = load_mnist(sample=True)
    for split in digits:
        split.images.setflags(write=False)
    return digits


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Each backend by name."""
    return str(request.param)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(20081)


@pytest.fixture(scope="session")
def browser():
    """Chromium without a window."""
    with started() as (chromium, reason):
        if chromium is None:
            (pytest.fail if is_required() else pytest.skip)(reason)
        yield chromium
