"""Check that processes that train together have the same data, start and settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from autoenc.backends import Processes
from autoenc.training.checkpoints import differences


def check_same(processes: Processes, training: Mapping[str, Any]) -> None:
    """Check that all processes describe the same training run.

    Parameters
    ----------
    processes : Processes
    training : mapping
        Everything that determines the result of the run, as JSON values.

    Raises
    ------
    ValueError
        In every process, if the runs differ. The message names a process and the differences.
    """
    digest = hashlib.sha256(json.dumps(training, sort_keys=True).encode()).digest()
    # Processes exchange float64, which represents 32-bit integers exactly.
    digests = processes.gather([int.from_bytes(digest[i : i + 4]) for i in range(0, 32, 4)])
    others = [rank for rank in range(processes.count) if (digests[rank] != digests[0]).any()]
    if not others:
        return
    first = processes.from_first(lambda: training)
    found = ""
    if processes.rank in others:
        found = f" Here: {'; '.join(differences(first, training))}."
    raise ValueError(
        f"process {others[0]} has a different training run than process 0; give all processes the "
        f"same data and arguments.{found}"
    )
