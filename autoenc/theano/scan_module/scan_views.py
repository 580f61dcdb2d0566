"""The names of ``theano.scan_module.scan_views``."""

from autoenc.theano.meaning.scanning import foldl, foldr, map, reduce, scan  # noqa: A004

__all__ = ["foldl", "foldr", "map", "reduce", "scan"]
