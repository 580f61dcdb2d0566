"""The names of ``theano.compile.sharedvalue``."""

from autoenc.theano.meaning.sharing import shared, shared_constructor
from autoenc.theano.names import resolver as _resolver

__all__ = ["shared", "shared_constructor"]

__getattr__ = _resolver("compile.sharedvalue")
