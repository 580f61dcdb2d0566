"""The names of ``theano.compile.function``."""

from autoenc.theano.functions import In, function
from autoenc.theano.names import resolver as _resolver

__all__ = ["In", "function"]

__getattr__ = _resolver("compile.function")
