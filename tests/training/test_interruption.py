"""Training runs that are stopped before they begin, and by signals other than Ctrl-C."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from pytensor.link.c.exceptions import CompileError

from autoenc.backends import resolve_backend
from autoenc.training import Callback
from autoenc.training.interruption import deferred_interrupt
from tests.training.test_checkpoints import fit


class Stop(Callback):
    def start(self, training):
        training.stop_requested = True


class Interrupted:
    """A backend during whose compilation a signal comes."""

    def __init__(self, signum):
        self._backend = resolve_backend("xla", "cpu")
        self._signum = signum

    def __getattr__(self, name):
        return getattr(self._backend, name)

    def compile(self, step):
        os.kill(os.getpid(), self._signum)
        return self._backend.compile(step)


@pytest.fixture
def start():
    return fit(None, n_epochs=1, backend="xla", callbacks=[Stop()])[0]


def test_a_callback_that_stops_at_once(tmp_path, start):
    path = tmp_path / "run.ckpt"
    params, costs = fit(path, n_epochs=2, backend="xla", callbacks=[Stop()])
    assert params == start
    assert np.isnan(costs).all()
    whole = fit(None, n_epochs=2, backend="xla")
    assert fit(path, n_epochs=2, backend="xla", resume=True) == whole


def test_ctrl_c_while_the_step_is_compiled(start):
    with pytest.warns(UserWarning, match="interrupted in epoch 1"):
        params, _ = fit(None, n_epochs=2, backend=Interrupted(signal.SIGINT))
    assert params == start


@pytest.mark.parametrize(
    ("signum", "raised"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit), (None, CompileError)],
)
def test_a_signal_that_also_ends_the_compiler(signum, raised):
    """As Ctrl-C in a terminal, or `timeout`: all processes of a group receive it."""

    def compile_and_signal():
        program = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"]
        with subprocess.Popen(program, stdout=subprocess.PIPE) as compiler:
            compiler.stdout.readline()
            compiler.send_signal(signum or signal.SIGTERM)
            if signum is not None:
                os.kill(os.getpid(), signum)
        raise CompileError(f"return status={compiler.returncode}")

    with pytest.raises(raised), deferred_interrupt():
        compile_and_signal()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_signals_that_end_a_process(tmp_path, name):
    signum = getattr(signal, name, None)
    if signum is None:
        pytest.skip(f"there is no {name} here")
    path = tmp_path / "run.ckpt"
    with pytest.warns(UserWarning, match="interrupted"), pytest.raises(SystemExit) as ended:
        fit(path, backend=Interrupted(signum))
    assert ended.value.code == 128 + signum
    assert path.exists()
    assert signal.getsignal(signum) is signal.SIG_DFL


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP")
def test_nohup_is_respected():
    code = """
import os, signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
from autoenc.training.interruption import deferred_interrupt
with deferred_interrupt() as interruption:
    os.kill(os.getpid(), signal.SIGHUP)
print(interruption.requested)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
