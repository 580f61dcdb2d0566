"""Theano's functions: compiled graphs with defaults, named outputs and state."""

from autoenc.theano.functions.compiling import function
from autoenc.theano.functions.inputs import In, Param
from autoenc.theano.functions.runtime import Function

__all__ = ["Function", "In", "Param", "function"]
