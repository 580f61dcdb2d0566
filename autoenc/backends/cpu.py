"""What kind of processor this is, as far as choosing a backend needs it."""

from __future__ import annotations

import functools
import os
import platform
from pathlib import Path


def cpu_vendor() -> str:
    """Vendor as the processor names itself, such as "GenuineIntel", else its family."""
    return _cpu_info().get("vendor_id", platform.machine())


def cpu_model() -> str:
    """Model as the processor names itself, with its family; else what the system knows."""
    info = _cpu_info()
    name = info.get("model name", platform.processor() or platform.machine())
    if "cpu family" not in info:
        return name
    return f"{name} (family {info['cpu family']}, model {info.get('model', '?')})"


def cpu_kind() -> str:
    """Return what code compiled for this processor depends on: its model and its features.

    A virtual machine can hide features of the model that it names.
    """
    flags = _cpu_info().get("flags") or _cpu_info().get("Features", "")
    return f"{cpu_model()} {' '.join(sorted(flags.split()))}"


def has_cpu_flag(flag: str) -> bool:
    """Whether the processor has a feature, by Linux's name for it."""
    return flag in _cpu_info().get("flags", "").split()


def usable_threads() -> int:
    """Return how many threads a backend uses: processors, and the limits set for libraries."""
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    limits = [os.environ.get(f"{name}_NUM_THREADS", "") for name in ("OMP", "OPENBLAS", "MKL")]
    return min([threads or 1, *(int(limit) for limit in limits if limit.isdigit() and int(limit))])


@functools.cache
def _cpu_info() -> dict[str, str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return {}
    lines = (line.partition(":") for line in text.split("\n\n", 1)[0].splitlines())
    return {key.strip(): value.strip() for key, _, value in lines}
