"""Finding a BLAS, and what linking with it gives."""

import os
import subprocess
import sys

import pytest

from autoenc.backends.c import blas
from autoenc.backends.c.blas import find_blas

INSTALLED = [name for name in blas.NAMES if find_blas(name)]

MULTIPLY = """
from pathlib import Path
import numpy as np, pytensor.tensor as pt
from autoenc.backends import resolve_backend
backend = resolve_backend("c")
x, y = pt.matrix("x"), pt.matrix("y")
product = backend.function([x, y], x @ y)
a, b = np.random.default_rng(0).random((2, 200, 200), dtype="float32")
assert np.allclose(product(a, b), a @ b, rtol=1e-4)
print(backend.description)
maps = Path("/proc/self/maps").read_text().splitlines()
print({line.rpartition("/")[2] for line in maps if "blas" in line or "mkl" in line})
"""


def test_a_blas_comes_with_the_package():
    assert "openblas" in INSTALLED


@pytest.mark.parametrize("name", INSTALLED)
def test_the_c_backend_links_with_each(name):
    environment = {**os.environ, "AUTOENC_BLAS": name}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", MULTIPLY],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    description, loaded = run.stdout.splitlines()
    assert find_blas(name).description in description
    library = {"mkl": "libmkl_rt", "openblas": "libscipy_openblas", "system": "blas"}[name]
    assert library in loaded
    # PyTensor has nothing to complain of, such as a library that it does not find.
    assert run.stderr == ""


def test_mkl_comes_first_but_on_amd(monkeypatch):
    monkeypatch.setattr(blas, "cpu_vendor", lambda: "GenuineIntel")
    assert blas._preference()[0] == "mkl"
    monkeypatch.setattr(blas, "cpu_vendor", lambda: "AuthenticAMD")
    assert blas._preference()[0] == "openblas"


def test_unknown_blas(monkeypatch):
    monkeypatch.setenv("AUTOENC_BLAS", "atlas")
    with pytest.raises(ValueError, match="BLAS 'atlas' is not known; expected one of mkl"):
        find_blas()


def test_what_the_user_has_set_for_mkl_stays(monkeypatch):
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    monkeypatch.delenv("MKL_THREADING_LAYER", raising=False)
    blas.prepare_mkl()
    assert os.environ["MKL_CBWR"] == "COMPATIBLE"
    assert os.environ["MKL_THREADING_LAYER"] == "GNU"
