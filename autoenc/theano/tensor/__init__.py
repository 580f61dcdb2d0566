"""The names of ``theano.tensor``."""

from autoenc.theano.meaning.dtypes import constructors as _constructors
from autoenc.theano.meaning.sharing import shared as _shared  # noqa: F401 - Theano had it here
from autoenc.theano.names import resolver as _resolver

# One constructor for each dtype and number of dimensions: fmatrix, lscalars ...
globals().update(_constructors())

__getattr__ = _resolver("tensor")
