"""The names of ``theano.scan_module.scan_utils``."""

from autoenc.theano.meaning.cloning import clone
from autoenc.theano.meaning.mapping import map_variables
from autoenc.theano.names import resolver as _resolver

__all__ = ["clone", "map_variables"]

__getattr__ = _resolver("scan_module.scan_utils")
