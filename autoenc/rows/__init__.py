"""Input data, checked and converted to blocks of numbers. No model is known here.

>>> import numpy as np
>>> from autoenc.rows import check_weights
>>> check_weights([1, 3], n_rows=2)
array([1., 3.])
"""

from autoenc.rows.refusals import ROUNDING, DomainWarning
from autoenc.rows.weights import check_weights

__all__ = ["ROUNDING", "DomainWarning", "check_weights"]
