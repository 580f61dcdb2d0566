"""Test and measure autoenc on a GPU, with one command and without a network.

    python -m benchmarks.on_gpu --output out/gpu
    python -m benchmarks.on_gpu --device cpu --output out/gpu      the same, without a GPU

Every step has its own time limit, and its output is written to a file named after it. If a step
fails, the others still run. The tables are in ``benchmarks.md``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

TESTS = (
    "tests/backends/xla/test_device.py",
    "tests/backends/test_runners.py",
    "tests/graph/test_on_backends.py",
    "tests/parity",
    "tests/training/test_train.py",
    "tests/training/test_precision.py",
    "tests/estimators/test_autoencoders.py",
)
RIVALS = ("jax", "jax-tf32", "torch", "torch-graphs")
OURS = ("autoenc-xla", "autoenc-xla-tf32", "autoenc-xla-bfloat16")
PRODUCTS = ("floor-xla", "floor-xla-tf32", "floor-xla-bfloat16")


class Step(NamedTuple):
    """A step: the words of a command, and its time limit in seconds."""

    name: str
    words: list[str]
    seconds: int


def steps(device: str, output: Path, data: str | None, quick: bool) -> list[Step]:
    """Return all steps, the most important first."""
    given = ["--data", data] if data else []
    bench = ["-m", "benchmarks"]
    common = ["--device", device, "--output", str(output), *given, *(["--quick"] if quick else [])]
    only = ["--only", *(RIVALS[:1] + OURS[:1] if device == "cpu" else RIVALS + OURS + PRODUCTS)]
    sizes = [] if quick else ["--batch-sizes", "20", "500", "4096"]
    # If pytest-xdist is not installed, the tests run one after the other.
    many = ["-n", "8", "-p", "no:benchmark"] if device != "cpu" else []
    return [
        Step("doctor", ["-m", "autoenc", "doctor"], 60),
        Step(
            "tests",
            ["-m", "pytest", "-q", "-k", "not (numba or full_mnist) or device", *many, *TESTS],
            150,
        ),
        Step(
            "training",
            [*bench, "training", "--works", "784-500", "--rounds", "3", *sizes, *only, *common],
            240,
        ),
        Step("profile", ["-m", "benchmarks.profile_gpu", "--device", device], 60),
        Step("inference", [*bench, "inference", "--rounds", "2", *common], 60),
        Step("headline", ["examples/stacked.py", "--quiet", "--device", device,
                          *(["--full", *given] if data else [])], 120),
    ]  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Run the steps that the command line requests."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--output", type=Path, default=Path("out/gpu"))
    parser.add_argument("--data", help="MNIST; for the headline and the benchmarks")
    parser.add_argument("--only", nargs="+", help="names of steps")
    parser.add_argument("--quick", action="store_true", help="few rows and rounds")
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    todo = steps(options.device, options.output, options.data, options.quick)
    chosen = [step for step in todo if not options.only or step.name in options.only]
    failed = [step.name for step in chosen if run(step, options.device, options.output)]
    print(f"failed: {', '.join(failed) or 'nothing'}")
    sys.exit(bool(failed))


def run(step: Step, device: str, output: Path) -> int:
    """Run a step; print and return its exit status."""
    log = output / f"{step.name}.log"
    environment = os.environ | {
        "AUTOENC_TEST_DEVICE": device,
        "JAX_PLATFORMS": "cuda,cpu" if device == "cuda" else "cpu",
        # Several processes share the GPU.
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }
    started = time.perf_counter()
    with log.open("w", encoding="utf-8") as file:
        try:
            code = subprocess.run(
                [sys.executable, *step.words],
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
                timeout=step.seconds,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            code = 124
    seconds = time.perf_counter() - started
    print(f"== {step.name}: exit code {code}, {seconds:.0f} s; {log}", flush=True)
    return code


if __name__ == "__main__":
    main()
