"""The backend for each name, and the error if it is not available."""

import os
import subprocess
import sys

import pytest

from autoenc import backends
from autoenc.backends import BackendError, resolve_backend
from autoenc.configuration import SettingsError, user_settings


@pytest.fixture
def machine(monkeypatch):
    """A machine to be described: compiler, processor, BLAS, GPU."""

    def describe(*, compiler=None, vendor="GenuineIntel", avx512=True, blas=True, cuda=False):
        monkeypatch.setattr(backends, "compiler_trouble", lambda: compiler)
        monkeypatch.setattr(backends, "cpu_vendor", lambda: vendor)
        monkeypatch.setattr(backends, "has_cpu_flag", lambda flag: avx512)
        monkeypatch.setattr(backends, "find_blas", lambda: blas)
        monkeypatch.setattr(backends, "_has_cuda", lambda: cuda)

    monkeypatch.delenv("THEANO_FLAGS", raising=False)
    backends._chosen.cache_clear()
    yield describe
    backends._chosen.cache_clear()


@pytest.mark.parametrize(
    ("what", "expected", "reason"),
    [
        ({}, ("c", "cpu"), "fastest on this processor"),
        ({"cuda": True}, ("xla", "cuda"), "CUDA"),
        ({"compiler": "g++ finds no Python.h"}, ("xla", "cpu"), "finds no Python.h"),
        ({"vendor": "AuthenticAMD"}, ("c", "cpu"), "fastest on this processor"),
        ({"vendor": "AuthenticAMD", "avx512": False}, ("xla", "cpu"), "AMD"),
        ({"blas": None}, ("xla", "cpu"), "BLAS"),
    ],
)
def test_auto_takes_the_fastest_and_says_why(machine, what, expected, reason):
    machine(**what)
    *choice, why = backends._choose(None)
    assert tuple(choice) == expected
    assert reason in why


def test_the_environment_may_say_what_auto_stands_for(monkeypatch):
    monkeypatch.setenv("AUTOENC_BACKEND", "numba")
    assert (found := resolve_backend("auto", "cpu")).name == "numba"
    assert found.reason == "AUTOENC_BACKEND requests it"
    assert resolve_backend("xla", "cpu").name == "xla"
    monkeypatch.setenv("AUTOENC_BACKEND", "gpu")
    with pytest.raises(ValueError, match="AUTOENC_BACKEND 'gpu' is not known; expected 'auto'"):
        resolve_backend("auto", "cpu")


def test_auto_on_the_cpu_ignores_a_gpu(machine):
    machine(cuda=True)
    assert backends._choose("cpu")[:2] == ("c", "cpu")


def test_the_same_choice_is_the_same_object():
    assert resolve_backend("xla", "cpu") is resolve_backend("xla", "cpu")


def test_a_backend_is_passed_through():
    backend = resolve_backend("xla", "cpu")
    assert resolve_backend(backend) is backend


def test_the_description_names_versions():
    import jax
    import pytensor

    backend = resolve_backend("xla", "cpu")
    assert jax.__version__ in backend.description
    assert pytensor.__version__ in backend.description
    assert backend.reason == "asked for"


def test_unknown_backend():
    with pytest.raises(ValueError, match="backend 'theano' is not known; expected 'auto', 'c'"):
        resolve_backend("theano")


def test_unknown_device():
    with pytest.raises(SettingsError, match="device is 'gpu'; expected 'cpu', 'cuda'"):
        resolve_backend(device="gpu")


def test_a_gpu_that_is_not_there_is_an_error_that_says_what_to_install():
    code = "from autoenc.backends import resolve_backend; resolve_backend(device='cuda7')"
    environment = {**os.environ, "AUTOENC_BACKEND": "auto", "CUDA_VISIBLE_DEVICES": ""}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "BackendError: device 'cuda7' was requested, but JAX finds only: cpu" in run.stderr
    assert 'pip install "autoenc[cuda]"' in run.stderr


@pytest.fixture
def flags(monkeypatch):
    """Set THEANO_FLAGS as a process finds them when it starts."""

    def set_(value):
        monkeypatch.setenv("THEANO_FLAGS", value)
        user_settings.cache_clear()

    yield set_
    user_settings.cache_clear()


def test_the_device_of_theano_flags_counts(flags):
    flags("device=cuda")
    with pytest.raises(BackendError, match="backend 'c' runs on the CPU, but device 'cuda'"):
        resolve_backend("c")


def test_an_argument_wins_over_theano_flags(flags):
    flags("device=cuda")
    assert resolve_backend("c", "cpu").name == "c"


def test_settings_are_read_once_in_a_process(flags, monkeypatch):
    flags("")
    before = resolve_backend("xla", "cpu")
    monkeypatch.setenv("THEANO_FLAGS", "floatX=nonsense")
    assert resolve_backend("xla", "cpu") is before


def test_auto_goes_to_xla_where_c_cannot_be_set_up(machine, monkeypatch):
    def refuse(settings):
        raise BackendError("compiled code cannot be stored: the disk is full")

    machine()
    monkeypatch.setattr(backends, "CBackend", refuse)
    monkeypatch.setenv("AUTOENC_BACKEND", "auto")
    backends._make.cache_clear()
    found = resolve_backend("auto", "cpu")
    assert found.name == "xla"
    assert found.reason == "C would be faster here, but compiled code cannot be stored: " + (
        "the disk is full"
    )
    backends._make.cache_clear()


SMALL = """
import importlib.metadata, sys
import numpy as np

removed = ("jax", "jaxlib", "numba", "llvmlite")
sys.modules.update(dict.fromkeys(removed))
found = importlib.metadata.version

def version(name):
    if name in removed:
        raise importlib.metadata.PackageNotFoundError(name)
    return found(name)

importlib.metadata.version = version
import autoenc
from autoenc.backends import BackendError, resolve_backend
from autoenc.cli import main

rows = np.random.default_rng(0).random((30, 4))
model = autoenc.DenoisingAutoEncoder(2, n_epochs=2, random_state=0, verbose=False).fit(rows)
model.save(sys.argv[1])
again = autoenc.DenoisingAutoEncoder.load(sys.argv[1], verbose=False)
assert again.score_samples(rows).tobytes() == model.score_samples(rows).tobytes()
again.partial_fit(rows)
assert main(["info"]) == 0
for name in ("xla", "numba"):
    try:
        resolve_backend(name)
    except BackendError as error:
        print(error)
"""


def test_c_needs_neither_jax_nor_numba(compiler, tmp_path):
    """Both are half of what an installation takes."""
    environment = {k: v for k, v in os.environ.items() if k != "AUTOENC_BACKEND"}
    run = subprocess.run(
        [sys.executable, "-c", SMALL, str(tmp_path / "model")], env=environment,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    *described, xla, numba = run.stdout.splitlines()
    assert described[1].startswith("backend   C ")
    assert not any(line.startswith("jax") for line in described)
    assert xla == (
        "backend 'xla' needs jax, which is not installed; pip install jax, or use backend='c'."
    )
    assert numba == xla.replace("xla", "numba").replace("jax", "numba")


def test_where_neither_c_nor_xla_can_be_had_both_reasons_are_given(machine, monkeypatch):
    def refuse(settings):
        raise BackendError("compiled code cannot be kept: the disk is full.")

    machine()
    monkeypatch.setattr(backends, "CBackend", refuse)
    monkeypatch.setattr(backends, "_installed", lambda library: False)
    monkeypatch.setenv("AUTOENC_BACKEND", "auto")
    backends._make.cache_clear()
    with pytest.raises(BackendError, match=r"needs jax.* C is not available either: .*full"):
        resolve_backend("auto", "cpu")
    backends._make.cache_clear()
