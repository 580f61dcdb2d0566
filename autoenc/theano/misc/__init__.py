"""The names of ``theano.misc``."""

from autoenc.theano.names import resolver as _resolver

__getattr__ = _resolver("misc")
