"""Who runs: the competitors, how each is started, and which are here."""

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

# The others that call MKL shall have what autoenc chooses for itself.
MKL = mkl_environment()
BLAS_TITLES = {"mkl": "MKL", "openblas": "scipy-openblas32"}
# What a workplace may have set so that numbers are the same on all of its machines, at the cost of
# the instructions that this one has; and what chooses autoenc's backend.
PINNED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "MKL_CBWR", "AUTOENC_BACKEND", "THEANO_FLAGS")
THEANO_FLAGS = "floatX=float32,base_compiledir={cache},blas.ldflags="
# Whoever calls JAX keeps compiled code, however quickly it was compiled, and multiplies in full
# float32 on a GPU too, as autoenc and PyTorch do.
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
        What ``--only`` calls it, and what the report says of it.
    module : str
        Its worker, in `benchmarks.competitors`.
    options : dict
        What its worker is told beyond the common task.
    environment : dict
        Variables of its process; ``{cache}`` stands for a folder that the driver makes.
    needs : tuple of str
        Modules and, as ``blas:name`` and ``cpu:name``, BLAS libraries and features of the
        processor without which it is left out.
    devices : tuple of str
        Where it takes part.
    precision : str
        Of its products; how near its costs must come to the others'.
    python : str
        The interpreter it runs under.
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
        """Whether it is autoenc."""
        return self.name.startswith("autoenc")

    @property
    def keeps_compiled_code(self) -> bool:
        """Whether what it compiles stays on the disk for its next process."""
        return any("{cache}" in value for value in self.environment.values())

    def environment_with(self, cache: str) -> dict[str, str]:
        """Return the whole environment of its process."""
        # Nobody inherits somebody else's settings.
        inherited = {k: v for k, v in os.environ.items() if k not in PINNED}
        own = {key: value.format(cache=cache) for key, value in self.environment.items()}
        return {**inherited, **own}

    def missing(self) -> str | None:
        """Return what it needs and this machine lacks, or None."""
        return next((reason for need in self.needs if (reason := lack(need))), None)

    def masked(self, corruption: float) -> Entrant:
        """Return the same competitor with that share of its input masked."""
        return replace(
            self,
            name=f"{self.name}, masks",
            description=f"{self.description}, {corruption:.0%} masked",
            options={**self.options, "corruption": str(corruption)},
        )


def lack(need: str) -> str | None:
    """Return why ``need`` is not satisfied here, or None if it is."""
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
    """Return all competitors, on any device, present or not."""
    return [*rivals(), *theanos(theano_python), *ours(), *floors()]


def rivals() -> list[Entrant]:
    """Return what is used today instead of Theano."""
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
    """Return PyTorch, one way of it."""
    cache = {"TORCHINDUCTOR_CACHE_DIR": "{cache}"} if "compile" in options else {}
    precision = "bfloat16" if "bfloat16" in options else "float32"
    return Entrant(name, description, "torch_loop", options, cache, ("torch",), devices, precision)


def theanos(python: str | None) -> list[Entrant]:
    """Return Theano with the BLAS that its users had and, if it is here, with MKL."""
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
    """Return what Theano's linker has to be told; commas separate Theano's own flags."""
    return rf"-L{path.parent} -l:{path.name} -Wl\,-rpath\,{path.parent}"


def ours() -> list[Entrant]:
    """Return autoenc on each backend; what is in `options` becomes arguments of ``train``."""
    # Everything that autoenc keeps is in its cache folder.
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
    """Return the matrix products alone."""
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
    """Return those that can run here, and why the others cannot."""
    reasons = {entrant.name: absence(entrant) for entrant in entrants}
    here = [entrant for entrant in entrants if reasons[entrant.name] is None]
    return here, {name: reason for name, reason in reasons.items() if reason}


def absence(entrant: Entrant) -> str | None:
    """Return why ``entrant`` cannot run here, or None."""
    if entrant.module in ("theano_loop", "theano_scripts"):
        return theano_absence(entrant.python)
    return entrant.missing()


def theano_absence(python: str) -> str | None:
    """Return why ``python`` cannot run Theano, or None."""
    if not python:
        return "no Python with Theano was named (--theano-python or $THEANO_PYTHON)"
    if shutil.which(python) is None:
        return f"{python} is not there"
    probe = [python, "-c", "import importlib.util as u; assert u.find_spec('theano')"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        return f"{python} has no Theano"
    return None
