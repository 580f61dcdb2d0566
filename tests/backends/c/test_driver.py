"""The kernels with other compilers and for other processors, as far as these are available."""

import hashlib
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from autoenc.backends.c import kernels
from autoenc.backends.cpu import cpu_kind
from autoenc.folders import cache_folder

SOURCES = [*kernels._SOURCES, Path(__file__).with_name("driver.cpp")]
# Takes a third of the time of -O3, which is tested in test_kernels.py.
FLAGS = (
    "-O1",
    "-pthread",
    "-std=c++17",
    "-DBLAS_SGEMM=plain_sgemm_",
    "-DBLAS_DGEMM=plain_dgemm_",
    "-Werror=unknown-attributes",
)
MACHINES = {
    "clang": (["clang++", "-march=native"], []),
    "ARM": (["aarch64-linux-gnu-g++", "-static"], ["qemu-aarch64"]),
    "x86-64 without AVX": (["g++", "-march=x86-64", "-Wno-psabi"], []),
}


def compiled(*command):
    """Compile for half a minute, or take what the same compiler has made of the same files."""
    version = subprocess.run([command[0], "--version"], capture_output=True, check=True).stdout
    files = [*SOURCES, *sorted(kernels._HEADERS)]
    parts = [version, cpu_kind().encode(), *(Path(part).name.encode() for part in command)]
    key = hashlib.sha256(b"\0".join([*parts, *(file.read_bytes() for file in files)]))
    path = cache_folder() / "tests" / key.hexdigest()
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = Path(folder) / "made"
            subprocess.run([*command, "-o", str(made)], check=True)
            made.replace(path)
    return path


@pytest.mark.parametrize("machine", MACHINES)
def test_they_are_right(machine):
    compiler, emulator = MACHINES[machine]
    for program in (compiler[0], *emulator):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    flags = [flag for flag in FLAGS if "unknown" not in flag or machine == "clang"]
    driver = compiled(*compiler, *flags, *map(str, SOURCES))
    run = subprocess.run([*emulator, str(driver)], capture_output=True, text=True, check=False)
    assert run.stdout == "draws 4020563147\nright\n"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="for processors of x86-64")
@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_vectors_of_512_bits_are_not_computed_number_by_number():
    (products,) = (source for source in kernels._SOURCES if source.stem == "products")
    flags = [flag for flag in kernels._FLAGS if "march" not in flag]
    blas = [flag for flag in FLAGS if flag.startswith("-D")]
    assembly = compiled("g++", "-march=skylake-avx512", *flags, *blas, "-S", str(products))
    sums = [line for line in assembly.read_text().splitlines() if "vfmadd" in line]
    assert sum("ps\t" in line and "%zmm" in line for line in sums) > 0.99 * len(sums) > 500
