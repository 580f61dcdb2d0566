"""Results of the parts of `AutoEncoderDetector`'s score alone, from the same fitted layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from autoenc import AutoEncoderDetector
from benchmarks import report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.anomalies import Split

    Array = np.ndarray[Any, Any]

DEPENDENCES = (0.35, 0.7, 1.4)


def table_of_pieces(splits: Sequence[Split]) -> str:
    """Return the mean ROC AUC and average precision of each score, over splits and data sets."""
    found = [
        {name: judged(split.labels, scores) for name, scores in scores_of(split).items()}
        for split in splits
    ]
    means = {name: np.mean([one[name] for one in found], axis=0) for name in found[0]}
    rows = [[name, f"{auc:.3f}", f"{precision:.3f}"] for name, (auc, precision) in means.items()]
    return report.table(["score", "ROC AUC", "average precision"], rows)


def judged(labels: Array, scores: Array) -> tuple[float, float]:
    """Return the ROC AUC and the average precision."""
    return float(roc_auc_score(labels, scores)), float(average_precision_score(labels, scores))


def scores_of(split: Split) -> dict[str, Array]:
    """Fit once, and score the test rows by each part alone and by both together."""
    detector = AutoEncoderDetector(None, random_state=split.seed, verbose=False)
    model = detector.fit(split.train).model_

    def rarity(dependence: float) -> Array:
        counted = model.calibrated(
            split.train, None, n_bins=detector.n_bins, dependence=dependence
        )
        return counted.score_samples(split.test)

    train, test = (
        model.apply("views", model.incoming(rows, compared=False))
        for rows in (split.train, split.test)
    )
    spread = np.maximum(train.std(axis=0), 1e-6)
    values, residuals = np.split(np.square(test / spread), 2, axis=1)
    return {
        "squared values in standard units": values.sum(axis=1),
        "squared residuals in standard units": residuals.sum(axis=1),
        "surprise of values alone (`dependence=0`)": rarity(0),
        "surprise of residuals alone": rarity(1) - rarity(0),
        **{f"both, `dependence={weight}`": rarity(weight) for weight in DEPENDENCES},
    }
