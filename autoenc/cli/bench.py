"""`autoenc bench`: measure the speed of a training step."""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from autoenc.cli.parsing import names, new_parser

EXAMPLES = """\
  autoenc bench
  autoenc bench --backends c,xla,numba

A model of 784 columns and 500 units is trained on random numbers with each backend. For
comparison, the five matrix products of a step are timed alone in NumPy, and the same step in
PyTorch if it is installed. Each time is that of the fastest epoch. It takes ten to twenty seconds;
Numba takes longer to compile. docs/benchmarks.md has careful measurements."""
BATCH_SIZES = (20, 500)


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command."""
    parser = new_parser(
        commands, "bench", "measure the speed of training on this machine", EXAMPLES
    )
    parser.add_argument(
        "--backends",
        type=names,
        default=("c", "xla"),
        metavar="A,B",
        help="backends to measure, of c, xla and numba (default: c,xla)",
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Measure and print a table."""
    from autoenc.backends import BACKENDS

    unknown = [name for name in options.backends if name not in BACKENDS]
    if unknown:
        raise ValueError(
            f"backend {unknown[0]!r} is not known; expected some of {', '.join(BACKENDS)}."
        )
    print(f"{'':36}{'rows':>6}{'µs per minibatch':>18}{'rows per second':>17}")
    for name, batch_size, found in _measurements(options.backends):
        if isinstance(found, str):
            print(f"{name:36}{found}", flush=True)
        else:
            rate = 1e6 * batch_size / found
            print(f"{name:36}{batch_size:6}{found:18,.0f}{rate:17,.0f}", flush=True)
    return 0


def _measurements(backends: tuple[str, ...]) -> Iterator[tuple[str, int, float | str]]:
    """Yield a name, the rows of a minibatch, and the µs or the reason for not measuring them."""
    from autoenc.backends import BackendError, resolve_backend
    from autoenc.cli.probes import product_microseconds, step_microseconds

    for backend in backends:
        try:
            name = resolve_backend(backend).description
        except BackendError as error:
            yield f"autoenc, {backend}", 0, str(error)
            continue
        for batch_size in BATCH_SIZES:
            yield _brief(f"autoenc, {name}"), batch_size, step_microseconds(batch_size, backend)
    for batch_size in BATCH_SIZES:
        yield "NumPy, products alone", batch_size, product_microseconds(batch_size)
    if importlib.util.find_spec("torch"):
        import torch

        for batch_size in BATCH_SIZES:
            yield f"PyTorch {torch.__version__}", batch_size, torch_microseconds(batch_size)


def torch_microseconds(batch_size: int, seconds: float = 1.0) -> float:
    """Time the same step in PyTorch for `seconds`; return the time of the fastest step."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    generator = torch.Generator().manual_seed(0)
    x = torch.rand(batch_size, 784, generator=generator)
    limit = 4 * np.sqrt(6 / (784 + 500))
    w = ((2 * torch.rand(784, 500, generator=generator) - 1) * limit).requires_grad_()
    hidden_bias = torch.zeros(500, requires_grad=True)
    visible_bias = torch.zeros(784, requires_grad=True)
    sgd = torch.optim.SGD([w, hidden_bias, visible_bias], lr=0.1)
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        logits = torch.sigmoid(x @ w + hidden_bias) @ w.T + visible_bias
        cost = binary_cross_entropy_with_logits(logits, x, reduction="sum") / batch_size
        sgd.zero_grad()
        cost.backward()
        sgd.step()
        times.append(time.perf_counter() - start)
    return 1e6 * min(times)


def _brief(name: str, width: int = 34) -> str:
    return name if len(name) <= width else f"{name[: width - 1]}…"
