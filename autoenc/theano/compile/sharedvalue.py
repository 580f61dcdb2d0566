"""The names of ``theano.compile.sharedvalue``."""

from autoenc.theano.meaning.sharing import shared
from autoenc.theano.names import resolver as _resolver

__all__ = ["shared"]

__getattr__ = _resolver("compile.sharedvalue")
