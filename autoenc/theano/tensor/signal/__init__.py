"""The names of ``theano.tensor.signal``."""

from autoenc.theano.names import resolver as _resolver

__getattr__ = _resolver("tensor.signal")
