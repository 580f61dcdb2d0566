"""Files and generators to NumPy arrays; nothing symbolic.

>>> train, valid, test = load_mnist(sample=True)
>>> train.images.shape, train.labels.shape
((5000, 784), (5000,))
"""

from autoenc.datasets.errors import (
    DatasetDownloadError,
    DatasetFormatError,
    DatasetNotFoundError,
)
from autoenc.datasets.mnist import load_mnist
from autoenc.datasets.splits import Mnist, Split

__all__ = [
    "DatasetDownloadError",
    "DatasetFormatError",
    "DatasetNotFoundError",
    "Mnist",
    "Split",
    "load_mnist",
]
