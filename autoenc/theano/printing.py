"""The names of ``theano.printing``."""

from autoenc.theano.names import resolver as _resolver

__getattr__ = _resolver("printing")
