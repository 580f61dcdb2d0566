"""The names of ``theano.tensor.nnet.conv3d2d``."""

from autoenc.theano.names import resolver as _resolver
from autoenc.theano.ops.volumes import conv3d

__all__ = ["conv3d"]

__getattr__ = _resolver("tensor.nnet.conv3d2d")
