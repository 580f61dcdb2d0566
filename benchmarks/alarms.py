"""False alarms of `AutoEncoderDetector`: whether its p-values are valid for normal rows."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import betabinom

from autoenc import AutoEncoderDetector
from benchmarks import report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.anomalies import Split

    Array = np.ndarray[Any, Any]

LEVEL = 0.05
# Probability that the number of false alarms is within the limits if p-values are valid.
WITHIN = 0.99


def table_of_alarms(splits: Sequence[Split]) -> str:
    """Return a table of the false alarms of each data set, with the expected limits."""
    found = defaultdict(list)
    for split in splits:
        found[split.name].append(alarms_of(split))
    rows = []
    for name, runs in found.items():
        counts, sizes, low, high = np.array(runs).T
        within = np.mean(counts <= high)
        rows.append(
            [name, f"{sizes.mean():,.0f}", f"{100 * (counts / sizes).mean():.1f}",
             f"{100 * (low / sizes).mean():.1f} to {100 * (high / sizes).mean():.1f}",
             f"{within * len(runs):.0f} of {len(runs)}"]
        )  # fmt: skip
    every = np.concatenate([np.array(runs) for runs in found.values()])
    rate = 100 * (every[:, 0] / every[:, 1]).mean()
    above, below = (every[:, 0] > every[:, 3]).sum(), (every[:, 0] < every[:, 2]).sum()
    heading = ["set", "new rows", "false alarms, %", f"limits of {WITHIN:.0%}", "not above them"]
    return (
        f"Detectors are fitted on the same rows, and calibrated on one half of the normal rows of "
        f"the test part. Of the other half, {rate:.2f} % have p ≤ {LEVEL} (mean). Runs above the "
        f"beta-binomial limits: {above} of {len(every)}; below them: {below}. Equal scores make "
        f"p-values larger.\n\n{report.table(heading, rows)}"
    )


def alarms_of(split: Split) -> tuple[int, int, int, int]:
    """Return the number of false alarms, the number of new rows, and the limits of the former."""
    normal = np.random.default_rng(split.seed).permutation(split.test[split.labels == 0])
    known, new = np.array_split(normal, 2)
    detector = AutoEncoderDetector(None, random_state=split.seed, verbose=False)
    p = detector.fit(split.train, calibration=known).p_values(new)
    return int((p <= LEVEL).sum()), len(new), *limits(len(known), len(new))


def limits(n_known: int, n_new: int) -> tuple[int, int]:
    """Return the limits of the number of new rows with a p-value of at most the level.

    The fraction of normal rows at least as anomalous as the j-th of n calibration rows has the
    distribution Beta(j, n + 1 - j), where j is the number of ranks with such p-values.
    """
    j = int(LEVEL * (n_known + 1))
    if j == 0:  # the least p-value is above the level
        return 0, 0
    low, high = betabinom(n_new, j, n_known + 1 - j).interval(WITHIN)
    return int(low), int(high)
