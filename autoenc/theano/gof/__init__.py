"""The names of ``theano.gof``: graphs and operations."""

from autoenc.theano.meaning.operations import Op, PureOp
from autoenc.theano.names import resolver as _resolver

__all__ = ["Op", "PureOp"]

__getattr__ = _resolver("gof")
