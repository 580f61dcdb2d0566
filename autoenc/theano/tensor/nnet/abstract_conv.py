"""The names of ``theano.tensor.nnet.abstract_conv``."""

from autoenc.theano.names import resolver as _resolver
from autoenc.theano.ops.conv import abstract_conv2d as conv2d

__all__ = ["conv2d"]

__getattr__ = _resolver("tensor.nnet.abstract_conv")
