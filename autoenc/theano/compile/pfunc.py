"""The names of ``theano.compile.pfunc``."""

from autoenc.theano.functions import In, Param, function
from autoenc.theano.meaning.sharing import shared
from autoenc.theano.names import resolver as _resolver

pfunc = function

__all__ = ["In", "Param", "pfunc", "shared"]

__getattr__ = _resolver("compile.pfunc")
