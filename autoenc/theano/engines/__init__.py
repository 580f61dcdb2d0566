"""Engines for functions of Theano: C, XLA, or a requested mode of PyTensor."""

from autoenc.theano.engines.base import Engine
from autoenc.theano.engines.choice import compiling, default_mode, engine_for

__all__ = ["Engine", "compiling", "default_mode", "engine_for"]
