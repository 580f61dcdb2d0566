"""The names of ``theano.tensor.signal.conv``."""

from autoenc.theano.names import resolver as _resolver
from autoenc.theano.ops.signal_conv import conv2d

__all__ = ["conv2d"]

__getattr__ = _resolver("tensor.signal.conv")
