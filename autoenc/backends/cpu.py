"""The kind of processor, as far as the choice of a backend depends on it."""

from __future__ import annotations

import functools
import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
PROCESS_GROUPS = Path("/proc/self/cgroup")


def cpu_vendor() -> str:
    """Return the vendor as reported by the processor, such as "GenuineIntel", or its family."""
    return _cpu_info().get("vendor_id", platform.machine())


def cpu_model() -> str:
    """Return the model and family as reported by the processor, or what the system reports."""
    info = _cpu_info()
    name = info.get("model name") or platform.processor() or platform.machine()
    if "cpu family" not in info:
        return name
    return f"{name} (family {info['cpu family']}, model {info.get('model', '?')})"


def cpu_kind() -> str:
    """Return the properties on which code compiled for this processor depends: model and features.

    A virtual machine can hide features of the model that it reports.
    """
    flags = _cpu_info().get("flags") or _cpu_info().get("Features", "")
    return f"{cpu_model()} {' '.join(sorted(flags.split()))}"


def has_cpu_flag(flag: str) -> bool:
    """Return whether the processor has a feature, given Linux's name of it."""
    return flag in _cpu_info().get("flags", "").split()


def usable_threads() -> int:
    """Return the number of threads that a backend uses.

    It is the number of processors that this process may use, limited by a container's quota of
    processor time and by limits set for libraries, such as ``OMP_NUM_THREADS``.

    Returns
    -------
    int
        Number of threads, at least 1.
    """
    limits = [os.environ.get(f"{name}_NUM_THREADS", "") for name in ("OMP", "OPENBLAS", "MKL")]
    allowed = [int(limit) for limit in limits if limit.isdigit() and int(limit)]
    return min([usable_processors(), *allowed])


def cpu_quota() -> int | None:
    """Return the number of processors of a container's quota, at least 1; None without a quota."""
    return min((max(int(quota), 1) for quota in _quotas()), default=None)


def usable_processors() -> int:
    """Return the number of processors that affinity and a container's quota allow."""
    quota = cpu_quota()
    return processors() if quota is None else min(processors(), quota)


def processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quotas() -> Iterator[float]:
    """Yield the quotas of the control groups of this process, in processors."""
    for folder in _groups(CGROUPS):
        with suppress(OSError, ValueError):
            quota, period = _text(folder / "cpu.max").split()
            yield int(quota) / int(period)  # fails for "max", which is not a number
        with suppress(OSError, ValueError):
            if (microseconds := int(_text(folder / "cpu.cfs_quota_us"))) > 0:
                yield microseconds / int(_text(folder / "cpu.cfs_period_us"))


def _text(path: Path) -> str:
    return path.read_text(encoding="ascii")


def _groups(root: Path) -> Iterator[Path]:
    """Yield folders of control groups: all in version 2, those of the processor in version 1."""
    try:
        lines = PROCESS_GROUPS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = root / "cpu" if controllers else root
        yield top
        folder = top / path.lstrip("/")
        yield from (place for place in (folder, *folder.parents) if top in place.parents)


@functools.cache
def _cpu_info() -> dict[str, str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return {}
    lines = (line.partition(":") for line in text.split("\n\n", 1)[0].splitlines())
    return {key.strip(): value.strip() for key, _, value in lines}
