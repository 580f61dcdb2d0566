"""Report on a model as a single HTML page, which needs no network.

>>> import numpy as np
>>> from autoenc import AutoEncoder
>>> X = np.random.default_rng(0).uniform(size=(60, 4))
>>> model = AutoEncoder(2, n_epochs=2, random_state=0, verbose=False).fit(X)
>>> page = render_report(Subject(model, X, columns=("a", "b", "c", "d")))
>>> page.startswith("<!DOCTYPE html>"), "http://" in page.partition("</head>")[0]
(True, False)
"""

from autoenc.reports.page import render_report, write_report
from autoenc.reports.subject import Subject

__all__ = ["Subject", "render_report", "write_report"]
