"""The names of ``theano.tensor.basic``."""

from autoenc.theano.meaning.dtypes import constructors as _constructors
from autoenc.theano.names import resolver as _resolver

globals().update(_constructors())

__getattr__ = _resolver("tensor.basic")
