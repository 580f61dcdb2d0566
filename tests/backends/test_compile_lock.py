"""A process waits for others that lock the folder of compiled modules, and can be interrupted."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytensor.tensor as pt
import pytest
from filelock import FileLock, Timeout
from pytensor import config
from pytensor.compile.compilelock import lock_ctx

from autoenc.backends import compile_lock, resolve_backend
from autoenc.backends.c import c_backend
from autoenc.training.interruption import deferred_interrupt

HOLDER = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def locked_by_another():
    """Return a function that starts a process which locks a folder."""
    started = []

    def start(folder):
        other = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(folder / ".lock")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(other)
        assert other.stdout.readline() == "locked\n"
        return other

    yield start
    for other in started:
        other.communicate()


def test_a_folder_locked_by_another_process_is_waited_for(tmp_path, locked_by_another, capsys):
    other, waits = locked_by_another(tmp_path), []

    def compiled():
        if len(waits) == 4:
            other.communicate()  # which ends it
        waits.append(True)
        with lock_ctx(tmp_path, timeout=0.1), pytest.raises(Timeout):
            FileLock(tmp_path / ".lock").acquire(timeout=0)
        return "compiled"

    assert compile_lock.waiting_for_others(compiled) == "compiled"
    assert len(waits) == 5
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert f"waiting for another process that compiles; it locks {tmp_path}" in lines[0]


def test_training_that_waits_can_be_interrupted(tmp_path, locked_by_another):
    locked_by_another(tmp_path)

    def compiled():
        os.kill(os.getpid(), signal.SIGINT)
        with lock_ctx(tmp_path, timeout=0.1):
            return "compiled"

    with pytest.raises(KeyboardInterrupt), deferred_interrupt():
        compile_lock.waiting_for_others(compiled)


@pytest.mark.usefixtures("compiler")
def test_c_waits(locked_by_another, monkeypatch):
    monkeypatch.setattr(c_backend, "PATIENCE", 0.2)
    backend = resolve_backend("c", "cpu")
    # No other test has compiled this constant.
    x, number = pt.vector("x"), np.random.default_rng().random()
    with backend.flags():
        other = locked_by_another(config.compiledir)
    monkeypatch.setattr(compile_lock, "print", lambda *_, **__: other.communicate(), raising=False)
    function = backend.function([x], x * number)
    assert other.returncode == 0
    np.testing.assert_allclose(function(np.ones(2, x.dtype)), number, rtol=1e-6)
