"""The checks of `autoenc doctor`. Each function is one check and yields what it found."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autoenc.configuration import read_settings
from autoenc.folders import cache_folder

OK, ADVICE, BROKEN = "ok", "advice", "broken"
# OpenBLAS's names for kernels of x86-64 without AVX-512.
WITHOUT_AVX512 = ("Nehalem", "Sandybridge", "Haswell", "Zen", "Excavator", "Steamroller")

N_VISIBLE, N_HIDDEN, BATCH = 784, 500, 20
# A training step does more than its five products, but should not take several times as long.
SLOW = 4.0
# Every combination of versions, compiler flags and processor has folders of its own.
LARGE_CACHE = 2 * 2**30


@dataclass(frozen=True)
class Finding:
    """Result of a check.

    Attributes
    ----------
    status : {"ok", "advice", "broken"}
    text : str
        What was found and, unless all is well, what to do.
    """

    status: str
    text: str


def check_backend() -> Iterator[Finding]:
    """Resolve the backend."""
    from autoenc.backends import BackendError, resolve_backend

    try:
        backend = resolve_backend()
    except (BackendError, ValueError) as error:
        yield Finding(BROKEN, f"no backend: {error}")
        return
    yield Finding(OK, f"runs on {backend.description}, because {backend.reason}")


def check_devices() -> Iterator[Finding]:
    """Find a GPU that is present but not used."""
    if shutil.which("nvidia-smi") is None:
        return
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    cards = [line for line in listed.stdout.splitlines() if line.startswith("GPU")]
    if not cards:
        return
    from autoenc.backends import resolve_backend

    description = resolve_backend().description
    if "cuda" in description.lower() or "gpu" in description.lower():
        yield Finding(OK, f"{len(cards)} GPU: {cards[0]}")
    elif read_settings().device == "cpu":
        yield Finding(ADVICE, f"{cards[0]} is idle: device=cpu in .theanorc or THEANO_FLAGS")
    else:
        yield Finding(ADVICE, f'{cards[0]} is idle: JAX has no CUDA; pip install "autoenc[cuda]"')


def check_precision() -> Iterator[Finding]:
    """Report the precision and where it was set."""
    from pytensor import config

    chosen = read_settings().floatX
    origin = "by .theanorc or THEANO_FLAGS" if chosen else "by default"
    if config.floatX == "float64":
        yield Finding(
            ADVICE,
            f"float64, chosen {origin}: float32 takes half the memory and about half the time",
        )
    else:
        yield Finding(OK, f"{config.floatX}, chosen {origin}")


def check_compiler() -> Iterator[Finding]:
    """Check what the C backend needs."""
    from autoenc.backends.c.blas import find_blas
    from autoenc.backends.c.compiler import compiler_trouble

    if trouble := compiler_trouble():
        yield Finding(ADVICE, f"the C backend is not available: {trouble}")
    blas = find_blas()
    if blas is None or blas.name == "system":
        yield Finding(
            ADVICE,
            f"{'no BLAS' if blas is None else blas.description} for C; pip install "
            "scipy-openblas32, or mkl on Intel's processors",
        )
    else:
        yield Finding(OK, f"C would link with {blas.description}")


def check_cache() -> Iterator[Finding]:
    """Measure the folder for compiled code, and advise to delete it if it is large."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        folder = cache_folder()
    for warning in said:
        yield Finding(ADVICE, str(warning.message))
    size = sum(map(_size, folder.rglob("*")))
    text = f"{size / 2**20:,.0f} MB of compiled code in {folder}"
    if size > LARGE_CACHE:
        yield Finding(ADVICE, f"{text}; delete the folder, autoenc recompiles what it needs")
    else:
        yield Finding(OK, text)


def check_numpy() -> Iterator[Finding]:
    """Report the BLAS of NumPy, and pools with more threads than processors."""
    from threadpoolctl import threadpool_info

    from autoenc.backends.cpu import usable_processors

    processors = usable_processors()
    # A product makes NumPy load its BLAS.
    np.ones((4, 4)) @ np.ones((4, 4))
    for pool in threadpool_info():
        name = f"{pool['internal_api']} {pool.get('version') or ''}".strip()
        if pool["num_threads"] > processors:
            yield Finding(
                ADVICE,
                f"{name} has {pool['num_threads']} threads on {processors} processors; set "
                f"OMP_NUM_THREADS={processors}",
            )
    blas = {
        f"{pool['internal_api']} {pool.get('version') or ''}".strip()
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    }
    yield Finding(OK, f"NumPy's BLAS: {', '.join(sorted(blas)) or 'unknown'}")
    yield Finding(OK, f"{processors} processors may be used")


def check_thread_settings() -> Iterator[Finding]:
    """Find environment variables that set more threads than there are processors."""
    from autoenc.backends.cpu import usable_processors

    processors = usable_processors()
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        value = os.environ.get(name, "")
        if value.isdigit() and int(value) > processors:
            yield Finding(
                ADVICE,
                f"{name}={value}, but {processors} processors may be used, so threads wait for "
                f"each other; set {name}={processors}",
            )


def check_kernel_settings() -> Iterator[Finding]:
    """Check whether OpenBLAS is restricted to older instructions than the processor has."""
    from autoenc.backends.cpu import has_cpu_flag

    pinned = os.environ.get("OPENBLAS_CORETYPE")
    if pinned in WITHOUT_AVX512 and has_cpu_flag("avx512f"):
        yield Finding(
            ADVICE,
            f"OPENBLAS_CORETYPE={pinned} keeps OpenBLAS from AVX-512: large products take twice "
            "as long; unset it",
        )


def check_gradient() -> Iterator[Finding]:
    """Compare the compiled gradient of a tiny model with finite differences."""
    worst = gradient_error()
    text = f"gradient against finite differences: relative error {worst:.1e}"
    yield Finding(OK if worst < 1e-5 else BROKEN, text)


def check_same_bytes() -> Iterator[Finding]:
    """Train a tiny model twice from one seed."""
    first, second = (_tiny_model(_rows(60, 16)).W_.tobytes() for _ in range(2))
    if first == second:
        yield Finding(OK, "the same seed gives the same bytes")
    else:
        yield Finding(BROKEN, "the same seed gives different bytes: results cannot be repeated")


def check_nan() -> Iterator[Finding]:
    """Check that a diverging training run stops with an error, and that NaN is refused."""
    from autoenc.training import DivergedError

    linear = {"activation": "linear", "output": "linear", "cost": "squared_error", "scale": None}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _tiny_model(_rows(60, 16), learning_rate=1e30, n_epochs=3, **linear)
    except DivergedError:
        yield Finding(OK, "a diverging training run is stopped")
    else:
        yield Finding(BROKEN, "a diverging training run is not detected")
    holed = _rows(60, 16)
    holed[3, 4] = np.nan
    try:
        _tiny_model(holed)
    except ValueError:
        yield Finding(OK, "NaN in the data is refused")
    else:
        yield Finding(BROKEN, "NaN in the data is not detected")


def check_speed() -> Iterator[Finding]:
    """Compare a training step with its five matrix products in bare NumPy."""
    step, products = step_microseconds(), product_microseconds(BATCH)
    text = (
        f"a step of {N_VISIBLE}-{N_HIDDEN} with {BATCH} rows takes {step:.0f} µs, NumPy's bare "
        f"products {products:.0f} µs"
    )
    if step > SLOW * products:
        yield Finding(
            ADVICE, f"{text}: is the machine busy, or the BLAS slow? `autoenc bench` says more"
        )
    else:
        yield Finding(OK, text)


# Check first what is installed, then whether it works.
CHECKS = (
    check_cache,  # first, because a folder that cannot be used causes only one warning
    check_backend,
    check_devices,
    check_precision,
    check_compiler,
    check_numpy,
    check_thread_settings,
    check_kernel_settings,
    check_gradient,
    check_same_bytes,
    check_nan,
    check_speed,
)


def _size(path: Path) -> int:
    """Return the size of a file; 0 if it is not a file, or if a compiler has just removed it."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


def gradient_error() -> float:
    """Return the largest error of the compiled gradient of a tiny model.

    The gradient is the change of the weights in one step of gradient descent with rate 1. The
    error is relative to the largest entry of the gradient.
    """
    from pytensor import config
    from pytensor import tensor as pt

    from autoenc.backends import resolve_backend
    from autoenc.graph import AutoEncoderLayer, sgd
    from autoenc.training import train

    rows = _rows(5, 6).astype(np.float64)
    with config.change_flags(floatX="float64"):
        x = pt.dmatrix("x")
        layer = AutoEncoderLayer(6, 4, rng=np.random.default_rng(0))
        costs = layer.cross_entropy(x)
        of_rows = resolve_backend().function([x], costs)
        start = layer.W.get_value()
        history = train(
            costs.mean(),
            sgd(costs.mean(), [layer.W], 1.0),
            inputs=[x],
            data=rows,
            batch_size=len(rows),
            n_epochs=1,
            progress=False,
        )
        _stop_if_interrupted(history)
        gradient = start - layer.W.get_value()

    def cost_at(weights: np.ndarray[Any, Any]) -> float:
        layer.W.set_value(weights)
        return float(of_rows(rows).mean())

    expected = np.zeros_like(start)
    for place in np.ndindex(*start.shape):
        step = np.zeros_like(start)
        step[place] = 1e-5
        expected[place] = (cost_at(start + step) - cost_at(start - step)) / 2e-5
    return float(np.abs(gradient - expected).max() / np.abs(expected).max())


def step_microseconds(batch_size: int = BATCH, backend: str = "auto", epochs: int = 6) -> float:
    """Return the time of a training step of `fit`, in the fastest epoch."""
    from autoenc.estimators import AutoEncoder

    rows = _rows(max(1_000, 4 * batch_size), N_VISIBLE)
    model = AutoEncoder(
        N_HIDDEN,
        batch_size=batch_size,
        n_epochs=epochs,
        random_state=0,
        backend=backend,
        verbose=False,
    ).fit(rows)
    _stop_if_interrupted(model.history_)
    rate = max(record["rows_per_second"] for record in model.history_)
    return float(1e6 * batch_size / rate)


def product_microseconds(batch_size: int, seconds: float = 0.5) -> float:
    """Return the time of the five matrix products of a step in NumPy, the fastest measured."""
    x, h = _rows(batch_size, N_VISIBLE), _rows(batch_size, N_HIDDEN)
    w = _rows(N_VISIBLE, N_HIDDEN)
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        _ = x @ w, h @ w.T, x @ w, x.T @ h, x.T @ h
        times.append(time.perf_counter() - start)
    return 1e6 * min(times)


def _stop_if_interrupted(history: list[dict[str, Any]]) -> None:
    """Raise KeyboardInterrupt if Ctrl-C stopped a training, which `fit` only records."""
    if any(record.get("interrupted") for record in history):
        raise KeyboardInterrupt


def _tiny_model(rows: np.ndarray[Any, Any], **settings: Any) -> Any:
    from autoenc.estimators import DenoisingAutoEncoder

    given = {"n_epochs": 2, "random_state": 0, "verbose": False} | settings
    model = DenoisingAutoEncoder(8, **given).fit(rows)
    _stop_if_interrupted(model.history_)
    return model


def _rows(n: int, columns: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).random((n, columns), np.float32)
