"""The names of ``theano.compile.function_module``."""

from autoenc.theano.functions import Function, In
from autoenc.theano.names import resolver as _resolver

__all__ = ["Function", "In"]

__getattr__ = _resolver("compile.function_module")
