"""The names of ``theano.compile.pfunc``."""

from typing import Any

from autoenc.theano.functions import Function, In, Param, function
from autoenc.theano.meaning.sharing import shared
from autoenc.theano.names import resolver as _resolver

__all__ = ["In", "Param", "pfunc", "shared"]


def pfunc(params: Any, *arguments: Any, output_keys: Any = None, **more: Any) -> Function:
    """Compile a graph to a function, as `theano.function` does, of the inputs `params`."""
    if output_keys is not None:
        raise ValueError("Pass a dictionary of outputs instead of output_keys.")
    return function(params, *arguments, **more)


__getattr__ = _resolver("compile.pfunc")
