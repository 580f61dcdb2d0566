"""The names of ``theano.tensor.nnet``."""

from autoenc.theano.names import resolver as _resolver

__getattr__ = _resolver("tensor.nnet")
