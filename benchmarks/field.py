"""The competitors: how each is started, and which of them can run on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from autoenc.backends.c.blas import mkl_environment
from autoenc.backends.cpu import has_cpu_flag
from benchmarks.blas import library

if TYPE_CHECKING:
    from collections.abc import Sequence

# Other competitors that call MKL use the settings that autoenc chooses for itself.
MKL = mkl_environment()
BLAS_TITLES = {"mkl": "MKL", "openblas": "scipy-openblas32"}
# Variables that are removed. Some sites set them to get equal numbers on all machines, without the
# newest instructions of this one. The last ones choose autoenc's backend.
PINNED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "MKL_CBWR", "AUTOENC_BACKEND", "THEANO_FLAGS")
THEANO_FLAGS = "floatX=float32,base_compiledir={cache},blas.ldflags="
# With JAX, compiled code is always cached, however fast it was compiled, and products have full
# float32 precision on a GPU too, as in autoenc and PyTorch.
JAX = {
    "JAX_COMPILATION_CACHE_DIR": "{cache}",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_DEFAULT_MATMUL_PRECISION": "highest",
}


@dataclass(frozen=True)
class Entrant:
    """A competitor.

    Attributes
    ----------
    name, description : str
        Name for ``--only``, and description in the report.
    module : str
        Module of its worker, in `benchmarks.competitors`.
    options : dict
        Options of its worker, in addition to the common task.
    environment : dict
        Environment variables; ``{cache}`` represents a folder that the driver creates.
    needs : tuple of str
        Required modules and, as ``blas:name`` and ``cpu:name``, BLAS libraries and features of the
        processor. If one is missing, the competitor is left out.
    devices : tuple of str
        Devices on which it can run.
    precision : str
        Precision of its products, which determines the tolerance for its costs.
    python : str
        Python interpreter that runs it.
    """

    name: str
    description: str
    module: str
    options: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    devices: tuple[str, ...] = ("cpu",)
    precision: str = "float32"
    python: str = sys.executable

    @property
    def is_ours(self) -> bool:
        """Whether the competitor is autoenc."""
        return self.name.startswith("autoenc")

    @property
    def keeps_compiled_code(self) -> bool:
        """Whether compiled code is stored on disk for the next process."""
        return any("{cache}" in value for value in self.environment.values())

    def environment_with(self, cache: str) -> dict[str, str]:
        """Return all environment variables of its process."""
        # No competitor inherits settings meant for another one.
        inherited = {k: v for k, v in os.environ.items() if k not in PINNED}
        own = {key: value.format(cache=cache) for key, value in self.environment.items()}
        return {**inherited, **own}

    def missing(self) -> str | None:
        """Return a requirement that this machine does not meet; None if it meets all."""
        return next((reason for need in self.needs if (reason := lack(need))), None)

    def masked(self, corruption: float) -> Entrant:
        """Return the same competitor with this fraction of its input masked."""
        return replace(
            self,
            name=f"{self.name}, masks",
            description=f"{self.description}, {corruption:.0%} masked",
            options={**self.options, "corruption": str(corruption)},
        )


def lack(need: str) -> str | None:
    """Return why this machine does not meet a requirement; None if it does."""
    kind, _, name = need.rpartition(":")
    if kind == "cpu":
        return None if has_cpu_flag(name) else f"the processor has no {name}"
    if kind != "blas":
        return None if find_spec(name) else f"{name} is not installed"
    try:
        library(name)
    except FileNotFoundError as error:
        return str(error)
    return None


def everyone(theano_python: str | None = None) -> list[Entrant]:
    """Return all competitors on all devices, whether or not they can run here."""
    return [*rivals(), *theanos(theano_python), *ours(), *floors()]


def rivals() -> list[Entrant]:
    """Return the libraries that are used today instead of Theano."""
    keras = {"KERAS_BACKEND": "jax", **JAX}
    by_hand = "JAX by hand, the epoch one `lax.scan`"
    return [
        Entrant("jax", by_hand, "jax_scan", {}, JAX, ("jax",), ("cpu", "cuda")),
        Entrant(
            "jax-tf32",
            f"{by_hand}, TF32 (its default)",
            "jax_scan",
            {},
            JAX | {"JAX_DEFAULT_MATMUL_PRECISION": "tensorfloat32"},
            ("jax",),
            ("cuda",),
            "tf32",
        ),
        torch("torch", "PyTorch, eager", {}, ("cpu", "cuda")),
        torch("torch-compile", "PyTorch, `torch.compile`", {"compile": "default"}),
        torch(
            "torch-graphs",
            '`torch.compile(mode="reduce-overhead")`: CUDA graphs',
            {"compile": "reduce-overhead"},
            ("cuda",),
        ),
        torch("torch-bfloat16", "PyTorch, autocast to bfloat16", {"bfloat16": "yes"}),
        torch(
            "torch-compile-bfloat16",
            "PyTorch, `torch.compile`, autocast to bfloat16",
            {"compile": "default", "bfloat16": "yes"},
        ),
        Entrant("keras", "Keras 3 `fit`, on JAX", "keras_fit", {}, keras, ("keras", "jax")),
    ]


def torch(
    name: str, description: str, options: dict[str, str], devices: tuple[str, ...] = ("cpu",)
) -> Entrant:
    """Return one way of using PyTorch."""
    cache = {"TORCHINDUCTOR_CACHE_DIR": "{cache}"} if "compile" in options else {}
    precision = "bfloat16" if "bfloat16" in options else "float32"
    return Entrant(name, description, "torch_loop", options, cache, ("torch",), devices, precision)


def theanos(python: str | None) -> list[Entrant]:
    """Return Theano with the BLAS that its users had and, if it is installed, with MKL."""
    found = [theano("theano", "system OpenBLAS", "-lopenblas", python)]
    if lack("blas:mkl") is None:
        found.append(theano("theano-mkl", "MKL", link_flags(Path(library("mkl"))), python))
    return found


def theano(name: str, blas: str, ldflags: str, python: str | None) -> Entrant:
    """Return Theano with one BLAS."""
    return Entrant(
        name,
        f"Theano 1.0.5, {blas}",
        "theano_loop",
        environment=MKL | {"THEANO_FLAGS": THEANO_FLAGS + ldflags},
        python=python or "",
    )


def link_flags(path: Path) -> str:
    """Return the flags for Theano's linker, without commas, which separate Theano's own flags."""
    return rf"-L{path.parent} -l:{path.name} -Wl\,-rpath\,{path.parent}"


def ours() -> list[Entrant]:
    """Return autoenc on each backend; `options` become arguments of ``train``."""
    # autoenc stores everything in its cache folder.
    cache = {"XDG_CACHE_HOME": "{cache}"}
    return [
        *(
            Entrant(
                f"autoenc-c-{blas}",
                f"**autoenc, C with {title}**",
                "autoenc_train",
                {"backend": "c"},
                cache | {"AUTOENC_BLAS": blas},
                (f"blas:{blas}",),
            )
            for blas, title in BLAS_TITLES.items()
        ),
        Entrant(
            "autoenc-c-bfloat16",
            "**autoenc, C, mixed bfloat16**",
            "autoenc_train",
            {"backend": "c", "precision": "mixed_bfloat16"},
            cache | {"AUTOENC_BLAS": "openblas"},
            ("blas:openblas", "cpu:avx512_bf16"),
            precision="bfloat16",
        ),
        Entrant(
            "autoenc-xla",
            "**autoenc, XLA**",
            "autoenc_train",
            {"backend": "xla"},
            cache,
            devices=("cpu", "cuda"),
        ),
        Entrant(
            "autoenc-xla-tf32",
            "**autoenc, XLA, TF32**",
            "autoenc_train",
            {"backend": "xla", "precision": "tf32"},
            cache,
            devices=("cuda",),
            precision="tf32",
        ),
        Entrant(
            "autoenc-xla-bfloat16",
            "**autoenc, XLA, mixed bfloat16**",
            "autoenc_train",
            {"backend": "xla", "precision": "mixed_bfloat16"},
            cache,
            devices=("cpu", "cuda"),
            precision="bfloat16",
        ),
        Entrant(
            "autoenc-numba",
            "**autoenc, Numba**",
            "autoenc_train",
            {"backend": "numba"},
            cache,
            ("numba",),
        ),
    ]


def floors() -> list[Entrant]:
    """Return competitors that compute only the matrix products."""
    xla = "*the five products alone, XLA*"
    return [
        *(
            Entrant(
                f"floor-{blas}",
                f"*the five products alone, {title}*",
                "floor",
                {"blas": blas},
                MKL,
                (f"blas:{blas}",),
            )
            for blas, title in BLAS_TITLES.items()
        ),
        Entrant("floor-xla", xla, "floor_xla", {}, JAX, ("jax",), ("cpu", "cuda")),
        Entrant(
            "floor-xla-tf32",
            f"{xla[:-1]}, TF32*",
            "floor_xla",
            {},
            JAX | {"JAX_DEFAULT_MATMUL_PRECISION": "tensorfloat32"},
            ("jax",),
            ("cuda",),
            "tf32",
        ),
        Entrant(
            "floor-xla-bfloat16",
            f"{xla[:-1]}, mixed bfloat16*",
            "floor_xla",
            {"precision": "bfloat16"},
            JAX,
            ("jax",),
            ("cuda",),
            "bfloat16",
        ),
    ]


def present(entrants: Sequence[Entrant]) -> tuple[list[Entrant], dict[str, str]]:
    """Return the competitors that can run here, and why the others cannot."""
    reasons = {entrant.name: absence(entrant) for entrant in entrants}
    here = [entrant for entrant in entrants if reasons[entrant.name] is None]
    return here, {name: reason for name, reason in reasons.items() if reason}


def absence(entrant: Entrant) -> str | None:
    """Return why a competitor cannot run here; None if it can."""
    if entrant.module in ("theano_loop", "theano_scripts"):
        return theano_absence(entrant.python)
    return entrant.missing()


def theano_absence(python: str) -> str | None:
    """Return why an interpreter cannot run Theano; None if it can."""
    if not python:
        return "no Python with Theano was given (--theano-python or $THEANO_PYTHON)"
    if shutil.which(python) is None:
        return f"{python} does not exist"
    probe = [python, "-c", "import importlib.util as u; assert u.find_spec('theano')"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        return f"{python} has no Theano"
    return None
