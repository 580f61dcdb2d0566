"""The names of ``theano.compile.io``."""

from autoenc.theano.functions import In
from autoenc.theano.names import resolver as _resolver

__all__ = ["In"]

__getattr__ = _resolver("compile.io")
