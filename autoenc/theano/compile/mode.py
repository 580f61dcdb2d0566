"""The names of ``theano.compile.mode``."""

from autoenc.theano.meaning.modes import (
    FAST_COMPILE,
    FAST_RUN,
    get_default_mode,
    get_mode,
    instantiated_default_mode,
    register_mode,
)
from autoenc.theano.names import resolver as _resolver

__all__ = [
    "FAST_COMPILE",
    "FAST_RUN",
    "get_default_mode",
    "get_mode",
    "instantiated_default_mode",
    "register_mode",
]

__getattr__ = _resolver("compile.mode")
