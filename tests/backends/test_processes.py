"""Backends after a fork, without new threads, and with a container's quota."""

import os
import subprocess
import sys

import pytest

from autoenc.backends import cpu
from autoenc.backends.c.blas import find_blas

FORK = """
import os, signal, sys, warnings
import numpy as np, pytensor, pytensor.tensor as pt
from autoenc.backends import BackendError
from autoenc.graph import sgd
from autoenc.training import train

rows = np.random.default_rng(0).normal(size=(600, 400))

def fit():
    x = pt.dmatrix("x")  # whose products the BLAS makes on threads of its own
    W = pytensor.shared(np.eye(400) / 2)
    cost = ((x @ W @ W.T - x) ** 2).mean()
    graph = {"cost": cost, "updates": sgd(cost, [W], 0.1), "inputs": [x], "data": rows}
    train(**graph, batch_size=600, n_epochs=2, progress=False, backend=sys.argv[1])
    return W.get_value()

before = fit()
warnings.simplefilter("ignore")
if not (child := os.fork()):
    signal.alarm(100)
    try:
        os._exit(0 if np.allclose(fit(), before) else 1)
    except BackendError as error:
        os._exit(7 if "multiprocessing's 'spawn'" in str(error) else 2)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def run(code, *arguments, **environment):
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], env={**os.environ, **environment},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return result.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize(
    ("backend", "blas", "expected"), [("c", "mkl", 0), ("c", "openblas", 0), ("xla", "", 7)]
)
def test_a_child_of_fork_computes_or_says_why_not(request, backend, blas, expected):
    if backend == "c":
        request.getfixturevalue("compiler")
        if find_blas(blas) is None:
            pytest.skip(f"{blas} is not installed")
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "2")
    assert run(FORK, backend, AUTOENC_BLAS=blas, **threads) == f"{expected}\n"


NO_THREADS = """
import ctypes, resource
import numpy as np
from autoenc.backends.c.blas import find_blas
from autoenc.backends.c.kernels import with_kernels
library = ctypes.CDLL(str(with_kernels(find_blas("openblas")).kernels))
library.autoenc_limit_threads(4)
import os
os.setuid(12345)
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
rows, columns = 512, 300
x = np.ones((rows, columns), "float32")
sums = np.zeros(rows)
library.autoenc_row_ENTRIES_float32(
    ctypes.c_void_p(x.ctypes.data), ctypes.c_long(rows), ctypes.c_long(columns),
    ctypes.c_void_p(sums.ctypes.data))
print((sums == columns).all(), library.autoenc_threads())
"""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can become a user")
def test_threads_that_cannot_start_are_done_without(compiler):
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    assert run(NO_THREADS, **threads) == "True 1\n"


NO_THREADS_FOR_XLA = """
import os, resource, sys
import jax, numpy as np
import pytensor.tensor as pt
import autoenc.backends.xla.xla_backend
from autoenc.backends import BackendError, resolve_backend
x = pt.matrix("x")
if sys.argv[1] == "compile":
    backend = resolve_backend("xla", "cpu")
    print(backend.function([x], x + 1)(np.ones((2, 3))).sum())
os.setuid(12345)
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
try:
    backend = resolve_backend("xla", "cpu")
    backend.function([x], 2 * x)(np.ones((2, 3)))
except BackendError as error:
    print(error)
"""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can become a user")
@pytest.mark.parametrize(("when", "before"), [("set up", ""), ("compile", "12.0\n")])
def test_xla_without_threads_is_an_error_that_says_so(when, before):
    found = run(NO_THREADS_FOR_XLA, when)
    assert found.startswith(f"{before}XLA needs up to ")
    assert "ulimit -u" in found


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Control groups as files say them."""

    def describe(listed, **files):
        (tmp_path / "listed").write_text(listed)
        for name, text in files.items():
            path = tmp_path / "cgroup" / name.replace("__", "/").replace("_DOT_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    monkeypatch.setattr(cpu, "CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(cpu, "PROCESS_GROUPS", tmp_path / "listed")
    monkeypatch.setattr(cpu, "processors", lambda: 16)
    for name in ("OMP", "MKL", "OPENBLAS"):
        monkeypatch.delenv(f"{name}_NUM_THREADS", raising=False)
    return describe


@pytest.mark.parametrize(
    ("listed", "files", "expected"),
    [
        ("0::/a/b\n", {"a__cpu_DOT_max": "250000 100000", "a__b__cpu_DOT_max": "max 100000"}, 2),
        ("0::/\n", {"cpu_DOT_max": "50000 100000"}, 1),
        ("0::/\n", {"cpu_DOT_max": "max 100000"}, 16),
        (
            "3:cpuset:/\n1:cpu,cpuacct:/x\n",
            {
                "cpu__x__cpu_DOT_cfs_quota_us": "400000",
                "cpu__x__cpu_DOT_cfs_period_us": "100000",
            },
            4,
        ),
        ("1:cpu:/\n", {"cpu__cpu_DOT_cfs_quota_us": "-1"}, 16),
        ("", {}, 16),
    ],
)
def test_a_quota_limits_the_threads(groups, listed, files, expected):
    groups(listed, **files)
    assert cpu.usable_threads() == expected
    assert cpu.cpu_quota() == (None if expected == 16 else expected)


def test_limits_of_libraries_count(groups, monkeypatch):
    groups("")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert cpu.usable_threads() == 3
    monkeypatch.setenv("MKL_NUM_THREADS", "nonsense")
    assert cpu.usable_threads() == 3
