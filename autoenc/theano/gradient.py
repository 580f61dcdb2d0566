"""The names of ``theano.gradient``."""

from autoenc.theano.meaning.arithmetic import consider_constant
from autoenc.theano.names import resolver as _resolver

__all__ = ["consider_constant"]

__getattr__ = _resolver("gradient")
