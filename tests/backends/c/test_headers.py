"""The headers of C modules are compiled once, and modules are compiled with them."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from pytensor import config
from pytensor.link.c.cmodule import GCC_compiler, std_include_dirs

from autoenc.backends import resolve_backend
from autoenc.backends.c import headers

# The compiled headers of GCC; others read the text.
pytestmark = [
    pytest.mark.usefixtures("compiler"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="as libraries of Linux are"),
]


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    headers.with_compiled_headers.cache_clear()
    yield tmp_path
    headers.with_compiled_headers.cache_clear()


def test_a_module_is_compiled_with_them(tmp_path):
    source = tmp_path / "module.cpp"
    source.write_text(f"{headers.HEADERS}int one() {{ return 1; }}\n")
    with resolve_backend("c", "cpu").flags():
        flags = GCC_compiler.compile_args()
    folders = [f"-I{folder}" for folder in std_include_dirs()]
    run = subprocess.run(
        # As PyTensor does; -H shows with "!" which compiled headers are used.
        [*shlex.split(config.cxx), "-shared", "-g", *flags, *folders, "-fvisibility=hidden", "-H",
         "-o", str(tmp_path / "module.so"), str(source)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    used = [line for line in run.stderr.splitlines() if line.startswith("!")]
    assert [Path(line[2:]).name for line in used] == ["headers.h.gch"]


def test_they_are_compiled_once(fresh, monkeypatch):
    first = headers.with_compiled_headers("-O1")
    assert first.startswith("-O1 -g0 -include ")
    assert Path(f"{first.split()[-1]}.gch").stat().st_size > 1_000_000
    headers.with_compiled_headers.cache_clear()
    monkeypatch.setattr(subprocess, "run", None)
    # Another virtual environment has NumPy's headers in another folder.
    monkeypatch.setattr(headers, "std_include_dirs", lambda: ["/elsewhere"])
    assert headers.with_compiled_headers("-O1") == first


def test_modules_are_compiled_without_where_the_headers_cannot_be(fresh, monkeypatch):
    monkeypatch.setattr(headers, "HEADERS", "#include <nothing of this name>\n")
    assert headers.with_compiled_headers("-O1") == "-O1 -g0"
    assert not list(fresh.rglob("*.gch"))


def test_a_compiler_that_cannot_use_them_is_noticed(fresh, monkeypatch):
    def cannot(command):
        if "-Winvalid-pch" in command:
            raise subprocess.CalledProcessError(1, command, stderr="had to relocate PCH")
        run(command)

    run = headers._run
    monkeypatch.setattr(headers, "_run", cannot)
    assert headers.with_compiled_headers("-O1") == "-O1 -g0"
    assert not list(fresh.rglob("*.gch"))


def test_pytensor_does_not_know_quotes(fresh, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(fresh / "of me"))
    assert headers.with_compiled_headers("-O1") == "-O1 -g0"
