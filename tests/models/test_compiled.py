"""Graphs are built by one thread at a time, and their functions get rows in parts."""

import os
import subprocess
import sys

import numpy as np
import pytest

from autoenc.models.compiled import in_parts

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


class Sums:
    """The sums of rows, and the lengths of all calls."""

    def __init__(self, values_at_a_time):
        self.values_at_a_time, self.lengths = values_at_a_time, []

    def __call__(self, rows):
        self.lengths.append(len(rows))
        return rows.sum(axis=1)


@pytest.mark.parametrize(
    ("values", "columns", "lengths"),
    [
        (None, 784, [2048, 952]),
        (1 << 19, 784, [512, 512, 512, 512, 512, 440]),
        (1 << 19, 300, [1024, 1024, 952]),
        (1 << 19, 10, [3000]),
        (1, 10, [512, 512, 512, 512, 512, 440]),
    ],
)
def test_a_function_gets_as_many_rows_as_it_wants(values, columns, lengths):
    rows, function = np.arange(3000.0 * columns).reshape(3000, columns), Sums(values)
    np.testing.assert_array_equal(in_parts(lambda: function, rows), rows.sum(axis=1))
    assert function.lengths == lengths
