"""The compiler's flags for this processor are found once, and later read."""

import subprocess

import pytest
from pytensor.link.c import cmodule
from pytensor.link.c.cmodule import GCC_compiler

from autoenc.backends import resolve_backend
from autoenc.backends.c import processor_flags

pytestmark = pytest.mark.usefixtures("compiler")


@pytest.fixture
def searched(tmp_path, monkeypatch):
    """The flags that PyTensor finds, stored by a first process in a folder of their own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(GCC_compiler, "march_flags", None)
    return _set()


def _set():
    processor_flags.set_processor_flags.cache_clear()
    with resolve_backend("c", "cpu").flags():
        processor_flags.set_processor_flags()
    return GCC_compiler.march_flags


def _stored(folder):
    (path,) = folder.rglob("processor-*.json")
    return path


def test_a_later_process_reads_what_pytensor_finds(searched, monkeypatch):
    monkeypatch.setattr(GCC_compiler, "march_flags", None)
    with resolve_backend("c", "cpu").flags():
        arguments = GCC_compiler.compile_args()
    found = GCC_compiler.march_flags
    monkeypatch.setattr(GCC_compiler, "march_flags", None)
    monkeypatch.setattr(subprocess, "Popen", None)
    monkeypatch.setattr(cmodule, "subprocess_Popen", None)
    assert _set() == searched == found
    with resolve_backend("c", "cpu").flags():
        assert GCC_compiler.compile_args() == arguments


@pytest.mark.parametrize("text", ["", "[1, 2]", '"-march=cell"', "{"])
def test_a_damaged_file_is_replaced(searched, tmp_path, monkeypatch, text):
    _stored(tmp_path).write_text(text)
    monkeypatch.setattr(GCC_compiler, "march_flags", None)
    assert _set() == searched
    assert processor_flags._read(_stored(tmp_path)) == searched


def test_a_search_without_success_is_repeated(tmp_path, monkeypatch):
    def fails():
        GCC_compiler.march_flags = []

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(GCC_compiler, "march_flags", None)
    monkeypatch.setattr(GCC_compiler, "compile_args", fails)
    assert _set() == []
    assert not list(tmp_path.rglob("processor-*.json"))


def test_a_processor_chosen_by_the_user_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(GCC_compiler, "march_flags", None)
    monkeypatch.setattr(processor_flags.config, "gcc__cxxflags", "-O3 -march=x86-64")
    processor_flags.set_processor_flags.cache_clear()
    processor_flags.set_processor_flags()
    assert GCC_compiler.march_flags is None
    assert not list(tmp_path.rglob("processor-*.json"))
