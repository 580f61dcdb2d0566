"""Search for a BLAS, and results of linking with it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from autoenc.backends.c import blas, kernels
from autoenc.backends.c import c_backend as backend
from autoenc.backends.c.blas import find_blas
from autoenc.backends.c.kernels import with_kernels
from autoenc.backends.interface import BackendError
from autoenc.configuration import Settings

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


def test_environments_with_the_same_blas_share_what_is_compiled(compiler, tmp_path):
    here = find_blas("openblas")
    copied = Path(shutil.copy(here.library, tmp_path))
    there = blas._linked(here.name, here.description, copied, here.prefix)
    assert there.folders != here.folders
    assert with_kernels(there).kernels == with_kernels(here).kernels
    assert with_kernels(there).ldflags == with_kernels(here).ldflags


def test_another_version_has_modules_of_its_own(compiler, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(kernels, "_compile", lambda *_: None)
    monkeypatch.setattr(kernels.ctypes, "CDLL", MagicMock())
    found = [
        kernels.with_kernels(blas._linked("mkl", "MKL", tmp_path / f"libmkl_rt.so.{version}"))
        for version in (2, 2, 3)
    ]
    assert found[0] == found[1]
    assert found[0].ldflags != found[2].ldflags


def test_a_blas_that_cannot_be_loaded_is_named(compiler, monkeypatch, tmp_path):
    (tmp_path / "libnone.so").write_text("not a library")
    found = blas._linked("system", "the system's libnone.so", tmp_path / "libnone.so")
    monkeypatch.setattr(backend, "find_blas", lambda: found)
    monkeypatch.setattr(backend, "with_kernels", lambda blas: blas)
    with pytest.raises(BackendError, match=r"the system's libnone\.so cannot be loaded: "):
        backend.CBackend(Settings())


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
