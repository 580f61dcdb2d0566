"""Take away resources that a process needs, and check that it falls back or names what is missing.

    python -m torture.faults

Threads cannot start, memory runs out, or a folder cannot be used: the temporary folder, that of
the output, or that of compiled code is absent, full, read-only, mounted without permission to
execute, or owned by another user. Under each fault, one process fits a model, transforms rows and
saves the model, and another process runs ``autoenc train``. Both must succeed, or end with an
error that names the missing resource. A fatal signal, a process that hangs, or the loss of a
trained model is a violation. The program mounts disks, so it needs root.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

LIBRARY = """
import os, resource, sys, warnings
warnings.simplefilter("ignore")
import numpy as np
from autoenc import AutoEncoder
from autoenc.backends import resolve_backend

backend, output, fault = sys.argv[1:]
resolve_backend(backend, "cpu")
wide = fault == "memory"
X = np.random.default_rng(0).random((60_000 if wide else 2_000, 784), dtype="float32")
if wide:
    pages = int(open("/proc/self/statm").read().split()[0])
    most = pages * resource.getpagesize() + 2**26
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
if fault == "threads":
    open(os.environ["NO_THREADS"], "w").close()

def attempt(what, work):
    try:
        work()
        print(f"{what}: works", flush=True)
    except Exception as error:
        print(f"{what}: {type(error).__name__}: {error}".replace("\\n", " "), flush=True)

model = AutoEncoder(500, n_epochs=1, random_state=0, verbose=False, backend=backend)
small = AutoEncoder(3, n_epochs=1, random_state=0, verbose=False, backend=backend)
attempt("fit", lambda: model.fit(X, checkpoint=output + ".ckpt"))
if not hasattr(model, "model_"):
    attempt("fit of less", lambda: small.fit(X[:100, :9].copy()))
    model, X = small, X[:, :9]
attempt("transform", lambda: model.transform(X))
attempt("save", lambda: (model.save(output), AutoEncoder.load(output).transform(X[:1])))
"""
NO_THREADS = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
typedef int (*Create)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
int pthread_create(pthread_t* t, const pthread_attr_t* a, void* (*f)(void*), void* x) {
  const char* name = getenv("NO_THREADS");
  if (name && !access(name, F_OK)) return EAGAIN;
  return ((Create)dlsym(RTLD_NEXT, "pthread_create"))(t, a, f, x);
}
"""
STAGES = ("fit", "transform", "save")
# Time limit in seconds; C code is compiled again if its folder cannot be used.
PATIENCE = 300


@dataclass
class Place:
    """Environment of a process under a fault.

    Attributes
    ----------
    folder : Path
        Folder of the files of the fault.
    environment : dict
        Variables of the environment; None removes one.
    output : Path
        Folder of models.
    """

    folder: Path
    environment: dict[str, str | None] = field(default_factory=dict)
    output: Path = field(init=False)

    def __post_init__(self) -> None:
        self.output = self.folder / "output"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python."""
        changed = {**os.environ, **self.environment}
        return subprocess.run(
            [sys.executable, *arguments],
            env={name: value for name, value in changed.items() if value is not None},
            capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip


@contextmanager
def disk(folder: Path, options: str) -> Iterator[Path]:
    """Mount a small disk."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def without_threads(place: Place) -> Iterator[None]:
    """Prevent threads from starting after a process has set up its backend."""
    source, library = place.folder / "none.c", place.folder / "none.so"
    source.write_text(NO_THREADS)
    subprocess.run(["cc", "-shared", "-fPIC", str(source), "-o", str(library), "-ldl"], check=True)
    place.environment |= {"LD_PRELOAD": str(library), "NO_THREADS": str(place.folder / "full")}
    yield


@contextmanager
def without_memory(place: Place) -> Iterator[None]:
    """Do nothing: the process sets the limit itself, after it has imported everything."""
    yield


@contextmanager
def absent_temporary(place: Place) -> Iterator[None]:
    """Set a temporary folder that does not exist."""
    place.environment["TMPDIR"] = str(place.folder / "absent")
    yield


@contextmanager
def full_temporary(place: Place) -> Iterator[None]:
    """Put the temporary folder on a full disk."""
    with disk(place.folder / "small", "size=64k") as folder:
        place.environment["TMPDIR"] = str(folder)
        yield


@contextmanager
def full_output(place: Place) -> Iterator[None]:
    """Put the output on a full disk."""
    with disk(place.folder / "small", "size=64k") as folder:
        place.output = folder / "output"
        yield


@contextmanager
def read_only_output(place: Place) -> Iterator[None]:
    """Put the output on a read-only disk."""
    with disk(place.folder / "small", "ro") as folder:
        place.output = folder / "output"
        yield


def compiled_code_on(options: str) -> Callable[[Place], AbstractContextManager[None]]:
    """Return a fault: the folder for compiled code is on a disk with these options."""

    @contextmanager
    def fault(place: Place) -> Iterator[None]:
        with disk(place.folder / "cache", options) as folder:
            place.environment["XDG_CACHE_HOME"] = str(folder)
            yield

    return fault


@contextmanager
def no_home(place: Place) -> Iterator[None]:
    """Unset all variables that determine the folder for compiled code."""
    place.environment |= {"HOME": str(place.folder / "absent" / "home"), "XDG_CACHE_HOME": None}
    (place.folder / "absent").touch()  # a file in place of the folder
    yield


@contextmanager
def of_another(place: Place) -> Iterator[None]:
    """Make another user the owner of the folder for compiled code."""
    folder = place.folder / "cache" / "autoenc"
    folder.mkdir(parents=True)
    os.chown(folder, 65534, 65534)
    place.environment["XDG_CACHE_HOME"] = str(folder.parent)
    yield


FAULTS: dict[str, Callable[[Place], AbstractContextManager[None]]] = {
    "threads": without_threads,
    "memory": without_memory,
    "TMPDIR absent": absent_temporary,
    "TMPDIR full": full_temporary,
    "output full": full_output,
    "output read-only": read_only_output,
    "cache absent": no_home,
    "cache read-only": compiled_code_on("ro"),
    "cache noexec": compiled_code_on("noexec"),
    "cache full": compiled_code_on("size=64k"),
    "cache of another user": of_another,
}


def outcomes(name: str, backend: str, folder: Path) -> dict[str, str]:
    """Return the outcome of each stage under a fault; violations begin with ``VIOLATION``."""
    place = Place(folder)
    with FAULTS[name](place):
        found = _of_library(place, backend, name)
        # Only the process itself knows when to set the limit of its memory.
        return found if name == "memory" else {**found, "command": _of_command(place, backend)}


def _of_library(place: Place, backend: str, name: str) -> dict[str, str]:
    try:
        run = place.run("-c", LIBRARY, backend, str(place.output), name)
    except subprocess.TimeoutExpired:
        return dict.fromkeys(STAGES, "VIOLATION: hangs")
    found = dict(line.split(": ", 1) for line in run.stdout.splitlines() if ": " in line)
    missing = f"VIOLATION: ends with {run.returncode}: {run.stderr.strip()[-200:]}"
    return {**dict.fromkeys(STAGES, missing), **found}


def _of_command(place: Place, backend: str) -> str:
    table = place.folder / "rows.csv"
    table.write_text("a,b,c\n" + "0.1,0.5,0.9\n0.4,0.2,0.3\n" * 30)
    command = ["-m", "autoenc", "train", str(table), "-o", str(place.output), "--epochs", "1"]
    try:
        run = place.run(*command, "--quiet", "--force", "--hidden", "5000", "--backend", backend)
    except subprocess.TimeoutExpired:
        return "VIOLATION: hangs"
    said = (run.stderr.strip().splitlines() or [""])[-1]
    if run.returncode == 0:
        return "works" if place.output.exists() else "VIOLATION: there is no model"
    if run.returncode < 0 or "rror" not in said or "Traceback" in run.stderr:
        return f"VIOLATION: ends with {run.returncode}: {run.stderr.strip()[-200:]}"
    return said


def main(arguments: Sequence[str] | None = None) -> int:
    """Try all faults, print the outcomes, and return 1 after a violation."""
    parser = argparse.ArgumentParser(
        prog="python -m torture.faults", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--backend", default="c", help="(%(default)s)")
    parser.add_argument("--faults", nargs="+", default=list(FAULTS), choices=FAULTS)
    options = parser.parse_args(arguments)
    n_violations = 0
    for name in options.faults:
        with tempfile.TemporaryDirectory() as folder:
            found = outcomes(name, options.backend, Path(folder))
        n_violations += sum(text.startswith("VIOLATION") for text in found.values())
        for stage, text in found.items():
            print(f"{options.backend:5} {name:22} {stage:12} {text[:200]}", flush=True)
    print(f"{n_violations} violations")
    return 1 if n_violations else 0


if __name__ == "__main__":
    sys.exit(main())
