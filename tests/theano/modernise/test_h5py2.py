"""Files of h5py are read and written as with h5py 2."""

import subprocess
import sys
import textwrap

import pytest

pytest.importorskip("h5py")

SCRIPT = """
    import h5py
    import numpy as np
    f = h5py.File("weights.h5")
    f["w"] = np.arange(3)
    f.attrs["names"] = [b"one", b"two"]
    f.attrs["name"] = b"one"
    f.attrs["text"] = u"one"
    f.close()
    f = h5py.File("weights.h5", "r")
    print(f["w"].value)
    print([n.decode("utf8") for n in f.attrs["names"]])
    print(f.attrs["name"].decode("utf8"))
    print(f.attrs["text"].upper())
"""


def test_a_file_of_weights(tmp_path):
    command = [sys.executable, "-m", "autoenc.theano", "-c", textwrap.dedent(SCRIPT)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, cwd=tmp_path)
    assert done.stdout.splitlines() == ["[0 1 2]", "['one', 'two']", "one", "ONE"]
