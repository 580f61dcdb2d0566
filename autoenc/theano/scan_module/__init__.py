"""The names of ``theano.scan_module``."""

from autoenc.theano.meaning.cloning import clone
from autoenc.theano.meaning.scanning import foldl, foldr, map, reduce, scan  # noqa: A004
from autoenc.theano.names import resolver as _resolver

__all__ = ["clone", "foldl", "foldr", "map", "reduce", "scan"]

__getattr__ = _resolver("scan_module")
