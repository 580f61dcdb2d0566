"""The names of ``theano.compile``."""

# The function of the same name is to win over the module.
from pytensor.compile.io import Out

import autoenc.theano.compile.function  # noqa: F401
from autoenc.theano.functions import Function, In, Param, function
from autoenc.theano.meaning.modes import FAST_COMPILE, FAST_RUN, get_default_mode, get_mode
from autoenc.theano.meaning.sharing import shared
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
    "shared",
]

__getattr__ = _resolver("compile")
