"""A trial compilation decides if C is available, and the error says what to install."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from pytensor import config

from autoenc.backends.c import compiler
from autoenc.backends.c.compiler import compiler_trouble


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    compiler._trouble_of.cache_clear()
    yield tmp_path / "autoenc"
    compiler._trouble_of.cache_clear()


def fake_compiler(folder, output):
    path = folder / "g++"
    path.write_text(f"#!/bin/sh\ncat >/dev/null\necho '{output}' >&2\nexit 1\n")
    path.chmod(0o755)
    return str(path)


def test_one_that_works(fresh):
    assert compiler_trouble() is None
    (library,) = fresh.glob("trial-*.so")
    written = library.stat().st_mtime_ns
    compiler._trouble_of.cache_clear()
    assert compiler_trouble() is None
    assert library.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("<stdin>:2:10: fatal error: Python.h: No such file", "apt install python3-dev"),
        ("collect2: error: ld returned 1 exit status", "ld returned 1 exit status"),
    ],
)
def test_one_that_does_not_work(fresh, monkeypatch, tmp_path, output, expected):
    monkeypatch.setattr(config, "cxx", fake_compiler(tmp_path, output))
    assert expected in compiler_trouble()
    assert not list(fresh.glob("trial-*"))


def test_auto_goes_to_xla_and_says_what_to_install(tmp_path):
    fake_compiler(tmp_path, "fatal error: Python.h: No such file or directory")
    code = """
from autoenc import backends
backends.cpu_vendor = lambda: "GenuineIntel"  # where C would be taken
print(backends.resolve_backend("auto", "cpu").reason)
"""
    environment = {**os.environ, "AUTOENC_BACKEND": "auto", "XDG_CACHE_HOME": str(tmp_path)}
    environment["PYTENSOR_FLAGS"] = f"cxx={tmp_path}/g++"
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout == (
        "C would be faster here, but g++ finds no Python.h (Debian: apt install python3-dev)\n"
    )


def test_clang_compiles_what_gcc_compiles(tmp_path):
    if shutil.which("clang++") is None:
        pytest.skip("clang++ is not installed")
    code = """
import numpy as np
from autoenc import DenoisingAutoEncoder
X = np.random.default_rng(0).random((40, 9), dtype="float32")
model = DenoisingAutoEncoder(4, n_epochs=1, backend="c", random_state=0, verbose=False).fit(X)
print(*model.score_samples(X[:3]))
"""
    found = []
    for cxx in ("clang++", "g++"):
        environment = {**os.environ, "PYTENSOR_FLAGS": f"cxx={cxx}"}
        run = subprocess.run(
            [sys.executable, "-c", code],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.append(np.fromstring(run.stdout, sep=" "))
    np.testing.assert_allclose(*found, rtol=1e-5)
