"""Graphs of fitted models are built by one thread at a time, also in a child of fork."""

import os
import subprocess
import sys

import pytest

FORKED_WHILE_BUILDING = """
import os, signal, threading
from autoenc.models.compiled import building
built = threading.Event()

def build():
    with building("float32"):
        built.set()
        threading.Event().wait()

threading.Thread(target=build, daemon=True).start()
built.wait()
if not (child := os.fork()):
    signal.alarm(10)
    with building("float32"):
        os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_child_does_not_wait_for_a_thread_of_its_parent():
    run = subprocess.run(
        [sys.executable, "-c", FORKED_WHILE_BUILDING], capture_output=True, text=True, check=True
    )
    assert run.stdout == "0\n"
