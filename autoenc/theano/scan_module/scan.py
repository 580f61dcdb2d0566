"""The names of ``theano.scan_module.scan``."""

from autoenc.theano.meaning.scanning import scan
from autoenc.theano.names import resolver as _resolver

__all__ = ["scan"]

__getattr__ = _resolver("scan_module.scan")
