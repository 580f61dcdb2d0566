"""Which engine a function of Theano's is compiled for: C, XLA, or a mode that was asked for."""

from autoenc.theano.engines.base import Engine
from autoenc.theano.engines.choice import compiling, default_mode, engine_for

__all__ = ["Engine", "compiling", "default_mode", "engine_for"]
