"""Data sets as NumPy arrays, from files and generators.

>>> train, valid, test = load_mnist(sample=True)
>>> train.images.shape, train.labels.shape
((5000, 784), (5000,))
"""

from autoenc.datasets.digits import load_digits
from autoenc.datasets.donuts import Donuts, load_donuts, make_donuts
from autoenc.datasets.errors import (
    DatasetDownloadError,
    DatasetFormatError,
    DatasetNotFoundError,
)
from autoenc.datasets.mnist import load_mnist
from autoenc.datasets.pickles import read_pickle, read_pickles
from autoenc.datasets.splits import Mnist, Split

__all__ = [
    "DatasetDownloadError",
    "DatasetFormatError",
    "DatasetNotFoundError",
    "Donuts",
    "Mnist",
    "Split",
    "load_digits",
    "load_donuts",
    "load_mnist",
    "make_donuts",
    "read_pickle",
    "read_pickles",
]
