"""The names of ``theano.sandbox``."""

from autoenc.theano.names import resolver as _resolver

__getattr__ = _resolver("sandbox")
