"""The names of ``theano.tensor.signal.conv``."""

from autoenc.theano.meaning.images import conv2d_of_planes as conv2d
from autoenc.theano.names import resolver as _resolver

__all__ = ["conv2d"]

__getattr__ = _resolver("tensor.signal.conv")
