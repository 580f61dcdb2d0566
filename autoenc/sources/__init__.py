"""Rows of any format that are read on demand, so that they may be larger than memory.

>>> import numpy as np
>>> source = open_source(np.arange(12.0).reshape(4, 3))
>>> summary = summarize(source)
>>> summary.minimum, summary.mean
(array([0., 1., 2.]), array([4.5, 5.5, 6.5]))
"""

from autoenc.sources.opening import (
    ARRAYS,
    IN_PARTS,
    open_source,
    opened,
    stored_columns,
    within,
)
from autoenc.sources.reader import Reader, SourceError, first_lost, refuse_masked
from autoenc.sources.selected import Numbers
from autoenc.sources.sizes import bytes_of
from autoenc.sources.source import Source
from autoenc.sources.spool import spooled
from autoenc.sources.stored_arrays import UndecidedError
from autoenc.sources.summary import Summary, summarize

__all__ = [
    "ARRAYS",
    "IN_PARTS",
    "Numbers",
    "Reader",
    "Source",
    "SourceError",
    "Summary",
    "UndecidedError",
    "bytes_of",
    "first_lost",
    "open_source",
    "opened",
    "refuse_masked",
    "spooled",
    "stored_columns",
    "summarize",
    "within",
]
