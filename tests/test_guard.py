"""A process that watches another one."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from autoenc.guard import POLL_SECONDS, STOPPED_SECONDS, Guard

CODE = (
    "import time, sys; from autoenc.guard import Guard\n"
    "guard = Guard('process 1 of 4')\n"
    "print('here', flush=True)\n"
    "sys.stdin.readline()\n"
    "guard.release()"
)


@pytest.fixture
def watched():
    """A process in a group of its own, with its guard."""
    process = subprocess.Popen(
        [sys.executable, "-c", CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    assert process.stdout.readline() == "here\n"
    # The guard takes a moment before it handles signals.
    time.sleep(1)
    yield process
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_process_that_ends_is_not_reported(watched):
    said = watched.communicate("\n", timeout=20)[1]
    assert (watched.returncode, said) == (0, "")


def test_one_that_is_killed_is_named(watched):
    watched.kill()
    said = watched.communicate(timeout=20)[1]  # the guard ends, too
    assert said.startswith(f"error: process 1 of 4 (PID {watched.pid} on ")
    assert said.endswith(") was killed, or has crashed.\n")


def test_one_that_is_stopped_is_named_and_ended(watched):
    started = time.monotonic()
    watched.send_signal(signal.SIGSTOP)
    said = watched.communicate(timeout=20)[1]
    # It counts looks, the first of which comes at once.
    assert STOPPED_SECONDS - 2 * POLL_SECONDS <= time.monotonic() - started < 10
    assert watched.returncode == -signal.SIGKILL
    assert said.startswith(f"error: process 1 of 4 (PID {watched.pid} on ")
    assert said.endswith("was stopped by a signal and does not answer; it is ended.\n")


def test_a_process_that_is_continued_in_time_goes_on(watched):
    watched.send_signal(signal.SIGSTOP)
    time.sleep(STOPPED_SECONDS / 3)
    watched.send_signal(signal.SIGCONT)
    assert watched.communicate("\n", timeout=20)[1] == ""


def test_a_job_that_is_suspended_as_a_whole_goes_on(watched):
    """As Ctrl-Z and SLURM do."""
    os.killpg(watched.pid, signal.SIGSTOP)
    time.sleep(STOPPED_SECONDS + 1)
    os.killpg(watched.pid, signal.SIGCONT)
    assert watched.communicate("\n", timeout=20)[1] == ""
    assert watched.returncode == 0


def test_a_launcher_that_ends_all_is_not_a_loss(watched):
    os.killpg(watched.pid, signal.SIGTERM)
    assert watched.communicate(timeout=20)[1] == ""


def test_a_process_that_may_start_no_other_works(monkeypatch):
    def refuse(*_, **__):
        raise BlockingIOError

    monkeypatch.setattr(subprocess, "Popen", refuse)
    guard = Guard("process 1 of 4")
    guard.release()
    guard.release()
