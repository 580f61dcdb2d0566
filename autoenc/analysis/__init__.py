"""Evaluation of models: comparison with baselines, unit statistics, reports, anomalies.

The functions accept fitted models of any class: a fitted autoencoder has weights `W_`, a stack has
`layers_`, and both have `transform`, `inverse_transform` and `reconstruct`.

>>> from autoenc import AutoEncoder, load_mnist
>>> from autoenc.analysis import AnomalyDetector, report
>>> train, valid, test = load_mnist(sample=True)
>>> model = AutoEncoder(32, n_epochs=1, random_state=0, verbose=False).fit(train.images)
>>> len(report(model, test.images).advice) > 0
True
>>> AnomalyDetector(model).fit(valid.images).predict(1 - test.images[:3])
array([-1, -1, -1])
"""

from autoenc.analysis.access import column_errors
from autoenc.analysis.anomalies import AnomalyDetector
from autoenc.analysis.evaluation import LayerReport, Report, report
from autoenc.analysis.histories import History, summarize
from autoenc.analysis.units import UnitHealth, error_shares, participation_ratio, unit_health
from autoenc.analysis.yardsticks import Errors, Yardsticks, untrained, yardsticks
from autoenc.models.surprise import Surprise

__all__ = [
    "AnomalyDetector",
    "Errors",
    "History",
    "LayerReport",
    "Report",
    "Surprise",
    "UnitHealth",
    "Yardsticks",
    "column_errors",
    "error_shares",
    "participation_ratio",
    "report",
    "summarize",
    "unit_health",
    "untrained",
    "yardsticks",
]
