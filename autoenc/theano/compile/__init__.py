"""The names of ``theano.compile``."""

from pytensor.compile.io import Out

from autoenc.theano.functions import Function, In, Param, function
from autoenc.theano.meaning.modes import (
    FAST_COMPILE,
    FAST_RUN,
    get_default_mode,
    get_mode,
    register_mode,
)
from autoenc.theano.meaning.sharing import shared, shared_constructor
from autoenc.theano.names import resolver as _resolver

__all__ = [
    "FAST_COMPILE",
    "FAST_RUN",
    "Function",
    "In",
    "Out",
    "Param",
    "function",
    "get_default_mode",
    "get_mode",
    "register_mode",
    "shared",
    "shared_constructor",
]

__getattr__ = _resolver("compile")
