"""Whether defaults that were chosen on some data sets are good on others.

Defaults of `AutoEncoderDetector` were chosen on the sets that the benchmark reports. Here settings
are chosen on random halves of the data sets and evaluated on the other halves, so that no data set
influences the settings with which it is evaluated.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import roc_auc_score

from autoenc import AutoEncoderDetector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.anomalies import Split

    Array = np.ndarray[Any, Any]

# Settings that require a new fit, and settings that only affect the surprise. Both include the
# defaults.
FITTED: dict[str, Sequence[Any]] = {
    "n_hidden": (64, 128),
    "seen": (0.25, 0.5, 0.75),
    "n_updates": (100, 200, 400),
}
COUNTED: dict[str, Sequence[Any]] = {"n_bins": (10, 20, 40), "dependence": (0.35, 0.7, 1.4)}
N_HALVES = 200


def chosen_on_halves(splits: Sequence[Split]) -> str:
    """Choose settings on half of the data sets, many times; describe their scores on the rest."""
    names = list(dict.fromkeys(split.name for split in splits))
    grid, aucs = auc_of_all_settings(splits, names)
    defaults = AutoEncoderDetector().get_params()
    default = grid.index({n: defaults[n] for n in (*FITTED, *COUNTED)})
    rng, chosen, best = np.random.default_rng(0), [], []
    for _ in range(N_HALVES):
        order = rng.permutation(len(names))
        half, others = np.split(order, [len(names) // 2])
        best.append(int(aucs[:, half].mean(axis=1).argmax()))
        chosen.append([aucs[best[-1], others].mean(), aucs[default, others].mean()])
    theirs, own = np.mean(chosen, axis=0)
    low, high = aucs.mean(axis=1).min(), aucs.mean(axis=1).max()
    usual = grid[max(set(best), key=best.count)]
    return (
        f"Of {len(grid)} combinations of settings, the best on one half of the sets has a mean "
        f"ROC AUC of **{theirs:.3f}** on the other half, and the defaults **{own:.3f}** (means of "
        f"{N_HALVES} random halves, splits of seeds {splits[0].seed} to {splits[-1].seed}). The "
        f"means over all sets are from {low:.3f} to {high:.3f}; chosen most often: {shown(usual)}."
    )


def auc_of_all_settings(
    splits: Sequence[Split], names: list[str]
) -> tuple[list[dict[str, Any]], Array]:
    """Return all combinations of settings, and the mean AUC of each on each data set."""
    grid = combinations({**FITTED, **COUNTED})
    totals = np.zeros((len(grid), len(names)))
    for split in splits:
        found = [auc for settings in combinations(FITTED) for auc in aucs_of(settings, split)]
        totals[:, names.index(split.name)] += found
    return grid, totals / (len(splits) / len(names))


def aucs_of(settings: dict[str, Any], split: Split) -> list[float]:
    """Fit once, and compute the AUC for each combination of settings of the surprise."""
    detector = AutoEncoderDetector(None, random_state=split.seed, verbose=False, **settings)
    model = detector.fit(split.train).model_
    found = [model.calibrated(split.train, None, **how) for how in combinations(COUNTED)]
    return [float(roc_auc_score(split.labels, one.score_samples(split.test))) for one in found]


def combinations(of: dict[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return all combinations of values; the last setting varies fastest."""
    return [dict(zip(of, values, strict=True)) for values in product(*of.values())]


def shown(settings: dict[str, Any]) -> str:
    """Return settings in the form of keyword arguments."""
    return ", ".join(f"`{name}={value}`" for name, value in settings.items())
