"""The names of ``theano.tensor.opt``."""

from pytensor.raise_op import Assert

from autoenc.theano.names import resolver as _resolver

assert_ = assert_op = Assert()

__getattr__ = _resolver("tensor.opt")
